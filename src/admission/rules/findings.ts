/**
 * What the checks of one object have found so far: at most one refusal for each field, the first.
 *
 * Later checks of a field build on the earlier ones, so what they say of a field that is wrong already would only confuse. A list of
 * a hundred thousand wrong elements is told by its first ones. Knows no rule.
 * @module
 */

import type { Refusal } from "./refusal.ts";
import { RULES, type RuleName } from "./rule-table.ts";

/** Refusals of one list's elements that are worth reading; what follows them in the list need not be looked at. */
export const PER_LIST_MAX = 10;

/** Where checks say what is wrong. */
export interface Findings {
  /** Adds a refusal; `value` is what stands in the field. Does nothing where the field has one already. */
  refuse(rule: RuleName, field: string, value: unknown, detail: string): void;
  readonly refusals: readonly Refusal[];
}

export function createFindings(): Findings {
  const refusals: Refusal[] = [];
  const seen = new Set<string>();
  const perList = new Map<string, number>();
  return {
    refusals,
    refuse(rule, field, value, detail) {
      const list = field.replace(/\[\d+\].*$/, "");
      if (seen.has(field)) return;
      if (list !== field) {
        const count = (perList.get(list) ?? 0) + 1;
        perList.set(list, count);
        if (count > PER_LIST_MAX) return;
      }
      seen.add(field);
      const { kind } = RULES[rule];
      refusals.push({ rule, kind, field, ...(kind === "Forbidden" ? {} : { value: value ?? null }), detail });
    },
  };
}
