/**
 * What the pictures have in common: the same states, lines and words in every format.
 * @module
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { machineDot } from "../../src/view/dot.ts";
import { edgeGroups, stateLines, wrapped } from "../../src/view/edge-labels.ts";
import { renderDot } from "../../src/view/graphviz.ts";
import { knownMachines } from "../../src/view/known-machines.ts";
import { type MachineGraph, machineGraph, stateOfPath } from "../../src/view/machine-graph.ts";
import { machineMermaid } from "../../src/view/mermaid.ts";
import { HUES, HUES_DARK, INK, INK_DARK } from "../../src/view/palette.ts";

const pool = knownMachines["pool"]?.graph() as MachineGraph;

const labels = suite("labels");

labels("merge the edges between two states, with a line for each way", () => {
  const graph = machineGraph(
    {
      id: "m",
      states: {
        a: {
          always: { guard: "isOver", target: "b" },
          on: { one: "b", two: { target: "b", actions: "act" }, three: { target: "b", actions: "act" } },
        },
        b: {},
      },
    },
    {},
  );

  assert.equal(edgeGroups(graph), [
    { id: "a->b", source: "a", target: "b", lines: ["[isOver]", "one", "two, three / act"] },
  ]);
});

labels("say what a state asks for on entry and while it stays", () => {
  assert.equal(stateLines(pool, stateOfPath(pool, "scaling")), [
    "entry / ensurePool",
    "workload.observed, pool.observed [isOfWrongSize] / ensurePool",
    "operation.refused / notify",
    "capacity.changed / ensurePool",
  ]);
});

labels("break long lines behind commas and before the operations only", () => {
  assert.equal(wrapped("short / act", 20), ["short / act"]);
  assert.equal(wrapped("one.observed, two.observed [isSo] / act, other", 24), [
    "one.observed,",
    "two.observed [isSo]",
    "/ act, other",
  ]);
  for (const { path } of pool.states) {
    const lines = stateLines(pool, stateOfPath(pool, path));
    assert.is(lines.flatMap((line) => wrapped(line)).join(" "), lines.join(" "));
  }
});

labels.run();

const mermaid = suite("machineMermaid");

mermaid("has every state and every line once", () => {
  const text = machineMermaid(pool);

  for (const { path } of pool.states) {
    assert.is(text.match(new RegExp(`^ *(?:subgraph )?s_${path.replace(".", "_")}[(["]`, "gm"))?.length, 1, path);
  }
  assert.is(text.match(/ -- ".*" --> /g)?.length, edgeGroups(pool).length);
  assert.match(text, '  s_created_managed -- "[isOfWrongSize]" --> s_scaling\n');
  assert.match(text, /^flowchart TB\n/);
});

mermaid("writes what Mermaid would take for its own in its entities", () => {
  const text = machineMermaid(
    machineGraph({ id: "m", initial: "end", states: { end: { on: { 'a"<b>#': "x" } }, x: {} } }),
  );

  assert.match(text, '"a#quot;#lt;b#gt;#35;"');
  assert.match(text, '  s_end("<b>end</b>")');
});

mermaid.run();

const dot = suite("machineDot");

dot("is a file for anybody's Graphviz: no ids, no links, no room for numbers", async () => {
  const text = machineDot(pool);

  assert.not.match(text, /HREF|\bid=|\bID=|00000/);
  assert.match(await renderDot(text), "</svg>");
});

dot("draws outer states as clusters and lines from and to their borders", () => {
  const text = machineDot(pool);

  assert.equal(
    [...text.matchAll(/subgraph "cluster_(\w+)"/g)].map(([, name]) => name),
    ["created", "orphaned"],
  );
  assert.match(text, /"orphaned\.retained" -> "deleted" \[.*ltail="cluster_orphaned"/);
});

dot.run();

const palette = suite("palette");

/** Relative luminance, as WCAG 2 defines it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

for (const [mode, ink, hues] of [
  ["light", INK, HUES],
  ["dark", INK_DARK, HUES_DARK],
] as const) {
  palette(`keeps texts and lines readable in ${mode}`, () => {
    for (const fill of [ink.paper, ink.area, ...hues.map((hue) => hue.fill)]) {
      assert.ok(contrast(ink.text, fill) >= 7, `text on ${fill}: ${contrast(ink.text, fill)}`);
    }
    for (const line of [ink.line, ...hues.map((hue) => hue.line)]) {
      assert.ok(contrast(line, ink.paper) >= 3, `${line} on paper: ${contrast(line, ink.paper)}`);
      assert.ok(contrast(line, ink.area) >= 3, `${line} on area: ${contrast(line, ink.area)}`);
    }
    for (const { fill, line } of hues)
      assert.ok(contrast(line, fill) >= 3, `${line} on ${fill}: ${contrast(line, fill)}`);
  });
}

palette("has a dark form of every hue", () => {
  assert.is(HUES_DARK.length, HUES.length);
});

palette.run();
