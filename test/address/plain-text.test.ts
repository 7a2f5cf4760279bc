/**
 * The quick reader of addresses, held against the library.
 * @module
 */

import * as fc from "fast-check";
import { Address4, Address6 } from "ip-address";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readPlainIPv4, readPlainIPv6 } from "../../src/address/plain-text.ts";

const RUNS = 5000;

/** Texts that are addresses, nearly addresses, and nothing of the kind. */
const spoilt = (text: fc.Arbitrary<string>, signs: string): fc.Arbitrary<string> =>
  fc.oneof(
    text,
    fc.tuple(text, fc.nat(40), fc.constantFrom("", ...signs), fc.nat(2)).map(([base, at, sign, drop]) => {
      const place = at % (base.length + 1);
      return base.slice(0, place) + sign + base.slice(place + drop);
    }),
    fc.array(fc.constantFrom(...signs), { maxLength: 20 }).map((all) => all.join("")),
  );

const byLibrary = (text: string, family: 4 | 6): bigint | undefined => {
  try {
    return (family === 4 ? new Address4(text) : new Address6(text)).bigInt();
  } catch {
    return undefined;
  }
};

const plain = suite("plain text");

plain("of IPv4 is read as the library reads it, or left to it", async () => {
  await fc.assert(
    fc.property(spoilt(fc.ipV4(), "0123456789. -/:"), (text) => {
      const value = readPlainIPv4(text);
      if (value !== undefined) assert.is(value, byLibrary(text, 4), text);
    }),
    { numRuns: RUNS },
  );
});

plain("of IPv6 is read as the library reads it, or left to it", async () => {
  await fc.assert(
    fc.property(spoilt(fc.ipV6(), "0123456789abcdefg:::::. -/%"), (text) => {
      const value = readPlainIPv6(text);
      if (value !== undefined) assert.is(value, byLibrary(text, 6), text);
    }),
    { numRuns: RUNS },
  );
});

plain("is every canonical text", async () => {
  await fc.assert(
    fc.property(fc.ipV4(), (text) => {
      assert.is(readPlainIPv4(text), byLibrary(text, 4));
    }),
  );
  for (const text of ["::", "::1", "1::", "fd00::a:b", "1:2:3:4:5:6:7:8", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7::"]) {
    assert.is(readPlainIPv6(text), byLibrary(text, 6), text);
  }
});

for (const text of ["", ".", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "01.2.3.4", "1.2.3.256", "1.2.3.4 "]) {
  plain(`of IPv4 is not "${text}"`, () => assert.is(readPlainIPv4(text), undefined));
}
for (const text of [
  "",
  ":",
  ":::",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1::2::3",
  ":1::",
  "1:",
  "00001::",
  "::1.2.3.4",
]) {
  plain(`of IPv6 is not "${text}"`, () => assert.is(readPlainIPv6(text), undefined));
}

plain.run();
