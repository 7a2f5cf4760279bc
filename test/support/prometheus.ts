/**
 * A real Prometheus that scrapes what a test runs, and promtool; both are of Debian's package prometheus.
 * @module
 */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { dump } from "js-yaml";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";

/** One series of an answer. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** A rule, and how its last evaluation went. */
export interface RuleState {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

/**
 * Runs promtool on texts, each under its name in a folder of its own.
 * @throws {Error} If it is not content, with what it says, or is not there.
 */
export async function promtool(args: readonly string[], files: Readonly<Record<string, string>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "autopool-promtool-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  try {
    const { stdout } = await promisify(execFile)("promtool", [...args], { cwd: folder });
    return stdout;
  } catch (error) {
    throw missing(error) ?? new Error(`${(error as Error).message}\n${(error as { stdout?: string }).stdout}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Has promtool look at metrics; returns its complaints. */
export async function checkMetrics(text: string): Promise<string> {
  const child = spawn("promtool", ["check", "metrics"], { stdio: ["pipe", "pipe", "pipe"] });
  const failed = once(child, "error").then(([error]) => Promise.reject(missing(error) ?? error));
  let complaints = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part) => (complaints += part));
  child.stdin.on("error", () => {});
  child.stdin.end(text);
  await Promise.race([once(child, "close"), failed]);
  return complaints;
}

function missing(error: unknown): Error | undefined {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") return undefined;
  return new Error('Prometheus is not there: try "apt-get install prometheus"', { cause: error });
}

export class Prometheus {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #url: string;

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.#child = child;
    this.#folder = folder;
    this.#url = url;
  }

  /**
   * Starts one that scrapes every second.
   * @param jobs ports by name of job
   * @param rules what stands in its rule file
   * @throws {Error} If it ends before it is ready, with what it has logged, or is not there.
   */
  static async start(jobs: Readonly<Record<string, number>>, rules: object): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), "autopool-prometheus-"));
    const config = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: ["rules.yaml"],
      scrape_configs: Object.entries(jobs).map(([name, port]) => ({
        job_name: name,
        static_configs: [{ targets: [`127.0.0.1:${port}`] }],
      })),
    };
    writeFileSync(join(folder, "prometheus.yaml"), dump(config));
    writeFileSync(join(folder, "rules.yaml"), dump(rules));
    const address = `127.0.0.1:${await freePort()}`;
    const flags = ["--config.file=prometheus.yaml", "--storage.tsdb.path=data", `--web.listen-address=${address}`];
    const child = spawn("prometheus", flags, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (log += text));
    const ended = new Promise<never>((_, reject) => {
      child.on("error", (error) => reject(missing(error) ?? error));
      child.on("exit", (code) => reject(new Error(`Prometheus ended with ${code}:\n${log}`)));
    });
    ended.catch(() => {});
    const url = `http://${address}`;
    const isReady = async (): Promise<void> => {
      if ((await fetch(`${url}/-/ready`)).status !== 200) throw new Error(`Prometheus is not ready:\n${log}`);
    };
    await Promise.race([eventually(isReady, { seconds: 60 }), ended]);
    return new Prometheus(child, folder, url);
  }

  /**
   * Evaluates a query now.
   * @throws {Error} If Prometheus does not understand it.
   */
  async query(query: string): Promise<readonly Sample[]> {
    const reply = await fetch(`${this.#url}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { status, data, error } = (await reply.json()) as {
      status: string;
      data: { result: Sample[] };
      error?: string;
    };
    if (status !== "success") throw new Error(`Cannot evaluate ${query}: ${error}`);
    return data.result;
  }

  /** All rules, and how they were evaluated. */
  async rules(): Promise<readonly RuleState[]> {
    const reply = await fetch(`${this.#url}/api/v1/rules`);
    const { data } = (await reply.json()) as { data: { groups: { rules: RuleState[] }[] } };
    return data.groups.flatMap(({ rules }) => rules);
  }

  async stop(): Promise<void> {
    const ended = this.#child.exitCode === null ? once(this.#child, "exit") : undefined;
    this.#child.kill("SIGTERM");
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
