/**
 * Writes `docs/machines.md`: `npm run docs`.
 * @module
 */
import { writeFileSync } from "node:fs";
import { root } from "../support/source.ts";
import { DOCUMENT, decisionTables, machineDocument } from "./machine-document.ts";

writeFileSync(`${root}/${DOCUMENT}`, machineDocument(decisionTables()));
