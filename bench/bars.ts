/**
 * The bars that figures are held to; each is told with what it is, and those that are missed are kept.
 * @module
 */

const missed: string[] = [];

/** Prints a figure with its bar, and keeps it where it does not hold. */
export function bar(what: string, value: number, holds: boolean, limit: string): void {
  console.log(`  ${holds ? "ok  " : "MISS"} ${what}: ${value.toFixed(2)} (bar: ${limit})`);
  if (!holds) missed.push(what);
}

/** Prints the end of a bench; returns its exit code. */
export function verdict(): number {
  console.log(missed.length === 0 ? "\nall bars hold" : `\nmissed: ${missed.join("; ")}`);
  return missed.length === 0 ? 0 : 1;
}
