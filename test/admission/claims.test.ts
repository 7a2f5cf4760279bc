/**
 * What a claim says, how long, and about whom.
 * @module
 */

import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatRanges, includes, parseRanges, toRangeSet } from "../../src/address/range-set.ts";
import {
  type Claim,
  claimOf,
  cover,
  formatClaims,
  hasCome,
  isOnItsWay,
  KEPT_MS,
  mayCollide,
  parseClaims,
  withClaim,
} from "../../src/admission/claims.ts";
import { gainOf } from "../../src/admission/gain.ts";
import { spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { KubeObject, Resource } from "../../src/cluster/cluster.ts";
import { aPool, aSubnet } from "../support/front-door.ts";

const AT = 1_767_225_600_000;

function claim({ kind }: Resource, object: KubeObject, uid: string, generation = 1): Claim {
  const metadata = { ...object.metadata, uid, generation };
  const gain = gainOf({ operation: "CREATE", object: { ...object, kind, metadata } });
  assert.ok(gain);
  return claimOf(gain, AT);
}

const pool = (name: string, cidr: string, ...ips: string[]): Claim =>
  claim(spiderIPPools, aPool(name, cidr, ...ips), `uid-${name}`);
const subnet = (name: string, cidr: string): Claim => claim(spiderSubnets, aSubnet(name, cidr), `uid-${name}`);

const claims = suite("claims");

claims("come back from their text as they were", () => {
  const all = [
    subnet("s", "fd00::/64"),
    pool("p", "10.0.0.0/24", "10.0.0.1", "10.0.0.5-10.0.0.9"),
    pool("e", "10.0.0.0/24"),
  ];

  assert.equal(parseClaims(formatClaims(all)), all);
  assert.equal(parseClaims(undefined), []);
});

claims("are not read where somebody has edited them", () => {
  for (const text of [
    "",
    "{}",
    "[1]",
    "[null]",
    '[{"kind":"SpiderIPPool"}]',
    formatClaims([pool("p", "10.0.0.0/24")]).slice(1),
  ]) {
    assert.throws(
      () => parseClaims(text),
      (error: unknown) => error instanceof SyntaxError,
      text,
    );
  }
});

claims("collide where both objects must not be", () => {
  const a = pool("a", "10.0.0.0/24", "10.0.0.1-10.0.0.9");
  const rows: readonly [other: Claim, collides: boolean][] = [
    [pool("b", "10.0.0.0/24", "10.0.0.9"), true],
    [pool("b", "10.0.0.0/24", "10.0.0.10"), false],
    [pool("b", "10.0.0.0/24"), false],
    [pool("b", "10.0.0.0/25", "10.0.0.10"), true],
    [pool("b", "10.0.1.0/24", "10.0.1.1"), false],
    [pool("a", "10.0.0.0/24", "10.0.0.9"), false],
    [subnet("a", "10.0.0.0/24"), true],
    [subnet("s", "10.0.0.0/16"), true],
    [subnet("s", "10.0.1.0/24"), false],
    [subnet("s", "::a00:0/120"), false],
  ];
  for (const [other, collides] of rows) {
    assert.is(mayCollide(a, other), collides, JSON.stringify(formatClaims([other])));
    assert.is(mayCollide(other, a), collides);
  }
  assert.ok(mayCollide(subnet("s", "10.0.0.0/16"), subnet("t", "10.0.0.0/16")));
  assert.not(mayCollide(subnet("s", "10.0.0.0/16"), subnet("s", "10.0.0.0/16")));
});

claims("are waited for until their object has come, or never will", () => {
  const created = pool("p", "10.0.0.0/24", "10.0.0.1");
  const changed = { ...created, generation: 4 };
  const object = (uid: string, generation: number): KubeObject => ({ metadata: { name: "p", uid, generation } });
  const rows: readonly [claim: Claim, object: KubeObject | undefined, ageMs: number, isOnItsWay: boolean][] = [
    [created, undefined, 0, true],
    [created, undefined, 89_000, true],
    [created, undefined, 91_000, false],
    [created, undefined, -3_600_000, false],
    [created, object("uid-p", 1), 0, false],
    [created, object("another", 3), 0, true],
    [changed, object("uid-p", 3), 0, true],
    [changed, object("uid-p", 4), 0, false],
    [changed, undefined, 0, false],
    [changed, object("another", 1), 0, false],
  ];
  for (const [index, [one, found, ageMs, expected]] of rows.entries()) {
    assert.is(isOnItsWay(one, found, AT + ageMs), expected, `row ${index}`);
  }
  assert.ok(hasCome({ ...created, generation: 1 }, { metadata: { name: "p", uid: "uid-p" } }));
});

claims("of two requests for one version stand for both, and go when they are old", () => {
  const first = pool("p", "10.0.0.0/24", "10.0.0.1");
  const second = { ...pool("p", "10.0.0.0/24", "10.0.0.7"), at: AT + 1_000 };
  const other = { ...pool("q", "10.0.0.0/24", "10.0.0.20"), at: AT - KEPT_MS };

  const merged = withClaim([other, first], second);

  assert.is(merged.length, 1);
  assert.equal(formatRanges(merged[0]?.ranges ?? [], 4), ["10.0.0.1", "10.0.0.7"]);
  assert.is(merged[0]?.at, AT + 1_000);
  assert.is(withClaim([first], { ...second, uid: "another" }).length, 2);
  assert.is(withClaim([first], { ...second, generation: 2 }).length, 2);
});

claims("of many ranges cover them with few, the closest ones together", () => {
  const set = parseRanges(["10.0.0.1", "10.0.0.3", "10.0.0.100", "10.0.1.1-10.0.1.5"], 4);

  assert.equal(formatRanges(cover(set, 2), 4), ["10.0.0.1-10.0.0.100", "10.0.1.1-10.0.1.5"]);
  assert.equal(formatRanges(cover(set, 3), 4), ["10.0.0.1-10.0.0.3", "10.0.0.100", "10.0.1.1-10.0.1.5"]);
});

claims("never cover less than they stand for", async () => {
  const ranges = fc
    .array(fc.tuple(fc.bigInt(0n, 2000n), fc.bigInt(0n, 5n)), { maxLength: 60 })
    .map((list) => toRangeSet(list.map(([first, more]) => ({ first, last: first + more }))));
  await fc.assert(
    fc.property(ranges, fc.integer({ min: 1, max: 20 }), (set, max) => {
      const covered = cover(set, max);
      assert.ok(includes(covered, set));
      assert.ok(covered.length <= max);
      assert.equal(covered, toRangeSet(covered));
      assert.is(covered[0]?.first, set[0]?.first);
      assert.is(covered.at(-1)?.last, set.at(-1)?.last);
    }),
  );
});

claims.run();
