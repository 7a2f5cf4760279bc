/**
 * Cases of SpiderIPPools made by people (spec §7.1 to §7.3).
 * @module
 */

import type { LabelSelector, SpiderIPPool } from "../../../src/api/ippool.ts";
import { API_VERSION, FINALIZER, LABEL } from "../../../src/api/names.ts";
import type { SpiderSubnet } from "../../../src/api/subnet.ts";
import { addressCases } from "./address-cases.ts";
import { autoPoolCases } from "./auto-pool-cases.ts";
import { having, ledger, pool, type RuleCase, subnet, terminating } from "./case.ts";

type Case = RuleCase<SpiderIPPool>;

const v4 = "10.6.0.0/16";
const ips = ["10.6.0.1-10.6.0.9"];
const route = { dst: "10.9.0.0/16", gw: "10.6.0.254" };
const parent = subnet("parent", { subnet: v4, ips: ["10.6.0.1-10.6.0.100"], gateway: "10.6.0.254", routes: [route] });
const given = { subnets: [parent] };
const label = { [LABEL.poolCidr]: "10-6-0-0-16" };

const adoption: Case[] = [
  {
    title: "no finalizer and no label",
    object: pool("new", { subnet: v4 }),
    expect: { defaulted: { metadata: { finalizers: [FINALIZER], labels: label } } },
  },
  {
    title: "no gateway and no routes, in a subnet with both",
    given,
    object: pool("new", { subnet: v4, ips }),
    expect: { defaulted: { spec: { gateway: "10.6.0.254", routes: [route] } } },
  },
  {
    title: "a gateway and an empty list of routes, in a subnet with both",
    given,
    object: pool("new", { subnet: v4, ips, gateway: "10.6.0.253", routes: [] }),
    expect: { defaulted: { spec: { gateway: "10.6.0.253", routes: [] } } },
  },
  {
    title: "no gateway, where subnets are switched off",
    settings: { enableSubnet: false },
    given,
    object: pool("new", { subnet: v4, ips: ["10.6.0.254"] }),
    expect: { defaulted: { spec: { subnet: v4, ips: ["10.6.0.254"], ipVersion: 4 } } },
  },
  {
    title: "the gateway that it inherits",
    given,
    object: pool("new", { subnet: v4, ips: ["10.6.0.9", "10.6.0.250-10.6.0.254"] }),
    expect: { code: 422, field: ["spec.ips[1]", "spec.ips"], text: /conflicts with 'spec\.gateway' 10\.6\.0\.254/ },
  },
  {
    title: "a controller of its own, in a subnet with a gateway",
    given,
    object: having(pool("new", { subnet: v4, ips }), {
      ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "other", uid: "7", controller: true }],
    }),
    expect: { defaulted: { spec: { subnet: v4, ips, ipVersion: 4 } } },
    notReal: "the garbage collector deletes what an owner that is not there has",
  },
  {
    title: "the subnet as its controller already, without the label",
    given,
    object: having(pool("new", { subnet: v4, ips }), {
      ownerReferences: [{ apiVersion: API_VERSION, kind: "SpiderSubnet", name: "parent", uid: "7", controller: true }],
    }),
    expect: { defaulted: { metadata: { labels: { ...label, [LABEL.ownerSubnet]: "parent" } } } },
    notReal: "the garbage collector deletes what an owner with another UID has",
  },
  {
    title: "no gateway, while its subnet is being deleted",
    given: { subnets: [terminating(parent)] },
    object: pool("new", { subnet: v4, ips }),
    expect: { defaulted: { spec: { subnet: v4, ips, ipVersion: 4 } } },
    notReal: "the operator ends the deletion of a subnet that nobody uses",
  },
];

const beside = (cidr: string, ranges: string[] = [], excludeIPs: string[] = []) => ({
  pools: [pool("taken", { subnet: cidr, ips: ranges, excludeIPs })],
});
const otherCidr = {
  code: 422,
  field: "spec.subnet",
  text: /overlap with IPPool .*taken which 'spec\.subnet' is/,
} as const;
const otherSubnet = {
  code: 422,
  field: "spec.subnet",
  text: /overlap with Subnet .*parent which 'spec\.subnet' is/,
} as const;
const taken = (ranges: string) =>
  ({
    code: 422,
    field: "spec.ips",
    text: new RegExp(`overlap with IPPool .*taken in IP ranges \\[${ranges}\\]`),
  }) as const;
const old = pool("new", { subnet: v4, ips });
const to = (ranges: string[], excludeIPs?: string[]): SpiderIPPool => ({
  ...old,
  spec: { ...old.spec, ips: ranges, ...(excludeIPs && { excludeIPs }) },
});
const notReal = "such objects are not stored while the webhook runs";
const overlaps: Case[] = [
  {
    title: "another pool of the CIDR with other addresses",
    given: beside(v4, ["10.6.0.10"]),
    object: old,
    expect: "accepted",
  },
  {
    title: "another pool of the CIDR with some of its addresses",
    given: beside(v4, ["10.6.0.8-10.6.0.12"]),
    object: old,
    expect: taken("10\\.6\\.0\\.8-10\\.6\\.0\\.9"),
  },
  {
    title: "another pool with its addresses, all of which that one excludes",
    given: beside(v4, ips, ips),
    object: old,
    expect: "accepted",
  },
  {
    title: "another pool with its addresses, all of which it excludes",
    given: beside(v4, ["10.6.0.9"]),
    object: to(ips, ["10.6.0.9"]),
    expect: "accepted",
  },
  { title: "another pool of a CIDR around it", given: beside("10.0.0.0/8"), object: old, expect: otherCidr },
  { title: "another pool of a CIDR inside it", given: beside("10.6.9.0/24"), object: old, expect: otherCidr },
  { title: "another pool of a CIDR beside it", given: beside("10.7.0.0/16"), object: old, expect: "accepted" },
  { title: "another pool of the other family", given: beside("fd00:6::/64"), object: old, expect: "accepted" },
  {
    title: "a subnet of a CIDR around it",
    given: { subnets: [subnet("parent", { subnet: "10.0.0.0/8" })] },
    object: old,
    expect: otherSubnet,
  },
  {
    title: "a subnet of a CIDR inside it",
    given: { subnets: [subnet("parent", { subnet: "10.6.9.0/24" })] },
    object: old,
    expect: otherSubnet,
  },
  {
    title: "a subnet of a CIDR around it, where subnets are switched off",
    settings: { enableSubnet: false },
    given: { subnets: [subnet("parent", { subnet: "10.0.0.0/8" })] },
    object: old,
    expect: "accepted",
  },
  {
    title: "an address of another pool added",
    given: beside(v4, ["10.6.0.10"]),
    old,
    object: to(["10.6.0.1-10.6.0.10"]),
    expect: taken("10\\.6\\.0\\.10"),
  },
  {
    title: "an address of another pool no longer excluded",
    given: beside(v4, ["10.6.0.9"]),
    old: to(ips, ["10.6.0.9"]),
    object: to(ips, []),
    expect: taken("10\\.6\\.0\\.9"),
  },
  {
    title: "an overlap that was there before, and a gateway",
    given: beside(v4, ips),
    old,
    object: { ...old, spec: { ...old.spec, gateway: "10.6.0.254" } },
    expect: "accepted",
    notReal,
  },
  {
    title: "an overlap that was there before, made smaller",
    given: beside(v4, ips),
    old,
    object: to(["10.6.0.1"]),
    expect: "accepted",
    notReal,
  },
];

const recorded = (records: Record<string, string[]>): SpiderSubnet => ({
  ...parent,
  status: { controlledIPPools: ledger(records, "apps_v1_Deployment_default_app") },
});
const outside = {
  code: 422,
  field: "spec.ips",
  text: /add some IP ranges \[.*10\.6\.0\.101\] that are not contained in controller Subnet .*parent/,
} as const;
const membership: Case[] = [
  { title: "addresses of its subnet", given, object: old, expect: "accepted" },
  { title: "no addresses in a subnet", given, object: to([]), expect: "accepted" },
  { title: "an address that its subnet does not have", given, object: to(["10.6.0.99-10.6.0.101"]), expect: outside },
  {
    title: "an address that its subnet excludes",
    given: { subnets: [subnet("parent", { subnet: v4, ips: ["10.6.0.1-10.6.0.200"], excludeIPs: ["10.6.0.101"] })] },
    object: to(["10.6.0.101"]),
    expect: outside,
  },
  {
    title: "an address that its subnet does not have, where subnets are switched off",
    settings: { enableSubnet: false },
    given,
    object: to(["10.6.0.101"]),
    expect: "accepted",
  },
  {
    title: "an address that its subnet does not have added",
    given,
    old,
    object: to(["10.6.0.1-10.6.0.9", "10.6.0.101"]),
    expect: outside,
  },
  { title: "an address of its subnet added", given, old, object: to(["10.6.0.1-10.6.0.10"]), expect: "accepted" },
  {
    title: "an address recorded for a pool on its way",
    given: { subnets: [recorded({ coming: ["10.6.0.5"] })] },
    object: old,
    expect: {
      code: 422,
      field: "spec.ips",
      text: /overlap with IPPool .*coming in IP ranges \[10\.6\.0\.5\].*has recorded/,
    },
    notReal: "the operator drops a record of no application",
  },
  { title: "its own record", given: { subnets: [recorded({ new: ips })] }, object: old, expect: "accepted" },
  {
    title: "more than its subnet has from before, made smaller",
    given,
    old: to(["10.6.0.99-10.6.0.109"]),
    object: to(["10.6.0.99-10.6.0.105"]),
    expect: "accepted",
    notReal,
  },
];

const using: SpiderIPPool = {
  ...old,
  status: { allocatedIPs: '{"10.6.0.5":{"pod":"default/web-0","podUid":"u"}}', allocatedIPCount: 1 },
};
const inUse = {
  code: 422,
  field: "spec.ips",
  text: /remove an IP address 10\.6\.0\.5 that is being used by Pod default\/web-0/,
} as const;
const uses: Case[] = [
  { title: "an address in use removed", old: using, object: to(["10.6.0.1-10.6.0.4"]), expect: inUse },
  { title: "an address in use excluded", old: using, object: to(ips, ["10.6.0.5"]), expect: inUse },
  { title: "addresses not in use removed", old: using, object: to(["10.6.0.5"]), expect: "accepted" },
  { title: "addresses not in use excluded", old: using, object: to(ips, ["10.6.0.1-10.6.0.4"]), expect: "accepted" },
  {
    title: "an address removed while nobody can tell which are in use",
    old: { ...old, status: { allocatedIPs: "" } },
    object: to(["10.6.0.1"]),
    expect: { code: 422, field: "spec.ips", text: /may be in use/ },
  },
  {
    title: "an address added while nobody can tell which are in use",
    old: { ...old, status: { allocatedIPs: "" } },
    object: to(["10.6.0.1-10.6.0.10"]),
    expect: "accepted",
  },
];

const withAffinity = (podAffinity: LabelSelector): SpiderIPPool => pool("new", { subnet: v4, podAffinity });
const affinity = (field = "") => ({ code: 422, field: `spec.podAffinity${field}` }) as const;
const affinities: Case[] = [
  {
    title: "labels as affinity",
    object: withAffinity({ matchLabels: { app: "web", "example.com/tier": "" } }),
    expect: "accepted",
  },
  {
    title: "expressions as affinity",
    object: withAffinity({
      matchExpressions: [
        { key: "app", operator: "In", values: ["a", "b"] },
        { key: "old", operator: "DoesNotExist" },
      ],
    }),
    expect: "accepted",
  },
  {
    title: "an empty affinity",
    object: withAffinity({}),
    expect: { ...affinity(), text: /empty podAffinity is invalid/ },
  },
  {
    title: "an affinity of empty lists",
    object: withAffinity({ matchLabels: {}, matchExpressions: [] }),
    expect: affinity(),
  },
  {
    title: "a label's key that is none",
    object: withAffinity({ matchLabels: { "a b": "c" } }),
    expect: affinity(".matchLabels"),
  },
  {
    title: "a label's key with a prefix that is none",
    object: withAffinity({ matchLabels: { "A_b/c": "d" } }),
    expect: affinity(".matchLabels"),
  },
  {
    title: "a label's value that is none",
    object: withAffinity({ matchLabels: { app: "a/b" } }),
    expect: affinity(".matchLabels[app]"),
  },
  {
    title: "a label's value too long",
    object: withAffinity({ matchLabels: { app: "a".repeat(64) } }),
    expect: affinity(".matchLabels[app]"),
  },
  {
    title: "an operator that is none",
    object: withAffinity({ matchExpressions: [{ key: "app", operator: "Is", values: ["a"] }] }),
    expect: affinity(".matchExpressions[0].operator"),
    byCel: { field: "spec.podAffinity" },
  },
  {
    title: "In without values",
    object: withAffinity({ matchExpressions: [{ key: "app", operator: "In" }] }),
    expect: affinity(".matchExpressions[0].values"),
    byCel: { field: "spec.podAffinity" },
  },
  {
    title: "Exists with values",
    object: withAffinity({ matchExpressions: [{ key: "app", operator: "Exists", values: ["a"] }] }),
    expect: affinity(".matchExpressions[0].values"),
    byCel: { field: "spec.podAffinity" },
  },
  {
    title: "an expression's key that is none",
    object: withAffinity({ matchExpressions: [{ key: "", operator: "Exists" }] }),
    expect: affinity(".matchExpressions[0].key"),
  },
  {
    title: "other affinities, empty",
    object: pool("new", { subnet: v4, namespaceAffinity: {}, nodeAffinity: {} }),
    expect: "accepted",
  },
];

export const poolCases: readonly Case[] = [
  ...addressCases((spec) => pool("new", spec)),
  ...adoption,
  ...overlaps,
  ...membership,
  ...uses,
  ...affinities,
  ...autoPoolCases,
];
