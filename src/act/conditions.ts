/**
 * Conditions as they are written: with the time since when each has its status, and only where they say something new.
 * @module
 */

import type { Condition } from "../api/condition.ts";
import { toTimestamp } from "../clock.ts";

/** What a condition is to say. */
export type Told = Omit<Condition, "lastTransitionTime">;

/** Tells whether conditions say the same in other words: two operators that both act have seen other numbers. */
export function isSameMeaning(wanted: readonly Told[], before: readonly Condition[]): boolean {
  const same = (told: Told): boolean =>
    before.some(({ type, status, reason }) => type === told.type && status === told.status && reason === told.reason);
  return before.length === wanted.length && wanted.every(same);
}

/**
 * Returns the conditions to write; `undefined` where those that are there say the same.
 * @param now milliseconds since the epoch
 */
export function conditionsToWrite(
  wanted: readonly Told[],
  before: readonly Condition[],
  now: number,
): Condition[] | undefined {
  let isNews = before.length !== wanted.length;
  const conditions = wanted.map((told): Condition => {
    const old = before.find(({ type }) => type === told.type);
    const isSame = old?.status === told.status && old.reason === told.reason && old.message === told.message;
    if (!isSame) isNews = true;
    return { ...told, lastTransitionTime: old?.status === told.status ? old.lastTransitionTime : toTimestamp(now) };
  });
  return isNews ? conditions : undefined;
}
