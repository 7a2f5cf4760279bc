/**
 * Subnets in CIDR notation.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cidrLabel, parseCidr } from "../../src/address/cidr.ts";
import { formatRange } from "../../src/address/range.ts";

const cidr = suite("cidr");

cidr("covers its addresses, network and broadcast address included", () => {
  const rows: [text: string, range: string][] = [
    ["10.6.0.0/16", "10.6.0.0-10.6.255.255"],
    ["10.6.1.2/32", "10.6.1.2"],
    ["0.0.0.0/0", "0.0.0.0-255.255.255.255"],
    ["fc00:f853:ccd:e790::/64", "fc00:f853:ccd:e790::-fc00:f853:ccd:e790:ffff:ffff:ffff:ffff"],
    ["fd00::5/128", "fd00::5"],
    ["::/0", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ];
  for (const [text, range] of rows) {
    const parsed = parseCidr(text);
    assert.is(formatRange(parsed.range, parsed.family), range);
    assert.is(parsed.canonical, text);
    assert.is(parsed.prefix, Number(text.split("/")[1]));
  }
});

cidr("names the canonical form of another spelling", () => {
  assert.throws(
    () => parseCidr("10.6.1.0/16"),
    /^Cannot parse CIDR "10\.6\.1\.0\/16": it is not in canonical form; write "10\.6\.0\.0\/16"$/,
  );
  assert.throws(() => parseCidr("FD00:0::/64"), /write "fd00::\/64"$/);
});

for (const text of [
  "",
  "10.0.0.0",
  "10.0.0.0/",
  "/24",
  "10.0.0.0/33",
  "10.0.0.0/08",
  "10.0.0.0/-1",
  "10.0.0.0/24/24",
]) {
  cidr(`refuses "${text}"`, () => {
    assert.throws(
      () => parseCidr(text),
      (error: Error) => error instanceof SyntaxError && error.message.startsWith(`Cannot parse CIDR "${text}": `),
    );
  });
}

cidr("refuses a bad address, an IPv6 prefix above 128 and IPv4-mapped IPv6", () => {
  for (const text of ["10.0.0/24", "fd00::/129", "::ffff:10.0.0.0/104", "fe80::%1/64"]) {
    assert.throws(() => parseCidr(text), /^Cannot parse CIDR/);
  }
});

cidr("has the reference's label form", () => {
  assert.is(cidrLabel("10.6.0.0/16"), "10-6-0-0-16");
  assert.is(cidrLabel("fd00:10::/64"), "fd00-10---64");
  assert.is(cidrLabel("172.18.40.0/24"), "172-18-40-0-24");
  assert.is(cidrLabel("::/0"), "---0");
});

cidr.run();
