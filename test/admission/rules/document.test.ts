/**
 * `docs/admission.md` against the rules.
 * @module
 */

import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { root } from "../../support/source.ts";
import { DOCUMENT, withRules } from "../rule-document.ts";

const document = suite("docs/admission.md");

document(
  "has the rules that the code has; if not, `node test/admission/write-rule-document.ts` writes them anew",
  () => {
    const text = readFileSync(`${root}/${DOCUMENT}`, "utf8");

    assert.is(text, withRules(text));
  },
);

document.run();
