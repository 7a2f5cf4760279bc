/**
 * Records the traces of this folder anew, on the API server of KUBECONFIG_TEST: all of them, or those that are named.
 *
 *     eval "$(test/cluster/up.sh --kruise)" && node test/traces/record.ts [NAME...]
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { differenceLines } from "../../src/trace/difference.ts";
import { replay } from "../../src/trace/replay.ts";
import { readTrace } from "../../src/trace/trace-reader.ts";
import { Notebook } from "../support/trace.ts";
import { plays } from "./plays.ts";
import { RecordingStage } from "./recording-stage.ts";

const names = process.argv.slice(2);

for (const [name, play] of Object.entries(plays)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const notebook = new Notebook();
  const stage = await RecordingStage.open([notebook]);
  try {
    await play(stage);
    await stage.rest();
  } catch (error) {
    // What was decided says more than the expectation that did not come true.
    for (const text of notebook.texts.filter((line) => /^\{"line":"(?:step|complaint|told)/.test(line))) console.log(text);
    throw error;
  } finally {
    await stage.close();
  }
  const { difference, lines, decisions } = await replay(readTrace(notebook.texts));
  if (difference) console.log(differenceLines(difference).join("\n"));
  const text = `${notebook.texts.join("\n")}\n`;
  writeFileSync(new URL(`${name}.ndjson`, import.meta.url), text);
  console.log(`${name}: ${lines} lines, ${decisions} decisions, ${(text.length / 1024).toFixed(0)} KiB`);
}
