/**
 * Writes the table of rules into `docs/admission.md`: `node test/admission/write-rule-document.ts`.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { root } from "../support/source.ts";
import { DOCUMENT, withRules } from "./rule-document.ts";

const path = `${root}/${DOCUMENT}`;
writeFileSync(path, withRules(readFileSync(path, "utf8")));
