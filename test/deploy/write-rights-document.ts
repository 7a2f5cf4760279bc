/**
 * Writes the tables of rights into `docs/rbac.md`: `node test/deploy/write-rights-document.ts`.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { root } from "../support/source.ts";
import { DOCUMENT, withRights } from "./rights-document.ts";

const path = `${root}/${DOCUMENT}`;
writeFileSync(path, withRights(readFileSync(path, "utf8")));
