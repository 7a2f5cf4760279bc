/**
 * The agent of one node that can be told to die at a write of the future, and its successors, one of which always waits.
 * @module
 */

import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentCaller } from "./agent-caller.ts";
import type { AgentArming } from "./crashing-agent.ts";
import { realKubeconfig } from "./real.ts";

interface Mortal {
  readonly child: ChildProcess;
  readonly caller: AgentCaller;
  readonly ready: Promise<unknown>;
}

export class MortalAgents {
  readonly #folder = mkdtempSync(join(tmpdir(), "mortal-"));
  readonly #program = join(this.#folder, "agent.mjs");
  readonly #node: string;
  #count = 0;
  #current: Mortal;
  #spare: Mortal;

  constructor(node: string) {
    this.#node = node;
    const rolldown = join(import.meta.dirname, "../../node_modules/rolldown/bin/cli.mjs");
    const env = { ...process.env, BUNDLE: `test/support/crashing-agent.ts:${this.#program}` };
    execFileSync(process.execPath, [rolldown, "-c", ".ci/bundle.config.js"], { env, stdio: "ignore" });
    this.#current = this.#spawn();
    this.#spare = this.#spawn();
  }

  /** The agent that lives. */
  async caller(): Promise<AgentCaller> {
    await this.#current.ready;
    return this.#current.caller;
  }

  /**
   * Lets the agent die at a write of what is asked of it, and puts its successor in its place.
   *
   * Resolves to false where it did not come so far.
   */
  async diesDuring(arming: AgentArming, work: (agent: AgentCaller) => Promise<unknown>): Promise<boolean> {
    const { child, caller, ready } = this.#current;
    await ready;
    await tell(child, arming);
    const ended = once(child, "exit");
    const outcome = await work(caller).then(
      () => "done" as const,
      (error: Error) => error,
    );
    if (outcome === "done" || !isDeath(outcome)) {
      await tell(child, { write: 0, moment: "answered" });
      if (outcome === "done") return false;
      throw outcome;
    }
    const [, signal] = await ended;
    if (signal !== "SIGKILL") throw new Error(`The agent has ended with ${signal}, not of what it was told`);
    this.#current = this.#spare;
    this.#spare = this.#spawn();
    return true;
  }

  async end(): Promise<void> {
    for (const { child } of [this.#current, this.#spare]) {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    }
    rmSync(this.#folder, { recursive: true });
  }

  #spawn(): Mortal {
    this.#count += 1;
    const socket = join(this.#folder, `${this.#count}.sock`);
    const child = fork(this.#program, [realKubeconfig(), this.#node, socket], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    return { child, caller: new AgentCaller(socket), ready: once(child, "message") };
  }
}

/** Resolves when it was taken in. */
async function tell(child: ChildProcess, arming: AgentArming): Promise<void> {
  const taken = once(child, "message");
  child.send(arming);
  await taken;
}

/** What a caller sees of an agent that is killed: half a reply, or none. */
function isDeath(error: Error): boolean {
  return !error.message.includes(" was refused with ");
}
