/**
 * The table of all commands.
 * @module
 */

import type { Command } from "./command.ts";

/** By name, in the order in which they are listed; loaded on demand, so that one need not wait for what the others import. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./run.ts")).run,
  agent: async () => (await import("./agent.ts")).agent,
  install: async () => (await import("./install.ts")).install,
  adopt: async () => (await import("./adopt.ts")).adopt,
  demo: async () => (await import("./demo.ts")).demo,
  lint: async () => (await import("./lint.ts")).lint,
  trace: async () => (await import("./trace.ts")).trace,
  replay: async () => (await import("./replay.ts")).replay,
  graph: async () => (await import("./graph.ts")).graph,
  "who-has": async () => (await import("./who-has.ts")).whoHas,
  check: async () => (await import("./check.ts")).check,
  explain: async () => (await import("./explain.ts")).explain,
  plan: async () => (await import("./plan.ts")).plan,
  completion: async () => (await import("./completion.ts")).completion,
};
