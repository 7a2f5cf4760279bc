/**
 * The manifests that are built in against the files that a user would apply.
 * @module
 */

import { readFileSync } from "node:fs";
import { load, loadAll } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { walkCloneSet, walkSubnets } from "../../src/simulation/walk-2.ts";

const textOf = (file: string): string => readFileSync(new URL(`../fixtures/seed/${file}`, import.meta.url), "utf8");

const walk = suite("walk 2");

walk("has the subnets of subnets.yaml", () => {
  assert.equal(walkSubnets, loadAll(textOf("subnets.yaml")));
});

walk("has the CloneSet of automatic.yaml", () => {
  assert.equal(walkCloneSet, load(textOf("automatic.yaml")));
});

walk.run();
