/**
 * `autopool demo`: the operator and two agents against a cluster in memory, with simulated workloads and pods, on a clock that runs
 * ahead.
 *
 * The operator is the one of `autopool run`, the agents are those of `autopool agent`; only what stands around them is simulated. Needs nothing but npm, and prints the same
 * every time.
 * @module
 */

import { styleText } from "node:util";
import { sleep, systemClock } from "../clock.ts";
import { ConfigError } from "../config.ts";
import type { Step } from "../simulation/step.ts";
import { story } from "../simulation/story.ts";
import { VIEW_PORT } from "../viewing.ts";
import type { Command, CommandContext } from "./command.ts";
import { Stage } from "./demo-stage.ts";

/** How long a person gets to read a step. */
const readingMs = 350;
/** How often the virtual clock is set to the real one's time with `--keep`. */
const tickMs = 100;

export const demo: Command = {
  summary: "show pools and the addresses of pods, in memory; needs no cluster",
  options: { flags: [{ name: "keep", help: "go on in real time after the last step" }] },
  help: () => `Usage: autopool demo [--keep]

Runs the operator and the agents of two nodes against a cluster in memory with simulated workloads and pods, and shows
after each step the pools as "kubectl get sp" prints them, the state of each pool's machine, the application's pods with
their addresses, and the Events that were recorded. No cluster is needed or touched. Time is simulated too: minutes
pass in a second or two.

  --keep    go on in real time after the last step, until Ctrl-C; all the while a page in the browser shows the machine with its
            pools, their stories and addresses (docs/page.md)

Exit codes: 0 ended as asked, 1 failed, 2 wrong arguments.
`,
  async execute(args, context) {
    const unknown = args.find((arg) => arg !== "--keep");
    if (unknown !== undefined) {
      throw new ConfigError(`Cannot use argument "${unknown}": autopool demo knows --keep and --help only`);
    }
    const isKept = args.includes("--keep");
    const stage = await Stage.open({ isServed: isKept });
    try {
      const url = isKept ? await serve(stage) : undefined;
      if (url !== undefined) context.print(`Watch it in a browser: ${url}`);
      await play(stage, context);
      if (url !== undefined) await keep(stage, context, url);
    } finally {
      await stage.close();
    }
    return 0;
  },
};

async function play(stage: Stage, context: CommandContext): Promise<void> {
  const { print, signal, terminal } = context;
  print("The operator and the agents of two nodes run against a cluster in memory; workloads and pods are simulated.");
  for (const [index, step] of story.entries()) {
    if (signal.aborted) return;
    print("");
    for (const line of headingOf(step, index, terminal?.hasColors === true)) print(line);
    await stage.perform(step);
    for (const line of stage.report(step)) print(line);
    if (terminal) await sleep(systemClock, readingMs, signal);
  }
}

function headingOf({ heading, command }: Step, index: number, hasColors: boolean): string[] {
  const paint = (format: "bold" | "cyan", text: string): string =>
    hasColors ? styleText(format, text, { validateStream: false }) : text;
  return [paint("bold", `${index + 1}. ${heading}`), paint("cyan", `$ ${command}`), paint("cyan", "$ kubectl get sp")];
}

/** Serves the page where it is documented to be, or elsewhere if somebody else is there. */
async function serve({ viewing }: Stage): Promise<string> {
  try {
    return await viewing.serve({ port: VIEW_PORT });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return await viewing.serve({ port: 0 });
  }
}

/** Lets the simulated time go on as fast as the real one. */
async function keep(stage: Stage, { print, signal }: CommandContext, url: string): Promise<void> {
  if (signal.aborted) return;
  print("");
  print(`The cluster in memory lives on, to be looked at on ${url}; press Ctrl-C to end it.`);
  for (let last = systemClock.now(); !signal.aborted; ) {
    await sleep(systemClock, tickMs, signal);
    const now = systemClock.now();
    await stage.clock.advance(now - last);
    last = now;
  }
}
