/**
 * The text of a subnet's `controlledIPPools`.
 * @module
 */

import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  formatControlledPools,
  formatRecord,
  formatVersion,
  hasReached,
  joinRecords,
  onTheWayMs,
  type PoolRecord,
  parseControlledPools,
} from "../../src/api/controlled-pools.ts";

/** As the reference writes it (spec 1.5.2). */
const TEXT =
  '{"auto4-test-app-1-eth0-40371":{"ips":["10.6.168.102","10.6.168.104-10.6.168.105"],"application":"apps_v1_Deployment_default_test-app-1"},"pool-x":{"ips":["10.6.168.108"]}}';

const ledger = suite("controlledIPPools");

ledger("is written as the reference writes it, whatever the order of the records", () => {
  const records = new Map<string, PoolRecord>([
    ["pool-x", { ips: ["10.6.168.108"] }],
    [
      "auto4-test-app-1-eth0-40371",
      { ips: ["10.6.168.102", "10.6.168.104-10.6.168.105"], application: "apps_v1_Deployment_default_test-app-1" },
    ],
  ]);

  assert.is(formatControlledPools(records), TEXT);
});

ledger("comes back as it was", () => {
  assert.is(formatControlledPools(parseControlledPools(TEXT)), TEXT);
});

ledger("keeps when a pool was let in, and passes over what is no time", () => {
  const text =
    '{"a":{"ips":["10.0.0.1"],"application":"apps_v1_Deployment_b_c","admittedAt":"2026-01-01T00:00:00Z","admittedVersion":"u-1/3"}}';

  assert.is(formatControlledPools(parseControlledPools(text)), text);
  assert.equal(parseControlledPools('{"a":{"ips":["10.0.0.1"],"admittedAt":7}}').get("a"), { ips: ["10.0.0.1"] });
});

ledger("has what was let in as soon as its object has that version, or a later one", () => {
  const version = formatVersion("u-1", 3);
  const has = (uid: string, generation: number): boolean => hasReached({ name: "a", uid, generation }, version);

  assert.equal([has("u-1", 2), has("u-1", 3), has("u-1", 4), has("u-2", 4)], [false, true, true, false]);
  assert.ok(hasReached({ name: "a", uid: "u-1" }, formatVersion("u-1", 1)));
});

ledger("has a pool on its way for 90 s, and not for ever where clocks differ", () => {
  assert.equal(
    [1_000, 0, -89_000, 91_000, -3_600_000, Number.NaN].map((agoMs) => onTheWayMs(5_000_000 - agoMs, 5_000_000)),
    [89_000, 90_000, 179_000, 0, 0, 0],
  );
});

ledger("writes a pool without addresses as null, and reads null, [] and nothing as that", () => {
  for (const member of ['"ips":null', '"ips":[]', ""]) {
    const records = parseControlledPools(`{"p":{${member}}}`);

    assert.equal(records.get("p"), { ips: [] });
    assert.is(formatControlledPools(records), '{"p":{"ips":null}}');
  }
});

ledger("is absent when empty, never {}", () => {
  assert.is(formatControlledPools(new Map()), undefined);
  for (const text of [undefined, null, "{}", "null"]) assert.is(parseControlledPools(text).size, 0);
});

ledger("reads a record with more members than ours", () => {
  assert.equal(parseControlledPools('{"p":{"x":1,"ips":["10.0.0.1"]}}').get("p"), { ips: ["10.0.0.1"] });
});

for (const text of ["", "{", "[]", '{"p":"x"}', '{"p":{"ips":"10.0.0.1"}}', '{"p":{"ips":[1]}}']) {
  ledger(`is an error, not an empty ledger, when it reads ${text || "as an empty string"}`, () => {
    assert.throws(
      () => parseControlledPools(text),
      (error: Error) => error instanceof SyntaxError && error.message.startsWith("Cannot parse controlledIPPools"),
    );
  });
}

ledger("is the same from kept fragments as written at once, and comes back, for any records", async () => {
  const record: fc.Arbitrary<PoolRecord> = fc.record(
    { ips: fc.array(fc.ipV4(), { maxLength: 3 }), application: fc.string({ minLength: 1 }) },
    { requiredKeys: ["ips"], noNullPrototype: true },
  );
  // JavaScript lists members such as "12" in numeric order: the text must not depend on that.
  const name = fc.oneof(fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,8}$/), fc.constant("12"), fc.constant("9"));
  await fc.assert(
    fc.property(fc.array(fc.tuple(name, record)), (entries) => {
      const records = new Map(entries);
      const names = [...records.keys()].sort();

      const text = formatControlledPools(records);

      assert.is(joinRecords(names.map((key) => formatRecord(key, records.get(key) as PoolRecord))), text);
      assert.equal(new Map([...parseControlledPools(text)].sort()), new Map([...records].sort()));
      assert.is(formatControlledPools(parseControlledPools(text)), text);
    }),
  );
});

ledger.run();
