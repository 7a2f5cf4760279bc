/**
 * The manifests that are built in against the file that a user would apply.
 * @module
 */

import { readFileSync } from "node:fs";
import { loadAll } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { manualCloneSet, manualPool } from "../../src/simulation/walk-1.ts";

const text = readFileSync(new URL("../fixtures/seed/manual.yaml", import.meta.url), "utf8");

const walk = suite("walk 1");

walk("has the pool and the CloneSet of manual.yaml", () => {
  assert.equal([manualPool, manualCloneSet], loadAll(text));
});

walk.run();
