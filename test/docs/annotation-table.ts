/**
 * The tables of docs/annotations.md: a row for every annotation and label that the code knows.
 * @module
 */

import { ANNOTATION, LABEL } from "../../src/api/names.ts";

interface Row {
  readonly on: string;
  readonly value: string;
  readonly effect: string;
}

/** A name that the code gains has to be told here before this compiles. */
const annotations: Readonly<Record<keyof typeof ANNOTATION, Row>> = {
  subnet: {
    on: "pod template",
    value: '`{"ipv4": ["S4"], "ipv6": ["S6"], "interface": "eth0"}`',
    effect:
      "A pool of the application's own for one NIC, cut from the SpiderSubnets that are named. `interface` is `eth0` where it is left out, one family is enough, and only the first name of a list counts.",
  },
  subnets: {
    on: "pod template",
    value: '`[{"interface": "eth0", "ipv4": ["S4"]}, {"interface": "net1", "ipv4": ["T4"]}]`',
    effect:
      "The same for several NICs; each item names its `interface`, and no subnet stands in two of them. Hides `subnet`.",
  },
  ipNumber: {
    on: "pod template; written to pools",
    value: '`"5"` or `"+1"`',
    effect:
      "How many addresses the pool has: so many, or so many beyond the replicas. Absent: `--default-ip-number`. Applications of kinds that Kubernetes does not ship need a plain number.",
  },
  reclaim: {
    on: "pod template",
    value: '`"true"` or `"false"`',
    effect:
      "Whether the pool goes with its application (`true`, also where it is absent) or is kept for a successor of the same name and kind.",
  },
  pools: {
    on: "pod template",
    value: '`[{"interface": "eth0", "ipv4": ["P4"], "cleangateway": false}]`',
    effect:
      "Manual pools for each NIC, tried in this order; wildcards work. Either all items name their `interface` or none does, and then they count in the order of the NICs.",
  },
  pool: {
    on: "pod template",
    value: '`{"ipv4": ["P4", "web-*"], "ipv6": ["P6"]}`',
    effect: "Manual pools for whichever NIC is being made.",
  },
  routes: {
    on: "pod template",
    value: '`[{"dst": "10.0.0.0/16", "gw": "192.168.1.1"}]`',
    effect: "Routes beside those of the pool.",
  },
  defaultRouteNic: {
    on: "pod template",
    value: "a NIC",
    effect: "Is read by Spiderpool's coordinator plugin; autopool does not look at it.",
  },
  defaultIPv4Pool: {
    on: "namespace",
    value: '`["P4"]`',
    effect: "Manual pools for pods of this namespace that name none themselves; wildcards work.",
  },
  defaultIPv6Pool: { on: "namespace", value: '`["P6"]`', effect: "The same for IPv6." },
  fence: {
    on: "automatic pool; written by autopool",
    value: "a number",
    effect:
      "Counts how often an operator made sure that no other one grows the pool by what it saw before ([lifecycle](lifecycle.md), Two operators). Nothing reads it.",
  },
};

const labels: Readonly<Record<keyof typeof LABEL, readonly [on: string, value: string]>> = {
  subnetCidr: ["SpiderSubnet", "its CIDR with dashes, `10-6-0-0-16`"],
  poolCidr: ["SpiderIPPool", "its CIDR with dashes"],
  ownerSubnet: ["SpiderIPPool in a SpiderSubnet", "the subnet's name"],
  applicationGv: ["automatic pool", "`apiVersion` of the application with `_` for `/`: `apps_v1`"],
  applicationKind: ["automatic pool", "its kind"],
  applicationNamespace: ["automatic pool", "its namespace"],
  applicationName: [
    "automatic pool",
    "its name, shortened with a hash where it is above 63 characters; that it is there makes the pool automatic",
  ],
  applicationUid: ["automatic pool", "UID of the application that has it now"],
  interface: ["automatic pool", "the NIC"],
  ipVersion: ["automatic pool", "`IPv4` or `IPv6`"],
  reclaim: ["automatic pool", "`true` or `false`, as the annotation says"],
};

/** The generated parts of the document, by name. */
export function annotationTables(): Record<string, string> {
  const rows = Object.entries(annotations).map(
    ([key, { on, value, effect }]) =>
      `| \`${ANNOTATION[key as keyof typeof ANNOTATION]}\` | ${on} | ${value} | ${effect} |`,
  );
  const marks = Object.entries(labels).map(
    ([key, [on, value]]) => `| \`${LABEL[key as keyof typeof LABEL]}\` | ${on} | ${value} |`,
  );
  return {
    annotations: ["| annotation | on | value | what it does |", "|---|---|---|---|", ...rows].join("\n"),
    labels: ["| label | on | value |", "|---|---|---|", ...marks].join("\n"),
  };
}
