/**
 * Writes the generated parts of documents: `npm run docs`.
 * @module
 */

import { writeFileSync } from "node:fs";
import { root } from "../support/source.ts";
import { documents, withParts } from "./generated-parts.ts";

for (const path of documents) writeFileSync(`${root}/${path}`, withParts(path));
