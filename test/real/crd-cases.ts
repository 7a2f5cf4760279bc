/**
 * Pool specs that the definitions in crds/ accept and refuse.
 * @module
 */

import type { SpiderIPPoolSpec } from "../../src/api/ippool.ts";

const v4 = "10.6.0.0/16";
/** Specs that the reference accepts as well. */
export const accepted: [what: string, spec: SpiderIPPoolSpec][] = [
  ["nothing but a subnet", { subnet: v4 }],
  ["a single address and ranges in any order", { subnet: v4, ips: ["10.6.1.9", "10.6.1.1-10.6.1.5", "10.6.0.1"] }],
  ["the whole of 0.0.0.0/0", { subnet: "0.0.0.0/0", ips: ["0.0.0.0-255.255.255.255"] }],
  [
    "IPv6 in other spellings than the canonical",
    { subnet: "fd00::/64", ips: ["FD00:0:0::1-fd00::00ff", "fd00::1.2.3.4"] },
  ],
  ["excluded addresses that ips do not have", { subnet: v4, ips: ["10.6.0.9"], excludeIPs: ["10.6.0.1-10.6.0.9"] }],
  ["routes with host bits", { subnet: v4, gateway: "10.6.0.1", routes: [{ dst: "10.7.1.1/16", gw: "10.6.0.2" }] }],
  ["empty lists", { subnet: v4, ips: [], excludeIPs: [], routes: [], nodeName: [], namespaceName: [], multusName: [] }],
  ["every affinity", { subnet: v4, namespaceAffinity: {}, nodeAffinity: { matchLabels: { a: "" } }, podAffinity: {} }],
  [
    "4096 ranges of the longest texts, which the rules look at",
    {
      subnet: "fd00:1111:2222:3333::/64",
      ips: Array.from({ length: 4096 }, (_, i) => {
        const at = `fd00:1111:2222:3333:aaaa:bbbb:cccc:${(0x1000 + i).toString(16)}`;
        return `${at}-${at}`;
      }),
    },
  ],
  [
    "4096 ranges of IPv4, as many excluded ones, and a gateway",
    {
      subnet: "100.0.0.0/8",
      gateway: "100.255.255.254",
      ips: Array.from({ length: 4096 }, (_, i) => `100.1${i >> 7}.1${i & 63}.100-100.1${i >> 7}.1${i & 63}.199`),
      excludeIPs: Array.from({ length: 4096 }, (_, i) => `100.1${i >> 7}.1${i & 63}.100-100.1${i >> 7}.1${i & 63}.199`),
    },
  ],
  [
    "4096 addresses, and a gateway",
    {
      subnet: "10.0.0.0/8",
      gateway: "10.0.0.1",
      ips: Array.from({ length: 4096 }, (_, i) => `10.1.${i >> 8}.${i & 255}`),
    },
  ],
  ["a range to another second octet", { subnet: "10.0.0.0/8", ips: ["10.1.200.200-10.2.0.0"] }],
  ["a range over the first octet", { subnet: "0.0.0.0/0", ips: ["9.255.255.255-10.0.0.0"] }],
  [
    "20000 addresses, which the rules do not look at",
    {
      subnet: "10.0.0.0/8",
      ips: Array.from({ length: 20_000 }, (_, i) => `10.${i >> 15}.${(i >> 7) & 255}.${(i & 127) * 2}`),
    },
  ],
];
/** Specs that the reference refuses as well, and what the message must say. */
export const refused: [what: string, spec: SpiderIPPoolSpec, message: RegExp][] = [
  ["a subnet that is no CIDR", { subnet: "10.6.0.0" }, /spec\.subnet: .*must be a CIDR in canonical form/],
  ["a subnet with host bits", { subnet: "10.6.1.0/16" }, /spec\.subnet: .*must be a CIDR in canonical form/],
  ["a subnet in capitals", { subnet: "FD00::/64" }, /spec\.subnet: .*must be a CIDR in canonical form/],
  ["the other ipVersion", { subnet: v4, ipVersion: 6 }, /spec\.ipVersion: .*must be the IP version of 'spec\.subnet'/],
  ["an ipVersion 5", { subnet: v4, ipVersion: 5 as never }, /spec\.ipVersion: Unsupported value: 5/],
  [
    "an address outside the subnet",
    { subnet: v4, ips: ["10.7.0.1"] },
    /spec\.ips: .*inside the subnet 10\.6\.0\.0\/16/,
  ],
  ["a range that leaves it", { subnet: v4, ips: ["10.6.0.1-10.7.0.1"] }, /spec\.ips: .*inside the subnet/],
  ["an address of the other family", { subnet: v4, ips: ["fd00::1"] }, /spec\.ips: /],
  ["a CIDR in ips", { subnet: v4, ips: ["10.6.0.0/24"] }, /spec\.ips: .*an IP address a or a range a-b/],
  ["leading zeros", { subnet: v4, ips: ["10.6.0.01"] }, /spec\.ips: /],
  ["spaces in a range", { subnet: v4, ips: ["10.6.0.1 - 10.6.0.2"] }, /spec\.ips: /],
  ["a range with three ends", { subnet: v4, ips: ["10.6.0.1-10.6.0.2-10.6.0.3"] }, /spec\.ips: /],
  ["an excluded address outside", { subnet: v4, excludeIPs: ["10.7.0.1"] }, /spec\.excludeIPs: .*inside the subnet/],
  ["a gateway outside", { subnet: v4, gateway: "10.7.0.1" }, /spec\.gateway: .*inside the subnet/],
  ["an empty gateway", { subnet: v4, gateway: "" }, /spec\.gateway: /],
  ["a route to no CIDR", { subnet: v4, routes: [{ dst: "10.7.0.1", gw: "10.6.0.1" }] }, /spec\.routes: .*every dst/],
  ["a route of the other family", { subnet: v4, routes: [{ dst: "fd00::/64", gw: "10.6.0.1" }] }, /spec\.routes: /],
  ["a route through nowhere", { subnet: v4, routes: [{ dst: "10.7.0.0/16", gw: "10.7.0.1" }] }, /spec\.routes: /],
];
