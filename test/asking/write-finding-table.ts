/**
 * Writes the table of findings into `docs/questions.md`: `npm run docs`.
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import { root } from "../support/source.ts";
import { DOCUMENT, withFindingTable } from "./finding-table.ts";

const path = `${root}/${DOCUMENT}`;
writeFileSync(path, withFindingTable(readFileSync(path, "utf8")));
