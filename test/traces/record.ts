/**
 * Records the traces of this folder anew: all of them, or those that are named.
 *
 *     eval "$(test/cluster/up.sh --kruise)" && node test/traces/record.ts [NAME...]
 *
 * Redacted, since a cluster is nobody's business. Those of `plays.ts` on the API server of KUBECONFIG_TEST, those of `memory-plays.ts` without any.
 * @module
 */

import { writeFileSync } from "node:fs";
import { differenceLines } from "../../src/trace/difference.ts";
import { redacted } from "../../src/trace/redaction.ts";
import { replay } from "../../src/trace/replay.ts";
import { readTrace } from "../../src/trace/trace-reader.ts";
import { Notebook } from "../support/trace.ts";
import { memoryPlays } from "./memory-plays.ts";
import { type Play, plays } from "./plays.ts";
import { RecordingStage } from "./recording-stage.ts";

const names = process.argv.slice(2);
const isWanted = (name: string): boolean => names.length === 0 || names.includes(name);

async function playFor(notebook: Notebook, play: Play): Promise<void> {
  const stage = await RecordingStage.open([notebook]);
  try {
    await play(stage);
    await stage.rest();
  } finally {
    await stage.close();
  }
}

async function record(name: string, play: (notebook: Notebook) => Promise<void>): Promise<void> {
  const notebook = new Notebook();
  try {
    await play(notebook);
  } catch (error) {
    // What was decided says more than the expectation that did not come true.
    const decided = notebook.texts.filter((text) => /^\{"line":"(?:step|complaint)/.test(text));
    console.log(decided.slice(-12).join("\n"));
    throw error;
  }
  const texts: string[] = [];
  for await (const line of redacted(() => readTrace(notebook.texts))) texts.push(JSON.stringify(line));
  const { difference, lines, decisions } = await replay(readTrace(texts));
  if (difference) console.log(differenceLines(difference).join("\n"));
  const text = `${texts.join("\n")}\n`;
  writeFileSync(new URL(`${name}.ndjson`, import.meta.url), text);
  console.log(`${name}: ${lines} lines, ${decisions} decisions, ${(text.length / 1024).toFixed(0)} KiB`);
}

for (const [name, play] of Object.entries(memoryPlays)) {
  if (isWanted(name)) await record(name, (notebook) => play({ sinks: [notebook] }));
}
for (const [name, play] of Object.entries(plays)) {
  if (isWanted(name)) await record(name, (notebook) => playFor(notebook, play));
}
