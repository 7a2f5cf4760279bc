/**
 * Cases of the fields that subnets and pools have in common; each is run for both kinds.
 * @module
 */

import type { SpiderIPPool } from "../../../src/api/ippool.ts";
import { FINALIZER } from "../../../src/api/names.ts";
import type { SpiderSubnet, SpiderSubnetSpec } from "../../../src/api/subnet.ts";
import { having, type RuleCase, terminating } from "./case.ts";

type Either = SpiderIPPool | SpiderSubnet;
type SpecCase = readonly [
  title: string,
  spec: SpiderSubnetSpec,
  expect: RuleCase<Either>["expect"],
  byCel?: RuleCase<Either>["byCel"],
];

const v4 = "10.6.0.0/16";
const v6 = "fd00:6::/64";

const family: SpecCase[] = [
  ["no ipVersion, IPv4", { subnet: v4 }, { defaulted: { spec: { ipVersion: 4 } } }],
  ["no ipVersion, IPv6", { subnet: v6 }, { defaulted: { spec: { ipVersion: 6 } } }],
  ["the right ipVersion", { subnet: v6, ipVersion: 6 }, "accepted"],
  ["ipVersion 5", { subnet: v4, ipVersion: 5 as 4 }, { code: 422, field: "spec.ipVersion" }, true],
  [
    "the other ipVersion",
    { subnet: v4, ipVersion: 6 },
    { code: 422, field: "spec.ipVersion", text: /must be the IP version of 'spec\.subnet'/ },
    true,
  ],
];

const badSubnet = (text: RegExp): SpecCase[2] => ({ code: 422, field: "spec.subnet", text });
const cidr: SpecCase[] = [
  ["no prefix length", { subnet: "10.6.0.0" }, badSubnet(/CIDR/), true],
  ["an empty subnet", { subnet: "" }, badSubnet(/CIDR/), true],
  ["host bits", { subnet: "10.6.1.0/16" }, badSubnet(/canonical form/), true],
  ["capitals in the subnet", { subnet: "FD00::/64" }, badSubnet(/canonical form/), true],
  ["zeros in the subnet", { subnet: "fd00:0::/64" }, badSubnet(/canonical form/), true],
  ["a prefix too long", { subnet: "10.6.0.0/33" }, badSubnet(/CIDR/), true],
  ["a leading zero in the subnet", { subnet: "10.06.0.0/16" }, badSubnet(/CIDR/), true],
  ["a leading zero in the prefix", { subnet: "10.6.0.0/016" }, badSubnet(/CIDR/), true],
  ["an IPv4-mapped subnet", { subnet: "::ffff:10.6.0.0/112" }, badSubnet(/CIDR/), true],
  ["a zone in the subnet", { subnet: "fe80::%eth0/64" }, badSubnet(/CIDR/), true],
  ["a space in the subnet", { subnet: "10.6.0.0 /16" }, badSubnet(/CIDR/), true],
  ["the whole of IPv6", { subnet: "::/0" }, badSubnet(/"::"/), true],
  ["the whole of IPv4", { subnet: "0.0.0.0/0", ips: ["0.0.0.0-255.255.255.255"] }, "accepted"],
  ["a single address as subnet", { subnet: "10.6.0.1/32", ips: ["10.6.0.1"] }, "accepted"],
];

const element = (name: "ips" | "excludeIPs", text?: RegExp, index = 0): SpecCase[2] => ({
  code: 422,
  field: `spec.${name}[${index}]`,
  ...(text && { text }),
});
const list = { field: "spec.ips" };
const excludeList = { field: "spec.excludeIPs" };
const ips: SpecCase[] = [
  ["no addresses", { subnet: v4, ips: [], excludeIPs: [] }, "accepted"],
  [
    "addresses in disorder",
    { subnet: v4, ips: ["10.6.1.9", "10.6.1.1-10.6.1.5", "10.6.1.6", "10.6.0.1"] },
    { defaulted: { spec: { ips: ["10.6.0.1", "10.6.1.1-10.6.1.6", "10.6.1.9"] } } },
  ],
  [
    "elements that overlap",
    { subnet: v4, ips: ["10.6.0.1-10.6.0.9", "10.6.0.5-10.6.0.12", "10.6.0.7"] },
    { defaulted: { spec: { ips: ["10.6.0.1-10.6.0.12"] } } },
  ],
  [
    "excluded addresses in disorder",
    { subnet: v4, excludeIPs: ["10.6.0.3", "10.6.0.2"] },
    { defaulted: { spec: { excludeIPs: ["10.6.0.2-10.6.0.3"] } } },
  ],
  [
    "one element in another spelling",
    { subnet: v6, ips: ["FD00:6::1"] },
    { defaulted: { spec: { ips: ["FD00:6::1"] } } },
  ],
  [
    "several in other spellings",
    { subnet: v6, ips: ["FD00:6::2", "fd00:6:0::1"] },
    { defaulted: { spec: { ips: ["fd00:6::1-fd00:6::2"] } } },
  ],
  ["more excluded than there is", { subnet: v4, ips: ["10.6.0.9"], excludeIPs: ["10.6.0.1-10.6.0.99"] }, "accepted"],
  [
    "a range of 2^120 addresses",
    { subnet: "fd00::/8", ips: ["fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] },
    "accepted",
  ],
  [
    "a reversed range",
    { subnet: v4, ips: ["10.6.0.9-10.6.0.1"] },
    element("ips", /write \\?"10\.6\.0\.1-10\.6\.0\.9/),
    list,
  ],
  [
    "a reversed IPv6 range",
    { subnet: v6, ips: ["fd00:6::9-fd00:6::1"] },
    element("ips", /write \\?"fd00:6::1-fd00:6::9/),
  ],
  [
    "a reversed range among others",
    { subnet: v4, ips: ["10.6.0.1", "10.6.0.9-10.6.0.2"] },
    element("ips", /above/, 1),
    list,
  ],
  ["a CIDR as element", { subnet: v4, ips: ["10.6.8.0/24"] }, element("ips"), list],
  ["a leading zero", { subnet: v4, ips: ["10.6.0.01"] }, element("ips"), list],
  ["an IPv4-mapped address", { subnet: v4, ips: ["::ffff:10.6.0.1"] }, element("ips"), list],
  ["an address of the other family", { subnet: v4, ips: ["fd00:6::1"] }, element("ips"), list],
  ["spaces in a range", { subnet: v4, ips: ["10.6.0.1 - 10.6.0.2"] }, element("ips"), list],
  ["a range with three ends", { subnet: v4, ips: ["10.6.0.1-10.6.0.2-10.6.0.3"] }, element("ips"), list],
  ["a range without end", { subnet: v4, ips: ["10.6.0.1-"] }, element("ips"), list],
  ["an empty element", { subnet: v4, ips: [""] }, element("ips"), list],
  ["a name as element", { subnet: v4, ips: ["ten"] }, element("ips"), list],
  ["an address outside", { subnet: v4, ips: ["10.7.0.1"] }, element("ips", /10\.6\.0\.0\/16/), list],
  ["a range that leaves the subnet", { subnet: v4, ips: ["10.6.0.1-10.7.0.1"] }, element("ips"), list],
  ["an excluded address outside", { subnet: v4, excludeIPs: ["10.7.0.1"] }, element("excludeIPs"), excludeList],
  ["an excluded CIDR", { subnet: v4, excludeIPs: ["10.6.8.0/24"] }, element("excludeIPs"), excludeList],
  ["a reversed excluded range", { subnet: v4, excludeIPs: ["10.6.0.9-10.6.0.1"] }, element("excludeIPs"), excludeList],
];

const badGateway: SpecCase[2] = { code: 422, field: "spec.gateway" };
const conflict: SpecCase[2] = { code: 422, field: "spec.ips[0]", text: /conflicts with 'spec\.gateway'/ };
const gateway: SpecCase[] = [
  ["a gateway", { subnet: v4, gateway: "10.6.0.1", ips: ["10.6.0.2"] }, "accepted"],
  ["a gateway outside", { subnet: v4, gateway: "10.7.0.1" }, badGateway, true],
  ["no address as gateway", { subnet: v4, gateway: "router" }, badGateway, true],
  ["an empty gateway", { subnet: v4, gateway: "" }, badGateway, true],
  ["a gateway of the other family", { subnet: v4, gateway: "fd00:6::1" }, badGateway, true],
  ["the gateway among the addresses", { subnet: v4, gateway: "10.6.0.1", ips: ["10.6.0.1"] }, conflict, list],
  ["the gateway inside a range", { subnet: v4, gateway: "10.6.0.5", ips: ["10.6.0.1-10.6.0.9"] }, conflict],
  ["the gateway in another spelling", { subnet: v6, gateway: "fd00:6::1", ips: ["FD00:6:0::1"] }, conflict, list],
  [
    "the gateway among the addresses, but excluded",
    { subnet: v4, gateway: "10.6.0.1", ips: ["10.6.0.1-10.6.0.9"], excludeIPs: ["10.6.0.1"] },
    "accepted",
  ],
];

const badRoute = (field: "dst" | "gw", index = 0, text?: RegExp): SpecCase[2] => ({
  code: 422,
  field: `spec.routes[${index}].${field}`,
  ...(text && { text }),
});
const routesByCel = { field: "spec.routes" };
const gw = "10.6.0.2";
const defaultRoute = badRoute("dst", 0, /please specify 'spec\.gateway' to configure the default route/);
const routes: SpecCase[] = [
  [
    "routes",
    {
      subnet: v4,
      routes: [
        { dst: "10.7.0.0/16", gw },
        { dst: "10.8.0.0/16", gw },
      ],
    },
    "accepted",
  ],
  ["a route with host bits", { subnet: v4, routes: [{ dst: "10.7.1.1/16", gw }] }, "accepted"],
  ["the default route", { subnet: v4, routes: [{ dst: "0.0.0.0/0", gw }] }, defaultRoute, routesByCel],
  ["the default route of IPv6", { subnet: v6, routes: [{ dst: "::/0", gw: "fd00:6::2" }] }, defaultRoute, routesByCel],
  ["the default route with host bits", { subnet: v4, routes: [{ dst: "10.0.0.0/0", gw }] }, defaultRoute, routesByCel],
  [
    "two routes to one place",
    {
      subnet: v4,
      routes: [
        { dst: "10.7.0.0/16", gw },
        { dst: "10.7.0.0/16", gw: "10.6.0.3" },
      ],
    },
    badRoute("dst", 1, /duplicate route with the same dst/),
    { field: "spec.routes[1]" },
  ],
  [
    "two routes to one place with host bits",
    {
      subnet: v4,
      routes: [
        { dst: "10.7.0.0/16", gw },
        { dst: "10.7.1.1/16", gw: "10.6.0.3" },
      ],
    },
    badRoute("dst", 1, /duplicate route/),
  ],
  ["a route to an address", { subnet: v4, routes: [{ dst: "10.7.0.1", gw }] }, badRoute("dst"), routesByCel],
  ["a route of the other family", { subnet: v4, routes: [{ dst: "fd00::/64", gw }] }, badRoute("dst"), routesByCel],
  [
    "a route through outside",
    { subnet: v4, routes: [{ dst: "10.7.0.0/16", gw: "10.7.0.1" }] },
    badRoute("gw"),
    routesByCel,
  ],
  [
    "a route through a name",
    { subnet: v4, routes: [{ dst: "10.7.0.0/16", gw: "router" }] },
    badRoute("gw"),
    routesByCel,
  ],
  ["a route through nothing", { subnet: v4, routes: [{ dst: "10.7.0.0/16", gw: "" }] }, badRoute("gw"), routesByCel],
];

const several: SpecCase[] = [
  [
    "something wrong with every field",
    { subnet: v4, ips: ["10.6.0.9-10.6.0.1", "10.7.0.1"], gateway: "x", routes: [{ dst: "0.0.0.0/0", gw: "y" }] },
    {
      code: 422,
      field: ["spec.ips[0]", "spec.ips[1]", "spec.gateway", "spec.routes[0].dst", "spec.routes[0].gw"],
    },
    { field: "spec.gateway" },
  ],
];

/** Returns the cases for one kind, which `make` makes objects of. */
export function addressCases<T extends Either>(make: (spec: SpiderSubnetSpec) => T): RuleCase<T>[] {
  const specs = [...family, ...cidr, ...ips, ...gateway, ...routes, ...several].map(
    ([title, spec, expect, byCel]): RuleCase<T> => ({ title, object: make(spec), expect, ...(byCel && { byCel }) }),
  );
  return [...specs, ...settingCases(make), ...updateCases(make), ...repairCases(make), ...endCases(make)];
}

function settingCases<T extends Either>(make: (spec: SpiderSubnetSpec) => T): RuleCase<T>[] {
  const expect = { code: 422, field: "spec.ipVersion", text: /is disabled/ } as const;
  return [
    { title: "IPv4 where it is disabled", settings: { families: [6] }, object: make({ subnet: v4 }), expect },
    { title: "IPv6 where it is disabled", settings: { families: [4] }, object: make({ subnet: v6 }), expect },
  ];
}

function updateCases<T extends Either>(make: (spec: SpiderSubnetSpec) => T): RuleCase<T>[] {
  const old = make({ subnet: v4, ipVersion: 4, ips: ["10.6.0.1-10.6.0.9"] });
  const to = (spec: SpiderSubnetSpec): T => ({ ...old, spec: { ...old.spec, ...spec } });
  return [
    {
      title: "another subnet",
      old,
      object: to({ subnet: "10.7.0.0/16", ips: [] }),
      expect: { code: 422, field: "spec.subnet", text: /is not changeable/ },
      byCel: true,
    },
    {
      title: "another ipVersion",
      old,
      object: to({ subnet: v4, ipVersion: 6 }),
      expect: { code: 422, field: "spec.ipVersion", text: /is not changeable/ },
      byCel: true,
    },
    {
      title: "an ipVersion where there was none",
      old: make({ subnet: v4 }),
      object: make({ subnet: v4, ipVersion: 4 }),
      expect: "accepted",
    },
    { title: "a gateway added", old, object: to({ subnet: v4, gateway: "10.6.0.254" }), expect: "accepted" },
    { title: "a gateway that it has to give", old, object: to({ subnet: v4, gateway: "10.6.0.9" }), expect: conflict },
    { title: "more addresses", old, object: to({ subnet: v4, ips: ["10.6.0.1-10.6.0.20"] }), expect: "accepted" },
    {
      title: "fewer addresses, unused",
      old,
      object: to({ subnet: v4, ips: ["10.6.0.1-10.6.0.5"] }),
      expect: "accepted",
    },
    {
      title: "an address outside added",
      old,
      object: to({ subnet: v4, ips: ["10.7.0.1"] }),
      expect: element("ips"),
      byCel: list,
    },
    {
      title: "a reversed range added",
      old,
      object: to({ subnet: v4, ips: ["10.6.0.9-10.6.0.2"] }),
      expect: element("ips"),
      byCel: list,
    },
  ];
}

/** Of objects that were stored before a rule existed, or while no webhook ran. */
function repairCases<T extends Either>(make: (spec: SpiderSubnetSpec) => T): RuleCase<T>[] {
  const broken = make({ subnet: v4, ips: ["10.6.0.9-10.6.0.1"] });
  const notReal = "such an object is not stored while the webhook runs";
  return [
    {
      title: "a label on an object that breaks a rule",
      old: broken,
      object: having(broken, { labels: { seen: "yes" } }),
      expect: "accepted",
      notReal,
    },
    {
      title: "an object that broke a rule, repaired",
      old: broken,
      object: make({ subnet: v4, ips: ["10.6.0.1-10.6.0.9"] }),
      expect: "accepted",
      notReal,
    },
    {
      title: "an object that breaks a rule, changed elsewhere",
      old: broken,
      object: { ...broken, spec: { ...broken.spec, gateway: "10.6.0.254" } },
      expect: element("ips"),
      notReal,
    },
  ];
}

function endCases<T extends Either>(make: (spec: SpiderSubnetSpec) => T): RuleCase<T>[] {
  const plain = make({ subnet: v4, ips: ["10.6.0.1-10.6.0.9"] });
  const old = terminating(plain);
  const changed: T = { ...old, spec: { ...old.spec, ips: ["10.6.0.1"] } };
  const used: T = { ...plain, status: { allocatedIPCount: 3, totalIPCount: 9 } };
  const settings = { validateDelete: true };
  return [
    {
      title: "a change while it is being deleted",
      old,
      object: changed,
      expect: { code: 403, text: /cannot update a terminating/ },
    },
    {
      title: "a label while it is being deleted",
      old,
      object: having(old, { labels: { a: "b" } }),
      expect: { code: 403, text: /terminating/ },
    },
    { title: "the end of its deletion", old, object: having(old, { finalizers: [] }), expect: "accepted" },
    {
      title: "the end of its deletion with a change",
      old,
      object: having(changed, { finalizers: [] }),
      expect: "accepted",
    },
    {
      title: "a foreign finalizer going first",
      old: having(old, { finalizers: [FINALIZER, "foregroundDeletion"] }),
      object: old,
      expect: "accepted",
      notReal: "the API server itself ends that finalizer",
    },
    { title: "deletion while in use", old: used, delete: true, expect: "accepted" },
    {
      title: "deletion while in use, where that is protected",
      settings,
      old: used,
      delete: true,
      expect: { code: 403, text: /with allocated IPs\(3\)/ },
    },
    {
      title: "deletion of what nobody uses, where that is protected",
      settings,
      old: plain,
      delete: true,
      expect: "accepted",
    },
  ];
}
