/**
 * The entry point of the CNI plugin's executable: one call, then the end.
 * @module
 */

import { systemClock } from "../clock.ts";
import { readEnvironment } from "./environment.ts";
import { failure, type Outcome, runPlugin } from "./plugin.ts";
import { readInput, writeOutput } from "./standard-streams.ts";

function end({ exitCode, output }: Outcome): never {
  writeOutput(output);
  process.exit(exitCode);
}

process.on("uncaughtException", (error) => end(failure(error)));

// A single executable's main script is CommonJS, so there is no top-level await.
runPlugin({ environment: readEnvironment(), clock: systemClock, processId: process.pid, readInput }).then(
  end,
  (error) => end(failure(error)),
);
