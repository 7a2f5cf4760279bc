import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ApiError, askedPauseMs, isPassing, UnknownOutcome } from "../../src/cluster/cluster.ts";

const test = suite("errors of the port");

test("the pause that the server asked for is told in milliseconds, whatever its code", () => {
  assert.is(askedPauseMs(new ApiError(429, "TooManyRequests", "slow down", 2)), 2000);
  assert.is(askedPauseMs(new ApiError(504, "Timeout", "too slow", 1)), 1000);
});

test("who was not asked to wait need not", () => {
  assert.is(askedPauseMs(new ApiError(503, "ServiceUnavailable", "not now")), 0);
  assert.is(askedPauseMs(new UnknownOutcome("no answer came")), 0);
  assert.is(askedPauseMs(new Error("a bug")), 0);
});

test("what comes and goes by itself is passing, a refusal and a bug are not", () => {
  for (const code of [409, 429, 500, 503, 504]) assert.ok(isPassing(new ApiError(code, "", "")), String(code));
  assert.ok(isPassing(new UnknownOutcome("no answer came")));
  for (const code of [403, 404, 422]) assert.not(isPassing(new ApiError(code, "", "")), String(code));
  assert.not(isPassing(new Error("a bug")));
});

test.run();
