/**
 * Counts in JSON.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { asInt64, countText, INT64_MAX, isSameCount } from "../../src/address/int64.ts";

const int64 = suite("int64");

int64("writes every count digit by digit, saturated at the highest int64", () => {
  const rows: [bigint, string][] = [
    [0n, "0"],
    [5n, "5"],
    [9007199254740991n, "9007199254740991"],
    [9007199254740993n, "9007199254740993"],
    [INT64_MAX, "9223372036854775807"],
    [1n << 64n, "9223372036854775807"],
  ];
  for (const [count, text] of rows) {
    assert.is(JSON.stringify({ totalIPCount: asInt64(count) }), `{"totalIPCount":${text}}`);
    assert.is(countText(count), text);
  }
});

int64("is an ordinary number where that is exact", () => {
  assert.is(asInt64(3n), 3);
});

int64("refuses a negative count", () => {
  assert.throws(() => asInt64(-1n), RangeError);
});

int64("knows a count again that was read from the API", () => {
  for (const count of [0n, 5n, (1n << 60n) + 1n, INT64_MAX, 1n << 64n]) {
    const read = JSON.parse(JSON.stringify(asInt64(count)));
    assert.ok(isSameCount(read, count));
  }
  assert.not(isSameCount(undefined, 0n));
  assert.not(isSameCount(4, 5n));
});

int64.run();
