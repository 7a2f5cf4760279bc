/**
 * Objects of our kinds as nobody writes them by mistake, up to the lengths that the schema lets through; and bodies that are no objects.
 *
 * The types are those of the schema except in `bodies`. Names are the caller's.
 * @module
 */

import * as fc from "fast-check";
import { AFFINITY, API_VERSION, LABEL } from "../../src/api/names.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";

/** `maxItems` of the lists of addresses, and of the routes. */
const LIST_MAX = { ips: 100_000, routes: 2000 };

const octet = fc.nat(255);
const group = fc.nat(0xffff).map((value) => value.toString(16));
const v4 = fc.tuple(octet, octet).map(([a, b]) => `10.99.${a}.${b}`);
const v6 = fc.tuple(group, group).map(([a, b]) => `fd99::${a}:${b}`);
const oddities = fc.constantFrom(
  ...["", " ", "-", "::", "::1", "0.0.0.0", "255.255.255.255", "10.99.0.01", "010.99.0.1", "10.99.1", "0x0a630001"],
  ...[
    "::ffff:10.99.0.1",
    "::ffff:0a63:1",
    "FD99:0:0::1",
    "fd99::1%eth0",
    "fd99:::1",
    "1:2:3:4:5:6:7:8:9",
    "10.99.0.1/32",
  ],
  ...["10.99.0.256", "10.99.0.-1", "10.99.0.1\n", "１０.99.0.1", "10.99.0.1 - 10.99.0.2", "__proto__", "constructor"],
);
const address = fc.oneof(
  { weight: 6, arbitrary: v4 },
  { weight: 3, arbitrary: v6 },
  { weight: 2, arbitrary: oddities },
  fc.string({ maxLength: 45, unit: "binary" }),
);
const wide = fc.constantFrom(
  "0.0.0.0-255.255.255.255",
  "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  "fd99::-fd99:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  "10.99.255.255-10.99.0.0",
  "fd99::ffff-fd99::",
);
const element = fc.oneof(
  { weight: 4, arbitrary: address },
  { weight: 2, arbitrary: fc.tuple(address, address).map((ends) => ends.join("-")) },
  wide,
);
const cidr = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom("10.99.0.0/16", "fd99::/64", "fd99::/16", "10.0.0.0/8", "0.0.0.0/0", "10.99.7.0/24"),
  },
  fc.constantFrom("::/0", "10.99.1.0/16", "10.99.0.0/016", "10.99.0.0/33", "FD99::/64", "::ffff:10.99.0.0/112", "/8"),
  fc.tuple(address, fc.nat(130)).map(([base, length]) => `${base}/${length}`.slice(0, 49)),
);

/** Longest lists, each of one sort of elements; computed, since chance would take minutes. */
const sorts: readonly ((index: number) => string)[] = [
  (i) => `10.99.${(i >> 8) & 255}.${i & 255}`,
  (i) => `fd99::${(i >> 8).toString(16)}:${((i * 2) & 0xffff).toString(16)}`,
  (i) => `fd99::${((i * 7919) % 100_000).toString(16)}-fd99::${((i * 7919) % 100_000).toString(16)}`,
  (i) => `10.99.${255 - ((i >> 8) & 255)}.${255 - (i & 255)}-10.99.255.255`,
  (i) => `10.99.0.9-10.99.0.${i & 7}`,
  () => "10.99.0.01",
  (i) => `::ffff:10.99.0.${i & 255}`,
  (i) => "x".repeat(i & 31),
];
/** What the rules have nothing against, so that it goes all the way. */
const wholes: readonly { readonly subnet: string; readonly ips: string[] }[] = [
  { subnet: "10.0.0.0/8", ips: longest((i) => `10.${i >> 15}.${(i >> 7) & 255}.${(i & 127) * 2}`) },
  { subnet: "fd98::/16", ips: longest((i) => scattered((i * 7919) % LIST_MAX.ips)) },
  { subnet: "fd97::/16", ips: longest((i) => `fd97:${i.toString(16)}::-fd97:${i.toString(16)}::9`).slice(0, 0xffff) },
];

function longest(sort: (index: number) => string): string[] {
  return Array.from({ length: LIST_MAX.ips }, (_, index) => sort(index));
}

function scattered(at: number): string {
  return `fd98::${(at >> 8).toString(16)}:${((at & 255) << 8).toString(16)}`;
}

const longList = fc
  .tuple(fc.constantFrom(...sorts), fc.constantFrom(LIST_MAX.ips, 5000, 300))
  .map(([sort, length]) => Array.from({ length }, (_, index) => sort(index)));
const list = fc.oneof({ weight: 60, arbitrary: fc.array(element, { maxLength: 12 }) }, longList);

const route = fc.record({ dst: cidr, gw: address });
const longRoutes = fc.constantFrom(1, 255).map((step) =>
  Array.from({ length: LIST_MAX.routes }, (_, i) => ({
    dst: `10.${(i >> 8) & 255}.${(i * step) & 255}.0/24`,
    gw: "10.99.0.1",
  })),
);
const routes = fc.oneof({ weight: 100, arbitrary: fc.array(route, { maxLength: 8 }) }, longRoutes);

const keys = fc.constantFrom(...Object.values(AFFINITY), "app", "a b", "", "__proto__", "x/y/z");
const texts = fc.oneof(fc.constantFrom("", "web", "Deployment", "a/b"), fc.string({ maxLength: 80 }));
const selector = fc.record(
  {
    matchLabels: fc.dictionary(keys, texts, { maxKeys: 6 }),
    matchExpressions: fc.array(
      fc.record(
        { key: keys, operator: fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist", "?"), values: fc.array(texts) },
        { requiredKeys: ["key", "operator"] },
      ),
      { maxLength: 4 },
    ),
  },
  { requiredKeys: [] },
);

const address45 = address.map((text) => text.slice(0, 45));
const odd = fc.record(
  {
    subnet: cidr,
    ipVersion: fc.constantFrom(4, 6, 5, 0, -1, 2 ** 53),
    ips: list,
    excludeIPs: list,
    gateway: address45,
    routes,
    podAffinity: selector,
    namespaceAffinity: selector,
    default: fc.boolean(),
    nodeName: fc.array(texts, { maxLength: 3 }),
  },
  { requiredKeys: ["subnet"] },
);
/** What somebody may mean who makes one mistake, or none. */
const likely = fc.constantFrom(4, 6).chain((family) => {
  const own = family === 4 ? v4 : v6;
  const ranges = fc.oneof(
    own,
    fc.tuple(own, own).map((ends) => ends.sort().join("-")),
    fc.constant("fd99::9:9-fd99::1:1"),
  );
  const lists = fc.array(ranges, { maxLength: 12 });
  return fc.record(
    {
      subnet: fc.constantFrom(...(family === 4 ? ["10.99.0.0/16", "10.99.7.0/24"] : ["fd99::/64", "fd99::/48"])),
      ips: lists,
      excludeIPs: lists,
      gateway: own,
      routes: fc.array(fc.record({ dst: cidr, gw: own }), { maxLength: 1 }),
      podAffinity: selector,
    },
    { requiredKeys: ["subnet", "ips"] },
  );
});
const spec: typeof odd = fc.oneof(
  { weight: 100, arbitrary: odd },
  { weight: 100, arbitrary: likely },
  fc.constantFrom(...wholes),
);
const labels = fc.dictionary(fc.constantFrom(...Object.values(LABEL)), fc.constantFrom("", "a", "10-99-0-0-16"), {
  maxKeys: 3,
});

/** Objects of all three kinds; without a name. */
export const hostileObjects: fc.Arbitrary<KubeObject & { readonly spec: object }> = fc
  .tuple(fc.constantFrom("SpiderSubnet", "SpiderIPPool", "SpiderReservedIP"), labels, spec)
  .map(([kind, made, { subnet, gateway, routes: ways, ...rest }]) => {
    const members = { subnet, ...(gateway !== undefined && { gateway }), ...(ways !== undefined && { routes: ways }) };
    const ours = kind === "SpiderReservedIP" ? rest : { ...members, ...rest };
    return { apiVersion: API_VERSION, kind, metadata: { name: "", labels: made }, spec: ours };
  });

const junk = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  fc.constantFrom<unknown>(null, [], {}, "", "x".repeat(70_000), 0, -1, 1e308, true, [[[[[[[[[]]]]]]]]]),
);

/** Values to stand where a review has its object: of wrong types, in wrong places. */
export const nonsense: fc.Arbitrary<unknown> = fc.oneof(
  junk,
  fc.record({ metadata: junk, spec: junk, status: junk }, { requiredKeys: [] }),
  fc.record({
    metadata: fc.record({ name: junk, labels: junk, finalizers: junk, ownerReferences: junk }, { requiredKeys: [] }),
    spec: fc.record(
      { subnet: junk, ipVersion: junk, ips: junk, excludeIPs: junk, gateway: junk, routes: junk, podAffinity: junk },
      { requiredKeys: [] },
    ),
    status: fc.record({ controlledIPPools: junk, allocatedIPs: junk, allocatedIPCount: junk }, { requiredKeys: [] }),
  }),
);

/** So deep that recursion would not come back. */
const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;

/** A review whose object has something that deep where nobody looks, or where rules do. */
export const deepReviews: readonly string[] = ["spec", "status", "metadata", "podAffinity"].map((part) => {
  const members = { metadata: '{"name":"deep"}', spec: '{"subnet":"10.99.0.0/16"}', status: "{}", [part]: deep };
  if (part === "podAffinity") members.spec = `{"subnet":"10.99.0.0/16","podAffinity":{"matchLabels":${deep}}}`;
  const object = `{"metadata":${members.metadata},"spec":${members.spec},"status":${members.status}}`;
  const kind = '{"group":"spiderpool.spidernet.io","version":"v2beta1","kind":"SpiderIPPool"}';
  const request = `{"uid":"u-1","kind":${kind},"name":"deep","operation":"UPDATE","dryRun":true,"object":${object},"oldObject":${object}}`;
  return `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":${request}}`;
});

/** Bodies that are no review, or hardly one. */
export const bodies: readonly (readonly [what: string, body: string | Buffer])[] = [
  ["nothing", ""],
  ["no JSON", "{"],
  ["no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ["a number", "7"],
  ["null", "null"],
  ["an empty object", "{}"],
  ["lists inside of lists", "[".repeat(200_000)],
  ["lists inside of lists, whole", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
  ["objects inside of objects", deep],
  ["a review of nothing", '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}'],
  ["a review that asks for null", '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":null}'],
  ["a review of an older version", '{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{}}'],
  ["six MiB of digits", "1".repeat(6 * 2 ** 20)],
];
