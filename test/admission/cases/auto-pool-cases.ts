/**
 * Cases of automatic pools that people lay hands on (spec §7.2.4, §7.2.5).
 * @module
 */

import type { SpiderIPPool } from "../../../src/api/ippool.ts";
import { AFFINITY, LABEL } from "../../../src/api/names.ts";
import type { SpiderSubnet } from "../../../src/api/subnet.ts";
import { appLabels, auto, having, ledger, pool, type RuleCase, subnet } from "./case.ts";

const v4 = "10.6.0.0/16";
const ips = ["10.6.0.10-10.6.0.12"];

const parent = (records: Record<string, string[]>): SpiderSubnet =>
  subnet(
    "parent",
    { subnet: v4, ips: ["10.6.0.1-10.6.0.100"] },
    { controlledIPPools: ledger(records, "apps_v1_Deployment_default_app") },
  );
const given = { subnets: [parent({ new: ips })] };
const old = auto("new", { subnet: v4, ipVersion: 4, ips });
const to = (spec: Partial<SpiderIPPool["spec"]>): SpiderIPPool => ({ ...old, spec: { ...old.spec, ...spec } });
const affinity = (podAffinity: SpiderIPPool["spec"]["podAffinity"]): SpiderIPPool =>
  to({ ...(podAffinity && { podAffinity }) });
const refused = (field: string, text: RegExp) => ({ code: 422, field, text }) as const;
const notOurs = /it's illegal to update the IP addresses of an auto-created SpiderIPPool/;
const notReal = "the operator puts back what it owns before the case is over";

const fewer = Object.fromEntries(Object.entries(appLabels).slice(1));
const released = pool("new", { subnet: v4, ipVersion: 4, ips });

export const autoPoolCases: readonly RuleCase<SpiderIPPool>[] = [
  { title: "an automatic pool with what is recorded for it", given, object: old, expect: "accepted" },
  {
    title: "an automatic pool with less than is recorded",
    given,
    object: to({ ips: ["10.6.0.11"] }),
    expect: "accepted",
  },
  {
    title: "an automatic pool with more than is recorded",
    given,
    object: to({ ips: ["10.6.0.10-10.6.0.13"] }),
    expect: refused("spec.ips", /SpiderSubnet\.Status\.ControlledIPPools: \[10\.6\.0\.13\] are not in the record/),
  },
  {
    title: "an automatic pool that is not recorded",
    given: { subnets: [parent({})] },
    object: old,
    expect: refused("spec.ips", /not in the record/),
  },
  {
    title: "an automatic pool without addresses that is not recorded",
    given: { subnets: [parent({})] },
    object: to({ ips: [] }),
    expect: "accepted",
  },
  { title: "an automatic pool without a subnet", object: old, expect: "accepted" },
  {
    title: "addresses added to an automatic pool",
    given,
    old,
    object: to({ ips: ["10.6.0.10-10.6.0.13"] }),
    expect: refused("spec.ips", notOurs),
  },
  {
    title: "addresses taken from an automatic pool",
    given,
    old,
    object: to({ ips: ["10.6.0.10"] }),
    expect: refused("spec.ips", notOurs),
  },
  {
    title: "addresses of an automatic pool excluded",
    given,
    old,
    object: to({ excludeIPs: ["10.6.0.10"] }),
    expect: refused("spec.excludeIPs", notOurs),
  },
  {
    title: "addresses of an automatic pool in another spelling",
    given,
    old,
    object: to({ ips: ["10.6.0.12", "10.6.0.10-10.6.0.11"] }),
    expect: "accepted",
  },
  { title: "a gateway for an automatic pool", given, old, object: to({ gateway: "10.6.0.254" }), expect: "accepted" },
  {
    title: "routes for an automatic pool",
    given,
    old,
    object: to({ routes: [{ dst: "10.9.0.0/16", gw: "10.6.0.254" }] }),
    expect: "accepted",
  },
  {
    title: "an automatic pool disabled",
    given,
    old,
    object: to({ disable: true, default: true, nodeName: ["a"] }),
    expect: "accepted",
  },
  {
    title: "another label in an automatic pool's affinity",
    given,
    old,
    object: affinity({ matchLabels: { ...appLabels, app: "web" } }),
    expect: refused("spec.podAffinity", /additional podAffinity matchLabels for auto-created/),
  },
  {
    title: "an expression in an automatic pool's affinity",
    given,
    old,
    object: affinity({ matchLabels: appLabels, matchExpressions: [{ key: "a", operator: "Exists" }] }),
    expect: refused("spec.podAffinity", /additional podAffinity matchExpressions/),
  },
  {
    title: "another application in an automatic pool's affinity",
    given,
    old,
    object: affinity({ matchLabels: { ...appLabels, [AFFINITY.name]: "other" } }),
    expect: "accepted",
    notReal,
  },
  {
    title: "fewer labels in an automatic pool's affinity",
    given,
    old,
    object: affinity({ matchLabels: fewer }),
    expect: "accepted",
    notReal,
  },
  { title: "an empty affinity on an automatic pool", given, old, object: affinity({}), expect: "accepted", notReal },
  { title: "an automatic pool taken over", given, old, object: released, expect: "accepted" },
  {
    title: "an automatic pool taken over, with fewer addresses",
    given,
    old,
    object: { ...released, spec: { ...released.spec, ips: ["10.6.0.10"] } },
    expect: "accepted",
  },
  {
    title: "an automatic pool taken over but for an empty affinity",
    given,
    old,
    object: { ...released, spec: { ...released.spec, podAffinity: {} } },
    expect: refused("spec.podAffinity", /empty podAffinity/),
  },
  {
    title: "a manual pool made an automatic one",
    given,
    old: released,
    object: having(released, { labels: { [LABEL.applicationName]: "app" } }),
    expect: "accepted",
    notReal,
  },
  {
    title: "a manual pool made an automatic one without a record",
    given: { subnets: [parent({})] },
    old: released,
    object: having(released, { labels: { [LABEL.applicationName]: "app" } }),
    expect: refused("spec.ips", /not in the record/),
    notReal,
  },
];
