/**
 * The rules against what nobody would write by mistake: objects made up by chance, and lists as long as the schema lets through.
 * @module
 */

import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseAddress } from "../../../src/address/address.ts";
import { contains, equals, includes, overlaps } from "../../../src/address/range-set.ts";
import type { KindRules, Wanted } from "../../../src/admission/rules/judge.ts";
import { poolRules } from "../../../src/admission/rules/pool-rules.ts";
import { reservedRules } from "../../../src/admission/rules/reserved-rules.ts";
import { RULES } from "../../../src/admission/rules/rule-table.ts";
import { subnetRules } from "../../../src/admission/rules/subnet-rules.ts";
import { knownPool, type World, worldOfObjects } from "../../../src/admission/rules/world.ts";
import type { SpiderIPPool } from "../../../src/api/ippool.ts";
import { FINALIZER, LABEL } from "../../../src/api/names.ts";
import type { SpiderSubnet } from "../../../src/api/subnet.ts";
import type { KubeObject } from "../../../src/cluster/cluster.ts";
import { AT, appLabels, ledger, pool, subnet } from "../cases/case.ts";

const RUNS = 2000;

const cidr = fc.constantFrom(
  "10.6.0.0/24",
  "10.6.0.0/16",
  "fd00:6::/64",
  "::/0",
  "0.0.0.0/0",
  "10.6.1.0/16",
  "10.6.0.0/33",
  "",
  "x",
);
const address = fc.oneof(
  { weight: 6, arbitrary: fc.nat(20).map((last) => `10.6.0.${last}`) },
  { weight: 2, arbitrary: fc.nat(20).map((last) => `fd00:6::${last.toString(16)}`) },
  fc.constantFrom(
    "::",
    "FD00:6:0::1",
    "::ffff:10.6.0.1",
    "10.6.0.01",
    "10.7.0.1",
    "255.255.255.255",
    "",
    "-",
    " ",
    "é",
    "10.6.0.1/24",
  ),
  fc.string({ maxLength: 8 }),
);
const element = fc.oneof(
  address,
  fc.tuple(address, address).map((ends) => ends.join("-")),
);
const list = fc.option(fc.array(element, { maxLength: 4 }), { nil: undefined });
const route = fc.record({ dst: fc.oneof(cidr, address), gw: address });
const selector = fc.record(
  {
    matchLabels: fc.dictionary(
      fc.constantFrom("a", "a b", ...Object.keys(appLabels)),
      fc.constantFrom("", "x", "x/y"),
      { maxKeys: 2 },
    ),
    matchExpressions: fc.array(
      fc.record(
        {
          key: fc.string({ maxLength: 3 }),
          operator: fc.constantFrom("In", "Exists", "?"),
          values: fc.array(fc.string(), { maxLength: 1 }),
        },
        { requiredKeys: ["key", "operator"] },
      ),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
);
const spec = fc.record(
  {
    subnet: cidr,
    ipVersion: fc.constantFrom(4, 6, 5, null),
    ips: list,
    excludeIPs: list,
    gateway: address,
    routes: fc.array(route, { maxLength: 3 }),
    podAffinity: selector,
  },
  { requiredKeys: ["subnet"] },
);
const metadata = fc.record(
  {
    name: fc.constantFrom("a", "b", "c"),
    uid: fc.constant("u"),
    labels: fc.dictionary(fc.constantFrom(LABEL.applicationName, LABEL.poolCidr), fc.constantFrom("", "x"), {
      maxKeys: 2,
    }),
    deletionTimestamp: fc.constant(AT),
    finalizers: fc.subarray([FINALIZER, "other"]),
    ownerReferences: fc.array(
      fc.record({
        apiVersion: fc.constant("v1"),
        kind: fc.constantFrom("SpiderSubnet", "X"),
        name: fc.constantFrom("a", "b"),
        uid: fc.constant("u"),
        controller: fc.boolean(),
      }),
      { maxLength: 1 },
    ),
  },
  { requiredKeys: ["name"] },
);
const status = fc.record(
  {
    allocatedIPs: fc.constantFrom(
      "",
      "{",
      "null",
      "[]",
      '{"10.6.0.1":{"pod":"a/b","podUid":"u"}}',
      '{"x":{"pod":"a/b","podUid":"u"}}',
    ),
    controlledIPPools: fc.constantFrom(
      "",
      "{",
      "null",
      ledger({ a: ["10.6.0.1-10.6.0.5"], b: null }),
      ledger({ c: ["x"] }),
    ),
    allocatedIPCount: fc.nat(3),
  },
  { requiredKeys: [] },
);
const thing = fc.record({ metadata, spec, status }, { requiredKeys: ["metadata", "spec"] }) as unknown as fc.Arbitrary<
  SpiderIPPool & SpiderSubnet
>;
const world = fc
  .tuple(
    fc.subarray([4, 6] as const),
    fc.boolean(),
    fc.boolean(),
    fc.array(thing, { maxLength: 3 }),
    fc.array(thing, { maxLength: 2 }),
  )
  .map(([families, enableSubnet, validateDelete, pools, subnets]) =>
    worldOfObjects({ families, enableSubnet, validateDelete }, { pools, subnets }),
  );
/** What a person may write, with one mistake or none. */
const octet = fc.nat(20).map((last) => `10.6.0.${last}`);
const range = fc.oneof(
  octet,
  fc.tuple(octet, octet).map((ends) => ends.join("-")),
);
const likely = fc
  .record(
    {
      subnet: fc.constant("10.6.0.0/24"),
      ips: fc.array(range, { maxLength: 3 }),
      excludeIPs: fc.array(range, { maxLength: 2 }),
      gateway: octet,
    },
    { requiredKeys: ["subnet"] },
  )
  .map((made) => pool("new", made));
const likelyWorld = fc
  .tuple(fc.array(likely, { maxLength: 2 }), fc.array(likely, { maxLength: 1 }))
  .map(([pools, subnets]) =>
    worldOfObjects(
      { families: [4], enableSubnet: true },
      {
        pools: pools.map((object, i) => ({ ...object, metadata: { name: `p${i}` } })),
        subnets: subnets.map((object) => ({ ...object, metadata: { name: "s" } })),
      },
    ),
  );

const operation = fc.constantFrom("CREATE", "UPDATE", "DELETE");

const hostile = suite("admission: hostile objects");

for (const [kind, rules] of [
  ["subnets", subnetRules],
  ["pools", poolRules],
  ["reserved addresses", reservedRules],
] as const) {
  hostile(`get an answer that names what is wrong, as ${kind}`, async () => {
    await fc.assert(
      fc.property(operation, thing, thing, world, (verb, object, old, others) => {
        answer(rules as KindRules<KubeObject>, verb, object, old, others);
      }),
      { numRuns: RUNS },
    );
  });
}

function answer(rules: KindRules<KubeObject>, verb: string, object: KubeObject, old: KubeObject, others: World): void {
  const filled = rules.defaults(object, others);
  assert.is(rules.defaults(filled, others), filled, "defaults are not final");
  const denial = rules.judge({ operation: verb, object: filled, old } as Wanted<KubeObject>, others);
  if (!denial) return;
  assert.ok(denial.refusals.length > 0 && denial.message.length < 20_000);
  const fields = denial.refusals.map(({ field }) => field);
  assert.is(new Set(fields).size, fields.length, "a field is named twice");
  for (const { rule, kind } of denial.refusals) assert.is(RULES[rule as keyof typeof RULES].kind, kind);
}

hostile("leave only pools in that are whole: readable, in their CIDR, nobody else's, without the gateway", async () => {
  let accepted = 0;
  await fc.assert(
    fc.property(fc.oneof(likely, thing), fc.oneof(likelyWorld, world), (object, others) => {
      const made = poolRules.defaults(object, others);
      if (poolRules.judge({ operation: "CREATE", object: made }, others)) return;
      accepted += 1;
      const known = knownPool(made);
      assert.ok(known, "unreadable");
      assert.ok(includes([known.cidr.range], known.total));
      assert.ok(others.families.includes(known.family));
      for (const other of others.pools()) {
        if (other.name !== known.name && other.family === known.family) assert.not(overlaps(other.total, known.total));
      }
      const { gateway } = made.spec;
      if (gateway) assert.not(contains(known.total, parseAddress(gateway, known.family)));
    }),
    { numRuns: RUNS },
  );
  assert.ok(accepted > RUNS / 100, `${accepted} accepted`);
});

hostile("keep their addresses when defaults merge them", async () => {
  await fc.assert(
    fc.property(likely, likelyWorld, (object, others) => {
      const [before, after] = [knownPool(object), knownPool(poolRules.defaults(object, others))];
      if (before && after) assert.ok(equals(before.total, after.total));
    }),
    { numRuns: RUNS },
  );
});

hostile.run();

const COUNT = 100_000;
/** A quiet machine needs a fifth of it; the tests run beside others. */
const MS_MAX = 500;

const speed = suite("admission: long lists");

const v4 = (i: number): string => `10.${i >> 15}.${(i >> 7) & 255}.${(i & 127) * 2}`;
const v6 = (i: number): string => `fd00::${(i >> 12).toString(16)}:${((i & 4095) * 2 + 1).toString(16)}`;
const shuffled = (f: (i: number) => string) => (i: number) => f((i * 7919) % COUNT);
const lists: [what: string, cidr: string, element: (i: number) => string, isAccepted: boolean][] = [
  ["IPv4 addresses", "10.0.0.0/8", v4, true],
  ["IPv4 addresses in disorder", "10.0.0.0/8", shuffled(v4), true],
  ["IPv6 addresses", "fd00::/8", v6, true],
  ["IPv6 addresses in disorder", "fd00::/8", shuffled(v6), true],
  ["equal addresses", "10.0.0.0/8", () => "10.0.0.1", true],
  [
    "ranges of 2^64 addresses each",
    "fd00::/8",
    (i) => `fd00:${(i >> 16).toString(16)}:${(i & 0xffff).toString(16)}::-fdff::`,
    true,
  ],
  ["reversed ranges", "10.0.0.0/8", (i) => `${v4(i + 1)}-${v4(i)}`, false],
  ["leading zeros", "10.0.0.0/8", (i) => `0${v4(i)}`, false],
  ["IPv4-mapped addresses", "fd00::/8", (i) => `::ffff:${v4(i)}`, false],
  ["addresses outside", "11.0.0.0/8", v4, false],
  ["names", "10.0.0.0/8", (i) => `host-${i}`, false],
  ["addresses of ::/0", "::/0", v6, false],
];

const cpuMs = (task: () => void): number => {
  const before = process.cpuUsage();
  task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

for (const [what, subnetText, elementAt, isAccepted] of lists) {
  speed(`of a hundred thousand ${what} are answered at once, beside a thousand pools`, () => {
    const ips = Array.from({ length: COUNT }, (_, i) => elementAt(i));
    const pools = Array.from({ length: 1000 }, (_, i) => pool(`p${i}`, { subnet: subnetText, ips: [] }));
    const others = worldOfObjects({ families: [4, 6], enableSubnet: true }, { pools, subnets: [] });
    const text = JSON.stringify(pool("new", { subnet: subnetText, ips, excludeIPs: ips.slice(0, 9) }));
    let denial: ReturnType<typeof poolRules.judge>;
    const ms = cpuMs(() => {
      const object = poolRules.defaults(JSON.parse(text), others);
      denial = poolRules.judge({ operation: "CREATE", object }, others);
    });
    assert.is(denial === undefined, isAccepted, denial?.message);
    assert.ok((denial?.message.length ?? 0) < 5000);
    assert.ok(ms < MS_MAX, `${ms} ms`);
  });
}

speed("of a subnet with ten thousand records are answered at once", () => {
  const ips = Array.from({ length: COUNT }, (_, i) => v4(i));
  const records = Object.fromEntries(ips.slice(0, 10_000).map((ip, i) => [`p${i}`, [ip]]));
  const old = subnet("s", { subnet: "10.0.0.0/8", ipVersion: 4, ips }, { controlledIPPools: ledger(records) });
  const others = worldOfObjects({ families: [4, 6], enableSubnet: true }, { pools: [], subnets: [] });
  const judge = (kept: string[]) =>
    subnetRules.judge({ operation: "UPDATE", object: { ...old, spec: { ...old.spec, ips: kept } }, old }, others);
  assert.ok(cpuMs(() => assert.is(judge(ips.slice(0, 50_000)), undefined)) < MS_MAX);
  assert.ok(cpuMs(() => assert.is(judge(ips.slice(1))?.code, 422)) < MS_MAX);
});

speed.run();
