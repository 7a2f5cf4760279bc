/**
 * Label selectors as text: `app=web,tier in (front, back),!legacy`.
 *
 * The grammar of `k8s.io/apimachinery/pkg/labels` without its numeric comparisons. Pure.
 * @module
 */
import { badRequest } from "./refusals.ts";

type Labels = Readonly<Record<string, string>>;

/** Tells whether an object's labels satisfy a selector. */
export type LabelTest = (labels: Labels | undefined) => boolean;

const key = "([A-Za-z0-9][-A-Za-z0-9_./]*)";
const setRequirement = new RegExp(`^${key}\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const equalityRequirement = new RegExp(`^${key}\\s*(==|=|!=)\\s*([-A-Za-z0-9_.]*)$`);
const existsRequirement = new RegExp(`^(!?)\\s*${key}$`);

/**
 * Parses a selector; an absent or empty one holds for everything.
 *
 * @throws {ApiError} With code 400 if the text is no selector
 */
export function parseSelector(text: string | undefined): LabelTest {
  if (text === undefined || text.trim() === "") return () => true;
  // A comma inside parentheses separates values, not requirements.
  const requirements = text.split(/,(?![^(]*\))/).map((part) => parseRequirement(part.trim(), text));
  return (labels = {}) => requirements.every((holds) => holds(labels));
}

function parseRequirement(part: string, text: string): (labels: Labels) => boolean {
  const set = setRequirement.exec(part);
  if (set) {
    const [, name = "", operator, list = ""] = set;
    const values = new Set(list.split(",").map((value) => value.trim()));
    if (operator === "in") return (labels) => name in labels && values.has(labels[name] ?? "");
    return (labels) => !(name in labels && values.has(labels[name] ?? ""));
  }
  const equality = equalityRequirement.exec(part);
  if (equality) {
    const [, name = "", operator, value = ""] = equality;
    return operator === "!=" ? (labels) => labels[name] !== value : (labels) => labels[name] === value;
  }
  const exists = existsRequirement.exec(part);
  if (exists) {
    const [, not, name = ""] = exists;
    return not ? (labels) => !(name in labels) : (labels) => name in labels;
  }
  throw badRequest(`unable to parse requirement "${part}" of selector "${text}"`);
}
