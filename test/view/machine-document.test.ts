import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { knownMachines } from "../../src/view/known-machines.ts";
import type { MachineGraph } from "../../src/view/machine-graph.ts";
import { EVENT_TYPES } from "../machines/alphabet.ts";
import type { DecisionTable } from "../machines/decision-table.ts";
import { DOCUMENT, decisionTables, machineDocument } from "../machines/machine-document.ts";
import { root } from "../support/source.ts";

const pool = knownMachines["pool"]?.graph() as MachineGraph;
const tables = decisionTables();
const { decisions, ignored } = tables["pool"] as DecisionTable;

const document = suite("docs/machines.md");

document("is what the code says; if not, `npm run docs` writes it anew", () => {
  const [written, made] = [readFileSync(`${root}/${DOCUMENT}`, "utf8"), machineDocument(tables)];
  const without = (text: string, other: string): string[] =>
    text.split("\n").filter((line) => !other.split("\n").includes(line));

  assert.equal({ stale: without(written, made), missing: without(made, written) }, { stale: [], missing: [] });
  assert.is(written, made);
});

document("decides every pair of a state and an event, or says why it is ignored; never both", () => {
  const states = pool.states.filter(({ initial }) => initial === undefined).map(({ path }) => path);
  const pairs = states.flatMap((state) => EVENT_TYPES.map((event) => `${state} ${event}`)).sort();
  const decided = new Set(decisions.map(({ state, event }) => `${state} ${event}`));

  assert.equal([...decided, ...ignored.map(({ state, event }) => `${state} ${event}`)].sort(), pairs);
});

document("tells the ways of a pair apart by their guards", () => {
  const ways = decisions.map(({ state, event, guards }) => `${state} ${event} ${guards}`);

  assert.equal(
    ways.filter((way, index) => ways.indexOf(way) !== index),
    [],
  );
});

document("calls certain what every such step asks for", () => {
  const wrongSize = decisions.find(
    ({ state, guards }) => state === "created.managed" && guards.includes("isOfWrongSize"),
  );

  assert.equal(wrongSize?.operations, [{ kind: "ensurePool", isCertain: true }]);
});

document.run();
