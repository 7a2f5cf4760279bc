/**
 * Label selectors of pools against the labels of pods, namespaces and nodes, as Kubernetes reads `metav1.LabelSelector`.
 * @module
 */

import type { LabelSelector } from "../api/ippool.ts";

type Labels = Readonly<Record<string, string>>;
type Requirement = NonNullable<LabelSelector["matchExpressions"]>[number];

/**
 * Tells whether a selector selects an object with these labels; one without requirements selects everything.
 * @throws {SyntaxError} If an expression has an unknown operator, or values where there must be none, or none where there must.
 */
export function selects(selector: LabelSelector, labels: Labels | undefined): boolean {
  const of = (key: string): string | undefined => (labels && Object.hasOwn(labels, key) ? labels[key] : undefined);
  // All expressions are looked at before one may fail: a malformed selector selects nothing, whatever the labels are.
  const expressions = (selector.matchExpressions ?? []).map((requirement) => testOf(requirement));
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => of(key) === value) &&
    expressions.every(([key, holds]) => holds(of(key)))
  );
}

function testOf({ key, operator, values = [] }: Requirement): [key: string, (value: string | undefined) => boolean] {
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0) throw new SyntaxError(`for 'in', 'notin' operators, values set can't be empty`);
    const wanted = operator === "In";
    return [key, (value) => (value !== undefined && values.includes(value)) === wanted];
  }
  if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0) throw new SyntaxError("values set must be empty for exists and does not exist");
    const wanted = operator === "Exists";
    return [key, (value) => (value !== undefined) === wanted];
  }
  throw new SyntaxError(`"${operator}" is not a valid label selector operator`);
}
