/**
 * Cases of SpiderReservedIPs (ipam §1.2).
 * @module
 */

import type { SpiderReservedIP } from "../../../src/api/reserved-ip.ts";
import { having, type RuleCase, reserved, terminating } from "./case.ts";

const make = (spec: SpiderReservedIP["spec"]): SpiderReservedIP => reserved("new", spec);
const element = (index = 0) => ({ code: 422, field: `spec.ips[${index}]` }) as const;
const byCel = { field: "spec.ips" };
const version = { code: 422, field: "spec.ipVersion" } as const;
const old = make({ ipVersion: 4, ips: ["10.6.0.1"] });
const disabled = { ...version, text: /is disabled/ } as const;
const foreign = having(terminating(old), { finalizers: ["example.com/mine"] });

export const reservedCases: readonly RuleCase<SpiderReservedIP>[] = [
  { title: "one address", object: make({ ips: ["10.6.0.1"] }), expect: { defaulted: { spec: { ipVersion: 4 } } } },
  {
    title: "one IPv6 address",
    object: make({ ips: ["FD00::1"] }),
    expect: { defaulted: { spec: { ipVersion: 6, ips: ["FD00::1"] } } },
  },
  {
    title: "addresses in disorder, twice, and of two subnets",
    object: make({ ips: ["10.9.0.1", "10.6.0.2", "10.6.0.1-10.6.0.2", "10.6.0.3"] }),
    expect: { defaulted: { spec: { ips: ["10.6.0.1-10.6.0.3", "10.9.0.1"] } } },
  },
  {
    title: "the whole of IPv6",
    object: make({ ips: ["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] }),
    expect: "accepted",
  },
  { title: "an ipVersion and no address", object: make({ ipVersion: 6 }), expect: "accepted" },
  { title: "an ipVersion and an empty list", object: make({ ipVersion: 4, ips: [] }), expect: "accepted" },
  { title: "nothing", object: make({}), expect: { ...version, text: /'spec\.ips' is empty/ }, byCel: true },
  { title: "an empty list", object: make({ ips: [] }), expect: version, byCel: true },
  { title: "ipVersion 5", object: make({ ipVersion: 5 as 4, ips: ["10.6.0.1"] }), expect: version, byCel: true },
  { title: "the other ipVersion", object: make({ ipVersion: 6, ips: ["10.6.0.1"] }), expect: element(), byCel },
  { title: "both families", object: make({ ips: ["10.6.0.1", "fd00::1"] }), expect: element(1), byCel },
  { title: "a CIDR", object: make({ ipVersion: 4, ips: ["10.6.0.0/24"] }), expect: element(), byCel },
  {
    title: "a CIDR and no ipVersion",
    object: make({ ips: ["10.6.0.0/24"] }),
    expect: { code: 422, field: ["spec.ipVersion", "spec.ips[0]"] },
    byCel,
  },
  { title: "a reversed range", object: make({ ipVersion: 4, ips: ["10.6.0.9-10.6.0.1"] }), expect: element() },
  {
    title: "a reversed range among others",
    object: make({ ips: ["10.6.0.1", "10.6.0.9-10.6.0.1"] }),
    expect: element(1),
  },
  { title: "a leading zero", object: make({ ipVersion: 4, ips: ["10.6.0.01"] }), expect: element(), byCel },
  {
    title: "an IPv4-mapped address",
    object: make({ ipVersion: 6, ips: ["::ffff:10.6.0.1"] }),
    expect: element(),
    byCel,
  },
  { title: "an empty element", object: make({ ipVersion: 4, ips: [""] }), expect: element(), byCel },
  {
    title: "IPv4 where it is disabled",
    settings: { families: [6] },
    object: make({ ips: ["10.6.0.1"] }),
    expect: disabled,
  },
  {
    title: "IPv6 where it is disabled",
    settings: { families: [4] },
    object: make({ ips: ["fd00::1"] }),
    expect: disabled,
  },
  {
    title: "another ipVersion",
    old,
    object: make({ ipVersion: 6, ips: ["fd00::1"] }),
    expect: { ...version, text: /is not changeable/ },
    byCel: true,
  },
  { title: "other addresses", old, object: make({ ipVersion: 4, ips: ["10.9.0.1-10.9.0.9"] }), expect: "accepted" },
  { title: "no addresses any more", old, object: make({ ipVersion: 4, ips: [] }), expect: "accepted" },
  {
    title: "a reversed range added",
    old,
    object: make({ ipVersion: 4, ips: ["10.6.0.1", "10.6.0.9-10.6.0.2"] }),
    expect: element(1),
  },
  {
    title: "a change while it is being deleted",
    old: foreign,
    object: { ...foreign, spec: { ipVersion: 4, ips: ["10.6.0.2"] } },
    expect: { code: 403, text: /cannot update a terminating ReservedIP/ },
  },
  {
    title: "its last finalizer while it is being deleted",
    old: foreign,
    object: having(foreign, { finalizers: [] }),
    expect: "accepted",
  },
  { title: "deletion", old, delete: true, expect: "accepted" },
];
