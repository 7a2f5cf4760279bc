/**
 * The text of one range.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatRange, parseRange, sizeOf } from "../../src/address/range.ts";

const range = suite("range");

range("is one address or two joined by a dash", () => {
  assert.equal(parseRange("10.0.0.9", 4), { first: 0x0a000009n, last: 0x0a000009n });
  assert.equal(parseRange("10.0.0.255-10.0.1.1", 4), { first: 0x0a0000ffn, last: 0x0a000101n });
  assert.equal(parseRange("::1-::f", 6), { first: 1n, last: 15n });
});

range("is written canonically, a single address without a dash", () => {
  assert.is(formatRange(parseRange("10.0.0.9-10.0.0.9", 4), 4), "10.0.0.9");
  assert.is(formatRange(parseRange("FD00::1-fd00:0::00ff", 6), 6), "fd00::1-fd00::ff");
});

range("counts both ends", () => {
  assert.is(sizeOf(parseRange("10.0.0.1-10.0.0.5", 4)), 5n);
  assert.is(sizeOf(parseRange("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6)), 1n << 128n);
});

range("refuses a reversed one, which the reference takes and fails on later", () => {
  assert.throws(
    () => parseRange("10.0.0.9-10.0.0.1", 4),
    /^Cannot parse range "10\.0\.0\.9-10\.0\.0\.1": the first address is above the last; write "10\.0\.0\.1-10\.0\.0\.9"$/,
  );
});

range("names the whole element when one end is bad", () => {
  assert.throws(
    () => parseRange("10.0.0.1-10.0.0.300", 4),
    /^Cannot parse range "10\.0\.0\.1-10\.0\.0\.300": IPv4 address "10\.0\.0\.300": invalid IPv4 address$/,
  );
  assert.throws(() => parseRange("10.0.0.1-fd00::1", 4), /it is no IPv4 address$/);
});

for (const text of [
  "",
  "-",
  "10.0.0.1-",
  "-10.0.0.1",
  "10.0.0.1 - 10.0.0.2",
  "10.0.0.0/24",
  "10.0.0.1-10.0.0.2-10.0.0.3",
]) {
  range(`refuses "${text}"`, () => {
    assert.throws(
      () => parseRange(text, 4),
      (error: Error) => error instanceof SyntaxError,
    );
  });
}

range.run();
