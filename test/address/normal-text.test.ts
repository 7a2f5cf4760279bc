/**
 * Lists brought into normal form as texts, held against reading and writing every element.
 * @module
 */

import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Family } from "../../src/address/address.ts";
import { normalTexts } from "../../src/address/normal-text.ts";
import { formatRange } from "../../src/address/range.ts";
import { formatRanges, parseRanges } from "../../src/address/range-set.ts";

/** Forms of one IPv6 address that nobody may keep. */
const forms: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => text.replace("::", ":0:"),
  (text) => text.replace(/(^|:)(?=[0-9a-f]{1,3}(:|$))/, "$10"),
  (text) => `${text}-${text}`,
];
const group = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(1, 0xa, 0x10, 0xffff));
const v6 = fc
  .tuple(fc.array(group, { minLength: 8, maxLength: 8 }), fc.nat(2), fc.constantFrom(...forms))
  .map(([parts, more, form]) => {
    const first = (0x2000n << 112n) | parts.slice(1).reduce((sum, part) => (sum << 16n) | BigInt(part), 0n);
    return form(formatRange({ first, last: first + BigInt(more) }, 6));
  });
const v4 = fc
  .tuple(fc.nat(300), fc.nat(2))
  .map(([at, more]) => formatRange({ first: 0x0a000000n + BigInt(at), last: 0x0a000000n + BigInt(at + more) }, 4));
const isReadable = (text: string, family: Family): boolean => {
  try {
    parseRanges([text], family);
    return true;
  } catch {
    return false;
  }
};

const normal = suite("normal form of texts");

for (const [family, element] of [
  [4, v4],
  [6, v6],
] as const) {
  const lists = fc.array(
    element.filter((text) => isReadable(text, family)),
    { maxLength: 90 },
  );
  normal(`is what reading and writing IPv${family} gives, in order or not`, async () => {
    await fc.assert(
      fc.property(lists, fc.boolean(), (made, isOrdered) => {
        const texts = isOrdered ? made.toSorted((a, b) => (first(a, family) < first(b, family) ? -1 : 1)) : made;
        assert.equal(normalTexts(texts, family), formatRanges(parseRanges(texts, family), family));
      }),
      { numRuns: 300 },
    );
  });
}

normal("writes out what is short for one group, and an address given as a range", () => {
  assert.equal(normalTexts(["1:2:3::5:6:7:8", "1:2:3:4:5:6:7::"], 6), ["1:2:3:0:5:6:7:8", "1:2:3:4:5:6:7:0"]);
  assert.equal(normalTexts(["fd00::9-fd00::9", "fd00:0::a:0"], 6), ["fd00::9", "fd00::a:0"]);
  assert.equal(normalTexts(["10.0.0.1-10.0.0.1", "10.0.0.3"], 4), ["10.0.0.1", "10.0.0.3"]);
});

normal("names the element that is malformed", () => {
  assert.throws(() => normalTexts(["10.0.0.1", "10.0.0.01"], 4), /10\.0\.0\.01/);
});

normal.run();

function first(text: string, family: Family): bigint {
  return parseRanges([text], family)[0]?.first ?? 0n;
}
