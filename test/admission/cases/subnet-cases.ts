/**
 * Cases of SpiderSubnets (spec §6.4).
 * @module
 */

import { FINALIZER, LABEL } from "../../../src/api/names.ts";
import type { SpiderSubnet } from "../../../src/api/subnet.ts";
import { addressCases } from "./address-cases.ts";
import { auto, ledger, pool, type RuleCase, subnet } from "./case.ts";

const v4 = "10.6.0.0/16";
const ips = ["10.6.0.1-10.6.0.100"];

const defaults: RuleCase<SpiderSubnet>[] = [
  {
    title: "no finalizer and no label",
    object: subnet("new", { subnet: v4 }),
    expect: { defaulted: { metadata: { finalizers: [FINALIZER], labels: { [LABEL.subnetCidr]: "10-6-0-0-16" } } } },
  },
  {
    title: "another label in place of its own, and a foreign finalizer",
    object: {
      ...subnet("new", { subnet: "fd00:6::/64" }),
      metadata: { name: "new", labels: { [LABEL.subnetCidr]: "x", mine: "1" }, finalizers: ["example.com/mine"] },
    },
    expect: {
      defaulted: {
        metadata: {
          finalizers: ["example.com/mine", FINALIZER],
          labels: { mine: "1", [LABEL.subnetCidr]: "fd00-6---64" },
        },
      },
    },
  },
];

const beside = (name: string, cidr: string) => ({ subnets: [subnet(name, { subnet: cidr })] });
const overlap = {
  code: 422,
  field: "spec.subnet",
  text: /overlap with Subnet .*taken which 'spec\.subnet' is/,
} as const;
const overlaps: RuleCase<SpiderSubnet>[] = [
  {
    title: "another one beside it",
    given: beside("taken", "10.7.0.0/16"),
    object: subnet("new", { subnet: v4 }),
    expect: "accepted",
  },
  {
    title: "another one of the other family",
    given: beside("taken", "fd00:6::/64"),
    object: subnet("new", { subnet: v4 }),
    expect: "accepted",
  },
  {
    title: "another one with the same CIDR",
    given: beside("taken", v4),
    object: subnet("new", { subnet: v4 }),
    expect: overlap,
  },
  {
    title: "another one around it",
    given: beside("taken", "10.0.0.0/8"),
    object: subnet("new", { subnet: v4 }),
    expect: overlap,
  },
  {
    title: "another one inside it",
    given: beside("taken", "10.6.255.0/24"),
    object: subnet("new", { subnet: v4 }),
    expect: overlap,
  },
  {
    title: "another one inside it, IPv6",
    given: beside("taken", "fd00:6::/80"),
    object: subnet("new", { subnet: "fd00:6::/64" }),
    expect: overlap,
  },
];

const withPool = (cidr: string, ranges: string[], excludeIPs: string[] = []) => ({
  pools: [pool("taken", { subnet: cidr, ips: ranges, excludeIPs })],
});
const owned = {
  code: 422,
  field: "spec.ips",
  text: /SpiderIPPool '.*taken' owns some IP addresses that SpiderSubnet '.*new' can't control/,
} as const;
const foreign = {
  code: 422,
  field: "spec.subnet",
  text: /overlap with SpiderIPPool '.*taken' resource 'spec\.subnet'/,
} as const;
const pools: RuleCase<SpiderSubnet>[] = [
  {
    title: "pools of the same CIDR inside it",
    given: withPool(v4, ["10.6.0.5"]),
    object: subnet("new", { subnet: v4, ips }),
    expect: "accepted",
  },
  {
    title: "a pool with more than it has",
    given: withPool(v4, ["10.6.0.90-10.6.0.101"]),
    object: subnet("new", { subnet: v4, ips }),
    expect: owned,
  },
  {
    title: "a pool with what it excludes",
    given: withPool(v4, ["10.6.0.5"]),
    object: subnet("new", { subnet: v4, ips, excludeIPs: ["10.6.0.5"] }),
    expect: owned,
  },
  {
    title: "a pool with more than it has, all of which the pool excludes",
    given: withPool(v4, ["10.6.0.90-10.6.0.101"], ["10.6.0.101"]),
    object: subnet("new", { subnet: v4, ips }),
    expect: "accepted",
  },
  {
    title: "a pool without addresses",
    given: withPool(v4, []),
    object: subnet("new", { subnet: v4 }),
    expect: "accepted",
  },
  {
    title: "no addresses though a pool has some",
    given: withPool(v4, ["10.6.0.5"]),
    object: subnet("new", { subnet: v4 }),
    expect: owned,
  },
  {
    title: "a pool of a CIDR inside it",
    given: withPool("10.6.1.0/24", []),
    object: subnet("new", { subnet: v4 }),
    expect: foreign,
  },
  {
    title: "a pool of a CIDR around it",
    given: withPool("10.0.0.0/8", ["10.9.0.1"]),
    object: subnet("new", { subnet: v4 }),
    expect: foreign,
  },
  {
    title: "a pool of a CIDR beside it",
    given: withPool("10.7.0.0/16", ["10.7.0.1"]),
    object: subnet("new", { subnet: v4 }),
    expect: "accepted",
  },
  {
    title: "the pool of a deleted application",
    given: { pools: [auto("taken", { subnet: v4, ips: ["10.6.0.200"] })] },
    object: subnet("new", { subnet: v4, ips }),
    expect: owned,
    notReal: "its pool is refused where there is no subnet and no record",
  },
];

const old = subnet(
  "new",
  { subnet: v4, ipVersion: 4, ips },
  {
    controlledIPPools: ledger({ app: ["10.6.0.10-10.6.0.19"] }, "apps_v1_Deployment_default_app"),
    allocatedIPCount: 10,
  },
);
const to = (ranges: string[], excludeIPs?: string[]): SpiderSubnet => ({
  ...old,
  spec: { ...old.spec, ips: ranges, ...(excludeIPs && { excludeIPs }) },
});
const used = (ranges: string) =>
  ({
    code: 422,
    field: "spec.ips",
    text: new RegExp(`remove some IP ranges \\[${ranges}\\] that is being used by IPPool .*app,`),
  }) as const;
const notReal = "the operator repairs such a ledger";
const uses: RuleCase<SpiderSubnet>[] = [
  { title: "free addresses removed", old, object: to(["10.6.0.1-10.6.0.19"]), expect: "accepted" },
  { title: "free addresses excluded", old, object: to(ips, ["10.6.0.20"]), expect: "accepted" },
  { title: "addresses added", old, object: to(["10.6.0.1-10.6.0.200"]), expect: "accepted" },
  { title: "an address of a pool removed", old, object: to(["10.6.0.11-10.6.0.100"]), expect: used("10\\.6\\.0\\.10") },
  { title: "an address of a pool excluded", old, object: to(ips, ["10.6.0.15"]), expect: used("10\\.6\\.0\\.15") },
  { title: "everything removed", old, object: to([]), expect: used("10\\.6\\.0\\.10-10\\.6\\.0\\.19") },
  {
    title: "its addresses written otherwise",
    old,
    object: to(["10.6.0.51-10.6.0.100", "10.6.0.1-10.6.0.50"]),
    expect: "accepted",
  },
  {
    title: "another gateway and other routes",
    old,
    object: {
      ...old,
      spec: { ...old.spec, gateway: "10.6.255.254", routes: [{ dst: "10.9.0.0/16", gw: "10.6.255.253" }] },
    },
    expect: "accepted",
  },
  {
    title: "everything removed while the record is of an empty pool",
    old: { ...old, status: { controlledIPPools: ledger({ app: null }) } },
    object: to([]),
    expect: "accepted",
    notReal,
  },
  {
    title: "everything removed while the ledger cannot be read",
    old: { ...old, status: { controlledIPPools: "{" } },
    object: to([]),
    expect: "accepted",
    notReal,
  },
  {
    title: "an address of a pool removed that is not recorded yet",
    given: { pools: [pool("app", { subnet: v4, ips: ["10.6.0.10"] })] },
    old: subnet("new", { subnet: v4, ips }),
    object: subnet("new", { subnet: v4, ips: ["10.6.0.1"] }),
    expect: used("10\\.6\\.0\\.10"),
  },
];

export const subnetCases: readonly RuleCase<SpiderSubnet>[] = [
  ...addressCases((spec) => subnet("new", spec)),
  ...defaults,
  ...overlaps,
  ...pools,
  ...uses,
];
