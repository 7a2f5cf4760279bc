/**
 * The runtimes that the one file is tested with, and the programs and arguments that start it there.
 *
 * Node.js and Deno of exact versions come with `npm ci --prefix test/bundle/runtimes`; beside them the Node.js that runs this.
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/source.ts";

/** The one file, as `npm run build` leaves it. */
export const BUNDLE = join(root, "dist/autopool.mjs");

const packages = join(import.meta.dirname, "runtimes/node_modules");

/** Paths of the programs, by what they are called here. */
export const programs = {
  "Node 22": join(packages, `node-linux-${process.arch}/bin/node`),
  "Node 24": process.execPath,
  "Deno 2": join(packages, `@deno/linux-${process.arch}-glibc/deno`),
} as const;

export type RuntimeName = keyof typeof programs;

export const runtimeNames = Object.keys(programs) as RuntimeName[];

/** Returns what is not there and how to get it; undefined where all is. */
export function missingRuntime(): string | undefined {
  if (!existsSync(BUNDLE)) return 'dist/autopool.mjs is not there; try "npm run build"';
  const name = runtimeNames.find((each) => !existsSync(programs[each]));
  return name && `${name} is not there; try "npm ci --prefix test/bundle/runtimes"`;
}

export interface Start {
  readonly file?: string;
  readonly cwd?: string;
  /** Deno's permissions; none unless told. */
  readonly permissions?: readonly string[];
  /** All of the environment besides what Deno itself needs. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the one file in a process of its own. */
export function start(runtime: RuntimeName, args: readonly string[], options: Start = {}) {
  const { file = BUNDLE, cwd = root, permissions = [], environment = {} } = options;
  const deno = ["run", "--quiet", "--no-prompt", "--no-config", "--no-remote", "--no-npm", ...permissions];
  const child = spawn(programs[runtime], [...(runtime === "Deno 2" ? deno : []), file, ...args], {
    cwd,
    env: { DENO_NO_UPDATE_CHECK: "1", DENO_DIR: join(root, "dist/deno"), NO_COLOR: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const written = { output: "", errors: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    written.output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    written.errors += text;
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...written }));
  return { child, ended, written };
}

/** Runs the one file to its end. */
export function run(runtime: RuntimeName, args: readonly string[], options?: Start) {
  return start(runtime, args, options).ended;
}
