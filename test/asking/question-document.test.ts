/**
 * `docs/questions.md` says what the code does.
 * @module
 */

import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { root } from "../support/source.ts";
import { DOCUMENT, withFindingTable } from "./finding-table.ts";

const document = suite("docs/questions.md");

document("has every finding; otherwise write it anew with npm run docs", () => {
  const text = readFileSync(`${root}/${DOCUMENT}`, "utf8");

  assert.ok(text.includes("| `record-missing` |"));
  assert.is(withFindingTable(text), text);
});

document.run();
