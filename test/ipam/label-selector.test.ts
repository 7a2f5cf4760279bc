/** Label selectors, as Kubernetes reads them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LabelSelector } from "../../src/api/ippool.ts";
import { selects } from "../../src/ipam/label-selector.ts";

const selectors = suite("label selector");
const labels = { app: "web", tier: "" };
const expression = (key: string, operator: string, ...values: string[]): LabelSelector => ({
  matchExpressions: [{ key, operator, ...(values.length > 0 ? { values } : {}) }],
});

const rows: [string, LabelSelector, boolean][] = [
  ["nothing", {}, true],
  ["a label", { matchLabels: { app: "web" } }, true],
  ["another value", { matchLabels: { app: "api" } }, false],
  ["one of two labels only", { matchLabels: { app: "web", zone: "a" } }, false],
  ["an empty value where the label is absent", { matchLabels: { zone: "" } }, false],
  ["a key that every object inherits", expression("constructor", "Exists"), false],
  ["In", expression("app", "In", "api", "web"), true],
  ["In with other values", expression("app", "In", "api"), false],
  ["In where the label is absent", expression("zone", "In", "a"), false],
  ["NotIn", expression("app", "NotIn", "api"), true],
  ["NotIn with the value", expression("app", "NotIn", "web"), false],
  ["NotIn where the label is absent", expression("zone", "NotIn", "a"), true],
  ["Exists", expression("tier", "Exists"), true],
  ["Exists where the label is absent", expression("zone", "Exists"), false],
  ["DoesNotExist", expression("tier", "DoesNotExist"), false],
  ["DoesNotExist where the label is absent", expression("zone", "DoesNotExist"), true],
  ["a label and an expression that fails", { matchLabels: { app: "web" }, ...expression("zone", "Exists") }, false],
];
for (const [what, selector, expected] of rows) {
  selectors(`that asks for ${what} ${expected ? "selects" : "does not select"}`, () => {
    assert.is(selects(selector, labels), expected);
  });
}

selectors("selects by absence only, where there are no labels", () => {
  assert.ok(selects(expression("app", "DoesNotExist"), undefined));
  assert.not(selects({ matchLabels: { app: "web" } }, undefined));
});

for (const [what, selector] of [
  ["an unknown operator", expression("app", "in", "web")],
  ["In without values", expression("app", "In")],
  ["NotIn without values", expression("app", "NotIn")],
  ["Exists with values", expression("app", "Exists", "web")],
  ["an unknown operator behind a label that fails", { matchLabels: { app: "x" }, ...expression("a", "Gt", "1") }],
] satisfies [string, LabelSelector][]) {
  selectors(`with ${what} is refused`, () => assert.throws(() => selects(selector, labels), /operator|values/));
}

selectors.run();
