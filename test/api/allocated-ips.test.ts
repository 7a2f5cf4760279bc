/**
 * The text of a pool's `allocatedIPs`.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatRanges } from "../../src/address/range-set.ts";
import { allocatedRanges, formatAllocatedIPs, parseAllocatedIPs } from "../../src/api/allocated-ips.ts";

/** As the reference writes it (spec 1.5.1). */
const TEXT = '{"10.0.0.10":{"pod":"ns/q","podUid":"v"},"10.0.0.9":{"pod":"ns/p","podUid":"u"}}';

const allocated = suite("allocatedIPs");

allocated("is written with keys in byte-wise order and without white space", () => {
  const allocations = new Map([
    ["10.0.0.9", { pod: "ns/p", podUid: "u" }],
    ["10.0.0.10", { pod: "ns/q", podUid: "v" }],
  ]);

  assert.is(formatAllocatedIPs(allocations), TEXT);
});

allocated("comes back as it was", () => {
  const allocations = parseAllocatedIPs(TEXT);

  assert.equal(allocations.get("10.0.0.9"), { pod: "ns/p", podUid: "u" });
  assert.is(formatAllocatedIPs(allocations), TEXT);
});

allocated("drops members it does not know, and takes any white space", () => {
  const text = '{ "fd00::1": { "podUid": "u", "pod": "ns/p", "node": "n" } }';

  assert.is(formatAllocatedIPs(parseAllocatedIPs(text)), '{"fd00::1":{"pod":"ns/p","podUid":"u"}}');
});

allocated("is absent when empty, never {}", () => {
  assert.is(formatAllocatedIPs(new Map()), undefined);
});

allocated("means no address when absent, null, {} or the text null", () => {
  for (const text of [undefined, null, "{}", "null"]) assert.is(parseAllocatedIPs(text).size, 0);
});

for (const text of [
  "",
  "{",
  "[]",
  '"x"',
  "5",
  '{"10.0.0.1":null}',
  '{"10.0.0.1":{"pod":"ns/p"}}',
  '{"10.0.0.1":{"podUid":5}}',
]) {
  allocated(`is an error, not an empty pool, when it reads ${text || "as an empty string"}`, () => {
    assert.throws(
      () => parseAllocatedIPs(text),
      (error: Error) => error instanceof SyntaxError && error.message.startsWith("Cannot parse allocatedIPs"),
    );
  });
}

allocated("gives the addresses in use as merged ranges", () => {
  assert.equal(formatRanges(allocatedRanges(TEXT, 4), 4), ["10.0.0.9-10.0.0.10"]);
  assert.equal(allocatedRanges(undefined, 6), []);
});

allocated("is an error when an address in it is of the other family", () => {
  assert.throws(() => allocatedRanges(TEXT, 6), /it is no IPv6 address$/);
});

allocated.run();
