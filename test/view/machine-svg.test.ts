import { suite } from "uvu";
import * as assert from "uvu/assert";
import { edgeGroups } from "../../src/view/edge-labels.ts";
import { renderDot } from "../../src/view/graphviz.ts";
import { knownMachines } from "../../src/view/known-machines.ts";
import { type MachineGraph, machineGraph } from "../../src/view/machine-graph.ts";
import { machineSvg } from "../../src/view/machine-svg.ts";

const pool = knownMachines["pool"]?.graph() as MachineGraph;

/** The values of an attribute, in the order of the text. */
const valuesOf = (svg: string, attribute: string): string[] =>
  [...svg.matchAll(new RegExp(` ${attribute}="([^"]*)"`, "g"))].map(([, value = ""]) => value.replaceAll("&gt;", ">"));

const sorted = (values: Iterable<string>): string[] => [...values].sort((a, b) => (a < b ? -1 : 1));

/** The tags that are closed before those inside them, or never. */
function unbalanced(svg: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, slash, name = "", end] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[^>]*?)?(\/?)>/g)) {
    if (slash && open.pop() !== name) wrong.push(name);
    if (!slash && !end) open.push(name);
  }
  return [...wrong, ...open];
}

const svg = suite("machineSvg");

let plain: string;
let counted: string;
svg.before(async () => {
  plain = await machineSvg(pool);
  counted = await machineSvg(pool, { counts: true });
});

svg("names every state once, outer ones too", () => {
  for (const text of [plain, counted]) {
    assert.equal(sorted(valuesOf(text, "data-state")), sorted(pool.states.map(({ path }) => path)));
  }
});

svg("names every line between two states once, and what a state does while it stays", () => {
  for (const text of [plain, counted]) {
    const [inside, between] = [true, false].map((stays) =>
      valuesOf(text, "data-edge").filter((id) => stays === (id.split("->")[0] === id.split("->")[1])),
    );
    assert.equal(sorted(between ?? []), sorted(edgeGroups(pool).map(({ id }) => id)));
    assert.ok(inside?.includes("scaling->scaling"));
  }
});

svg("has an empty text with room for a number on every state and line, where that is wanted", () => {
  const empty = [
    ...counted.matchAll(/data-(?:count|taken)="([^"]*)"[^>]*>(?:<title>[^<]*<\/title>)?\n<text [^>]*><\/text>/g),
  ];
  const leaves = pool.states.filter(({ initial }) => initial === undefined).map(({ path }) => path);
  const lines = edgeGroups(pool).map(({ id }) => id);

  assert.equal(sorted(empty.map(([, id = ""]) => id.replaceAll("&gt;", ">"))), sorted([...leaves, ...lines]));
  assert.equal([...valuesOf(plain, "data-count"), ...valuesOf(plain, "data-taken")], []);
  assert.not.match(counted, />0+</);
});

svg("is well formed, and is one element that stands alone", () => {
  for (const text of [plain, counted]) {
    assert.equal(unbalanced(text), []);
    assert.match(text, /^<svg [\s\S]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<\/svg>\s*$/);
  }
});

svg("links to nothing, runs nothing and fetches nothing", () => {
  assert.not.match(plain + counted, /<a\b|href|xlink|<script|url\(|@import|<!DOCTYPE|<!--/);
});

svg("shows each state's description and each line's way as a tooltip", () => {
  const text = plain.replaceAll("&#39;", "'");
  for (const { description } of pool.states) assert.ok(text.includes(`<title>${description}</title>`), description);
  assert.match(plain, "<title>pending → created.managed: pool.observed [isNative]</title>");
});

svg("gives every id once, so that it may stand in a page", () => {
  const ids = valuesOf(counted, "id");
  assert.is(new Set(ids).size, ids.length);
});

svg("marks pinned states by a second border, and has colours for light and dark", () => {
  const pinned = [...plain.matchAll(/data-state="([^"]*)" class="node [^"]*pinned"[^>]*>[\s\S]*?<text/g)];

  assert.equal(sorted(pinned.map(([, path = ""]) => path)), ["created.pinned", "orphaned.pinned"]);
  for (const [text] of pinned) assert.is(text.match(/<path /g)?.length, 2);
  assert.match(plain, /light-dark\(#[0-9a-f]{6},#[0-9a-f]{6}\)/);
});

svg("is no wider than a page", () => {
  const [, width = "0", height = "0"] = /width="(\d+)" height="(\d+)"/.exec(counted) ?? [];
  assert.ok(Number(width) > 400 && Number(width) < 1300, width);
  assert.ok(Number(height) < 1000, height);
});

svg("is the same every time", async () => {
  assert.is(await machineSvg(pool), plain);
});

svg("escapes what XML and Graphviz would take for their own", async () => {
  const odd = machineGraph({
    id: "m",
    initial: "a",
    states: { a: { description: 'less < "more" & \\more', on: { "x<y>&": { guard: "is<b>", target: "b" } } }, b: {} },
  });
  const text = await machineSvg(odd, { counts: true });

  assert.equal(unbalanced(text), []);
  assert.match(text, "<title>less &lt; &quot;more&quot; &amp; \\more</title>");
  assert.match(text, ">x&lt;y&gt;&amp; [is&lt;b&gt;]<");
});

svg.run();

const graphviz = suite("renderDot");

graphviz("says what Graphviz finds wrong", async () => {
  const error = await renderDot("digraph {").then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, SyntaxError);
  assert.match((error as Error).message, /Graphviz says ".+"/);
});

graphviz.run();
