/**
 * `autopool agent` from source as a process of its own, on the real API server.
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentCaller } from "./agent-caller.ts";
import { realCluster } from "./real.ts";
import { grantRights, kubeconfigOf } from "./shipped-account.ts";

/** As it is deployed, an agent has the rights of deploy/ and no others. */
async function withRights(): Promise<void> {
  const admin = await realCluster();
  try {
    await grantRights(admin);
  } finally {
    await admin.close();
  }
}

const root = join(import.meta.dirname, "../..");

export class RunningAgent extends AgentCaller {
  readonly node: string;
  /** What it has logged. */
  readonly lines: string[];
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(node: string, folder: string, child: ChildProcess, lines: string[]) {
    super(join(folder, "agent.sock"));
    this.node = node;
    this.lines = lines;
    this.#child = child;
    this.#folder = folder;
  }

  /**
   * Starts the agent of a node; resolves when it may be asked.
   * @throws {Error} If it ends before, with what it has logged.
   */
  static async start(node: string, ...settings: string[]): Promise<RunningAgent> {
    const folder = mkdtempSync(join(tmpdir(), "autopool-agent-"));
    await withRights();
    const account = kubeconfigOf("autopool-agent");
    const options = ["--node-name", node, "--socket", join(folder, "agent.sock"), "--kubeconfig", account.path];
    const args = ["src/main.ts", "agent", ...options, "--log-format", "text", ...settings];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "pipe"] });
    const lines: string[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      lines.push(...text.split("\n").filter(Boolean));
      if (lines.some((line) => /\bready\b/.test(line))) resolve();
    });
    child.on("exit", (code, signal) => reject(new Error(`The agent ended (${signal ?? code}):\n${lines.join("\n")}`)));
    await promise.finally(account.remove);
    return new RunningAgent(node, folder, child, lines);
  }

  /** Ends it with a signal; resolves when it has ended. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null;
    const ended = hasEnded ? undefined : once(this.#child, "exit");
    this.#child.kill(signal);
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
