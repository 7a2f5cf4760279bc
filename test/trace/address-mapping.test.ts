/**
 * Moved addresses keep everything but what they are.
 * @module
 */

import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { familyOf, formatAddress, parseAddress } from "../../src/address/address.ts";
import { cidrLabel } from "../../src/address/cidr.ts";
import { AddressBook } from "../../src/trace/address-mapping.ts";

const moving = suite("trace: moved addresses");

const address4 = fc.integer({ min: 0x01000000, max: 0xdfffffff }).map((value) => formatAddress(BigInt(value), 4));
const address6 = fc.bigInt({ min: 1n << 120n, max: (1n << 127n) - 1n }).map((value) => formatAddress(value, 6));
const network = (address: fc.Arbitrary<string>, min: number, max: number): fc.Arbitrary<string> =>
  fc.tuple(address, fc.integer({ min, max })).map(([text, prefix]) => {
    const family = familyOf(text);
    const bits = BigInt((family === 4 ? 32 : 128) - prefix);
    return `${formatAddress((parseAddress(text) >> bits) << bits, family)}/${prefix}`;
  });

for (const [family, address, networks] of [
  [4, address4, network(address4, 12, 30)],
  [6, address6, network(address6, 48, 120)],
] as const) {
  moving(`keep order and distances inside of IPv${family} networks, and leave the networks`, () => {
    fc.assert(
      fc.property(
        fc.array(networks, { minLength: 1, maxLength: 6 }),
        fc.array(address, { maxLength: 6 }),
        (cidrs, alone) => {
          const book = new AddressBook();
          for (const cidr of cidrs) book.noteNetwork(cidr);
          for (const text of alone) book.noteAddress(text);
          const moved = book.moved();
          for (const cidr of cidrs) {
            const [base = "", prefix] = cidr.split("/");
            const first = parseAddress(base, family);
            const to = parseAddress(moved.address(base), family);
            assert.is(moved.network(cidr), `${formatAddress(to, family)}/${prefix}`);
            assert.is.not(moved.network(cidr), cidr);
            assert.is(parseAddress(moved.address(formatAddress(first + 3n, family)), family), to + 3n);
          }
          const all = [...cidrs.map((cidr) => cidr.split("/")[0] ?? ""), ...alone].map((text) => parseAddress(text));
          const sorted = all.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
          const after = sorted.map((value) => parseAddress(moved.address(formatAddress(value, family)), family));
          for (const [index, value] of after.entries()) {
            const before = after[index - 1];
            if (before !== undefined)
              assert.ok(before <= value && (before === value) === (sorted[index - 1] === sorted[index]));
          }
        },
      ),
      { numRuns: 200 },
    );
  });
}

moving("stay uncanonical where they were, and unreadable", () => {
  const book = new AddressBook();
  book.noteNetwork("fd00::/64");
  const moved = book.moved();
  assert.is(moved.address("fd00::10"), "3fff::10");
  assert.is(moved.address("FD00::10"), "3FFF:0000:0000:0000:0000:0000:0000:0010");
  assert.is(moved.address("host.example"), "xxxx.xxxxxxx");
  assert.is(moved.network("0.0.0.0/0"), "0.0.0.0/0");
  assert.is(moved.network("nonsense/8"), "xxxxxxxx/0");
  assert.is(cidrLabel(moved.network("fd00::/64")), "3fff---64");
});

moving.run();
