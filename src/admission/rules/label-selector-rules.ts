/**
 * The syntax of a label selector, as Kubernetes' own validation has it (`ValidateLabelSelector`).
 * @module
 */

import type { LabelSelector } from "../../api/ippool.ts";
import type { Findings } from "./findings.ts";

type Requirement = NonNullable<LabelSelector["matchExpressions"]>[number];

const WORD = "[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?";
const NAME = new RegExp(`^${WORD}$`);
const DNS = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"];
const NAME_MAX = 63;
const PREFIX_MAX = 253;

/** Checks a selector whose path is `field`. */
export function checkLabelSelector(selector: LabelSelector, field: string, findings: Findings): void {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    checkKey(key, `${field}.matchLabels`, findings);
    checkValue(value, `${field}.matchLabels[${key}]`, findings);
  }
  (selector.matchExpressions ?? []).forEach((requirement, index) => {
    checkRequirement(requirement, `${field}.matchExpressions[${index}]`, findings);
  });
}

function checkRequirement({ key, operator, values }: Requirement, field: string, findings: Findings): void {
  checkKey(key, `${field}.key`, findings);
  if (!OPERATORS.includes(operator)) {
    const detail = `not a valid selector operator; write ${OPERATORS.join(", ")}`;
    findings.refuse("pod-affinity-syntax", `${field}.operator`, operator, detail);
    return;
  }
  const demandsValues = operator === "In" || operator === "NotIn";
  const count = (values ?? []).length;
  if (demandsValues && count === 0) {
    findings.refuse(
      "pod-affinity-syntax",
      `${field}.values`,
      values,
      "must be specified when `operator` is 'In' or 'NotIn'",
    );
  }
  if (!demandsValues && count > 0) {
    const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    findings.refuse("pod-affinity-syntax", `${field}.values`, values, detail);
  }
  (values ?? []).forEach((value, index) => {
    checkValue(value, `${field}.values[${index}]`, findings);
  });
}

function checkKey(key: string, field: string, findings: Findings): void {
  const slash = (key ?? "").indexOf("/");
  const [prefix, name] = slash < 0 ? [undefined, key ?? ""] : [key.slice(0, slash), key.slice(slash + 1)];
  const isRight =
    (prefix === undefined || (prefix.length <= PREFIX_MAX && DNS.test(prefix))) &&
    name.length <= NAME_MAX &&
    NAME.test(name);
  if (isRight) return;
  const detail =
    "a label's key is a name of at most 63 letters, digits, '-', '_', '.', with a DNS prefix before a '/' if any";
  findings.refuse("pod-affinity-syntax", field, key, detail);
}

function checkValue(value: string, field: string, findings: Findings): void {
  if (value === "" || (value.length <= NAME_MAX && NAME.test(value))) return;
  const detail =
    "a label's value is empty or at most 63 letters, digits, '-', '_', '.', beginning and ending with one of the former";
  findings.refuse("pod-affinity-syntax", field, value, detail);
}
