/**
 * Counts of addresses as the API writes them: int64 numbers in JSON (`status.totalIPCount`, `status.allocatedIPCount`).
 *
 * A JavaScript number is exact up to 2^53 only, an IPv6 subnet holds more. The count saturates at the highest int64, as in
 * the reference (e2e D00017), and must arrive digit by digit: 9223372036854775807 written as a JavaScript number becomes
 * 9223372036854776000, which the API server refuses as too large for an int64.
 * @module
 */

/** The highest count that the API can hold. */
export const INT64_MAX = 9223372036854775807n;

/** The part of `JSON` that TypeScript's library files of this version do not declare yet. */
const json = JSON as typeof JSON & { rawJSON(text: string): unknown };

/**
 * Returns a value that `JSON.stringify` writes as this count, exactly, saturated at {@link INT64_MAX}.
 *
 * It is a plain number up to 2^53 - 1. Above, it is an opaque `JSON.rawJSON` object that only `JSON.stringify` may touch: no
 * arithmetic, no comparison, no `structuredClone`. An object *read* from the API has such a count as a rounded number: never
 * send that back; write the count anew, or leave the field out of the patch.
 * @throws {RangeError} If the count is negative.
 */
export function asInt64(count: bigint): number {
  if (count < 0n) throw new RangeError(`Cannot write count ${count}: it is negative`);
  const clamped = count > INT64_MAX ? INT64_MAX : count;
  return clamped <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(clamped) : (json.rawJSON(`${clamped}`) as number);
}

/** Returns the count saturated at {@link INT64_MAX} in decimal, for messages and tables. */
export function countText(count: bigint): string {
  return `${count > INT64_MAX ? INT64_MAX : count}`;
}

/**
 * Tells whether a count read from the API stands for this one, up to the rounding that reading it brought.
 *
 * Comparing so, a count that is right already is not written again at every look.
 */
export function isSameCount(read: number | undefined, count: bigint): boolean {
  return read === Number(count > INT64_MAX ? INT64_MAX : count);
}
