/**
 * Addresses as text and number.
 * @module
 */

import * as fc from "fast-check";
import { Address6 } from "ip-address";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Family, familyOf, formatAddress, LAST_ADDRESS, parseAddress } from "../../src/address/address.ts";

const reading = suite("address: reading");

reading("takes IPv4 and IPv6, in any spelling of the latter", () => {
  assert.is(parseAddress("0.0.0.1"), 1n);
  assert.is(parseAddress("10.6.168.102", 4), 0x0a06a866n);
  assert.is(parseAddress("64:ff9b::1"), 0x64ff9b000000000000000000000001n);
  assert.is(parseAddress("FD00:0:0:0::1", 6), parseAddress("fd00::0001", 6));
  assert.is(parseAddress("2001:db8::192.0.2.1"), parseAddress("2001:db8::c000:201"));
});

const refused: [text: string, family: Family | undefined, message: RegExp][] = [
  ["10.0.0.01", 4, /^Cannot parse IPv4 address "10\.0\.0\.01": IPv4 addresses can't have leading zeroes$/],
  ["10.0.0.1/24", 4, /prefix length; leave out the part from the slash on$/],
  ["fd00::1/64", undefined, /prefix length/],
  ["fe80::1%eth0", 6, /it has a zone/],
  ["::ffff:10.0.0.1", 6, /IPv4-mapped IPv6 address; write "10\.0\.0\.1" in an IPv4 object instead$/],
  ["::ffff:a00:1", undefined, /IPv4-mapped/],
  ["::ffff:10.0.0.1", 4, /it is no IPv4 address$/],
  ["fd00::1", 4, /^Cannot parse IPv4 address "fd00::1": it is no IPv4 address$/],
  ["10.0.0.1", 6, /it is no IPv6 address$/],
  ["", undefined, /it is empty$/],
  ["10.0.0", undefined, /invalid IPv4 address$/],
  ["10.0.0.256", undefined, /invalid IPv4 address$/],
  [" 10.0.0.1", undefined, /it has a space; leave it out$/],
  ["10.0.0.1 ", undefined, /it has a space/],
  ["0x0a.0.0.1", undefined, /invalid IPv4 address$/],
  ["1::2::3", undefined, /too many ::/],
  ["1:2:3:4:5:6:7:8:9", undefined, /incorrect number of groups/],
  ["fd00::00001", undefined, /Cannot parse IPv6 address/],
];
for (const [text, family, message] of refused) {
  reading(`refuses "${text}"${family === undefined ? "" : ` as IPv${family}`}`, () => {
    assert.throws(
      () => parseAddress(text, family),
      (error: Error) => error instanceof SyntaxError && message.test(error.message),
    );
  });
}

reading.run();

const writing = suite("address: writing");

writing("gives RFC 5952 text", () => {
  const rows: [string, string][] = [
    ["::", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["FC00:F853:CCD:E790::1", "fc00:f853:ccd:e790::1"],
  ];
  for (const [text, canonical] of rows) assert.is(formatAddress(parseAddress(text), 6), canonical);
});

writing("refuses what lies outside the address space", () => {
  assert.throws(() => formatAddress(-1n, 4), RangeError);
  assert.throws(() => formatAddress(1n << 32n, 4), /lies outside the IPv4 address space$/);
  assert.throws(() => formatAddress(1n << 128n, 6), RangeError);
});

writing("is undone by reading, for every address that is not IPv4-mapped", async () => {
  for (const family of [4, 6] as const) {
    const values = fc.bigInt({ min: 0n, max: LAST_ADDRESS[family] }).filter((value) => value >> 32n !== 0xffffn);
    await fc.assert(
      fc.property(values, (value) => {
        const text = formatAddress(value, family);
        assert.is(parseAddress(text, family), value);
        assert.is(familyOf(text), family);
      }),
    );
  }
});

writing("gives the library's own correct form, whatever groups are zero", async () => {
  const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
  await fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const value = groups.reduce((sum, next) => (sum << 16n) | BigInt(next), 0n);
      assert.is(formatAddress(value, 6), Address6.fromBigInt(value).correctForm());
    }),
  );
});

writing.run();
