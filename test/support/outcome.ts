/**
 * Reads from what a uvu test file wrote how many of its tests passed.
 *
 * It is strict where uvu is lenient: no summary, no test and an unclean end are failures.
 * @module
 */

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What is wrong beside failing tests, beginning with a comma; empty where nothing is. */
  readonly complaint: string;
}

export interface Expectations {
  /** Whether the process ended by itself with exit code 0. */
  readonly clean: boolean;
  readonly skippedIsFailed: boolean;
}

function lastNumber(output: string, label: string): number | undefined {
  const found = [...output.matchAll(new RegExp(`^  ${label}: +(\\d+)$`, "gm"))].at(-1)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Returns the counts of the last summary in a test file's output; at least one failure unless all is well. */
export function readOutcome(output: string, { clean, skippedIsFailed }: Expectations): Outcome {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  const plain = output.replaceAll(/\u001b\[\d+m/g, "");
  const total = lastNumber(plain, "Total");
  const passed = lastNumber(plain, "Passed");
  const skipped = lastNumber(plain, "Skipped") ?? 0;
  if (total === undefined || passed === undefined) {
    return { passed: 0, failed: 1, skipped, complaint: ", no summary: is there a .run()?" };
  }
  if (total + skipped === 0) return { passed, failed: 1, skipped, complaint: ", no test: is there a .run()?" };
  // uvu counts a skipped test neither as passed nor in the total.
  const failed = total - passed + (skippedIsFailed ? skipped : 0);
  if (failed > 0) return { passed, failed, skipped, complaint: skipped > 0 ? `, ${skipped} skipped` : "" };
  if (!clean) return { passed, failed: 1, skipped, complaint: ", although its tests passed" };
  return { passed, failed, skipped, complaint: "" };
}
