/** Which address comes next. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatAddress, parseAddress } from "../../src/address/address.ts";
import { parseRanges } from "../../src/address/range-set.ts";
import { freeAddresses, usableRanges } from "../../src/ipam/address-choice.ts";

const choice = suite("the choice of an address");

function first(
  count: number,
  ips: string[],
  more: { excludeIPs?: string[]; reserved?: string[]; taken?: string[] } = {},
) {
  const family = ips[0]?.includes(":") ? 6 : 4;
  const taken = new Set((more.taken ?? []).map((text) => parseAddress(text)));
  const reserved = parseRanges(more.reserved, family);
  const usable = usableRanges({ ips, ...(more.excludeIPs ? { excludeIPs: more.excludeIPs } : {}) }, family, reserved);
  const found: string[] = [];
  for (const address of freeAddresses(usable, (candidate) => taken.has(candidate))) {
    if (found.length === count) break;
    found.push(formatAddress(address, family));
  }
  return found;
}

choice("is lowest first, in the order of the list (B7)", () => {
  assert.equal(first(4, ["10.0.0.9-10.0.0.10", "10.0.0.1-10.0.0.2"]), [
    "10.0.0.9",
    "10.0.0.10",
    "10.0.0.1",
    "10.0.0.2",
  ]);
});

choice("leaves out what is taken, excluded or reserved (S00001, S00002)", () => {
  const more = { taken: ["10.0.0.1"], excludeIPs: ["10.0.0.2-10.0.0.3"], reserved: ["10.0.0.5"] };
  assert.equal(first(9, ["10.0.0.1-10.0.0.6"], more), ["10.0.0.4", "10.0.0.6"]);
});

choice("costs nothing for huge ranges and exclusions (B22, D00017)", () => {
  const more = { excludeIPs: ["fd00::-fd00::ffff:ffff"], reserved: ["fd00::1:0:0"] };
  assert.equal(first(2, ["fd00::-fd00::ffff:ffff:ffff:ffff"], more), ["fd00::1:0:1", "fd00::1:0:2"]);
});

choice("refuses a malformed range with the range in the text", () => {
  assert.throws(() => first(1, ["10.0.0.9-10.0.0.1"]), /10\.0\.0\.9-10\.0\.0\.1/);
});

choice("is what a naive model chooses", () => {
  const octet = fc.integer({ min: 0, max: 40 });
  const range = fc.tuple(octet, octet).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const texts = (ranges: readonly (readonly [number, number])[]): string[] =>
    ranges.map(([a, b]) => `10.0.0.${a}-10.0.0.${b}`);
  const expand = (ranges: readonly (readonly [number, number])[]): number[] =>
    ranges.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => a + i));
  fc.assert(
    fc.property(
      fc.array(range, { minLength: 1 }),
      fc.array(range),
      fc.array(range),
      fc.array(octet),
      (ips, out, reserved, taken) => {
        const closed = new Set([...expand(out), ...expand(reserved), ...taken]);
        const expected = expand(ips).filter((n) => !closed.has(n));
        const found = first(1000, texts(ips), {
          excludeIPs: texts(out),
          reserved: texts(reserved),
          taken: taken.map((n) => `10.0.0.${n}`),
        });
        assert.equal(
          found,
          expected.map((n) => `10.0.0.${n}`),
        );
      },
    ),
  );
});

choice.run();
