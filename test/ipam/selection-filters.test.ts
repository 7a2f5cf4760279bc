/** Which pools may serve a candidate, with what reason they may not, and which of them is tried first. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { podAffinityFor } from "../../src/api/application.ts";
import type { SpiderIPPool, SpiderIPPoolSpec } from "../../src/api/ippool.ts";
import { usablePools } from "../../src/ipam/selection.ts";
import { candidateOf, catalogOf, DEPLOYMENT, poolOf, refusalOf, requestOf, type Wanted } from "./selection-scene.ts";

const AUTO = { labels: { "ipam.spidernet.io/owner-application-name": "web" } };
const DEFAULT_NETWORK = "v1.multus-cni.io/default-network";
const OTHER_NETWORKS = "k8s.v1.cni.cncf.io/networks";

/** Returns why a pool may not serve; `undefined` where it may. */
function against(pool: SpiderIPPool, wanted: Wanted = {}, nic = "eth0"): string | undefined {
  const request = requestOf({ ...wanted, nic });
  const call = () => usablePools(candidateOf([pool], { nic }), request, catalogOf(pool));
  try {
    call();
    return undefined;
  } catch {
    const text = refusalOf(call);
    const begin = `no IPPool available, all IPv4 IPPools [p] of ${nic} filtered out: `;
    assert.ok(text.startsWith(begin), text);
    return text.slice(begin.length);
  }
}

const filters = suite("selection: filters");

const zone = (value: string) => ({ matchLabels: { zone: value } });
const rows: [string, Partial<SpiderIPPoolSpec>, string | undefined][] = [
  ["without rules serves", {}, undefined],
  ["that is disabled does not serve (D00005)", { disable: true }, "disabled IPPool p"],
  [
    "of the other family does not serve",
    { ipVersion: 6 },
    "expect an IPv4 IPPool, but the version of the IPPool p is IPv6",
  ],
  ["for this node serves (D00011)", { nodeName: ["n0", "n1"] }, undefined],
  ["for another node does not serve (D00012)", { nodeName: ["n2"] }, "unmatched Node name of IPPool p"],
  ["for this node's labels serves (L00001)", { nodeAffinity: zone("a") }, undefined],
  [
    "for other nodes' labels does not serve (L00002)",
    { nodeAffinity: zone("b") },
    "unmatched Node affinity of IPPool p",
  ],
  [
    "for this node serves in spite of its nodeAffinity (D00013)",
    { nodeName: ["n1"], nodeAffinity: zone("b") },
    undefined,
  ],
  [
    "for another node does not serve in spite of its nodeAffinity (D00013)",
    { nodeName: ["n2"], nodeAffinity: zone("a") },
    "unmatched Node name of IPPool p",
  ],
  ["for this namespace serves (D00014)", { namespaceName: ["shop"] }, undefined],
  [
    "for another namespace does not serve (D00015)",
    { namespaceName: ["bank"] },
    "unmatched Namespace name of IPPool p",
  ],
  ["for this namespace's labels serves (L00003)", { namespaceAffinity: { matchLabels: { team: "sales" } } }, undefined],
  [
    "for other namespaces' labels does not serve (L00004)",
    { namespaceAffinity: { matchLabels: { team: "it" } } },
    "unmatched Namespace affinity of IPPool p",
  ],
  [
    "for another namespace does not serve in spite of its affinity (D00016)",
    { namespaceName: ["bank"], namespaceAffinity: { matchLabels: { team: "sales" } } },
    "unmatched Namespace name of IPPool p",
  ],
  [
    "with empty lists of names goes by its affinities",
    { nodeName: [], nodeAffinity: zone("b") },
    "unmatched Node affinity of IPPool p",
  ],
  ["for this pod's labels serves (L00005)", { podAffinity: { matchLabels: { app: "web" } } }, undefined],
  [
    "for other pods' labels does not serve (L00006)",
    { podAffinity: { matchLabels: { app: "api" } } },
    "unmatched Pod affinity of IPPool p",
  ],
  [
    "with expressions serves whom they select",
    { podAffinity: { matchExpressions: [{ key: "app", operator: "In", values: ["api", "web"] }] } },
    undefined,
  ],
  ["with an empty selector serves everybody", { podAffinity: {}, nodeAffinity: {}, namespaceAffinity: {} }, undefined],
  [
    "with a malformed selector does not serve",
    { podAffinity: { matchExpressions: [{ key: "app", operator: "Near" }] } },
    'unmatched Pod affinity of IPPool p: "Near" is not a valid label selector operator',
  ],
];
for (const [what, spec, reason] of rows) {
  filters(`find that a pool ${what}`, () => assert.is(against(poolOf("p", spec)), reason));
}

filters("find that a pool without a version goes by its subnet, and without both serves nobody", () => {
  const { ipVersion: _, ...spec } = poolOf("p").spec;

  assert.is(against({ metadata: { name: "p" }, spec }), undefined);
  assert.match(against({ metadata: { name: "p" }, spec: { subnet: "" } }) ?? "", /^nil ippool ipVersion/);
});

filters("take no address out of a pool that the operator has refused", () => {
  const stalled = (reason: string, status: "True" | "False"): SpiderIPPool => {
    const condition = { type: "Stalled", status, reason, message: "why", lastTransitionTime: "2026-01-01T00:00:00Z" };
    return { ...poolOf("p"), status: { conditions: [condition] } };
  };

  assert.is(against(stalled("Overlap", "True")), "refused IPPool p: Overlap: why");
  assert.is(against(stalled("InvalidSpec", "True")), "refused IPPool p: InvalidSpec: why");
  assert.is(against(stalled("Overlap", "False")), undefined);
  assert.is(against(stalled("ForeignOwner", "True")), undefined);
  assert.is(against(stalled("InsufficientAddresses", "True")), undefined);
});

filters("name the first reason in the contract's order", () => {
  const spec: SpiderIPPoolSpec = {
    subnet: "fd00::/64",
    disable: true,
    ipVersion: 6,
    nodeName: ["n2"],
    namespaceName: ["bank"],
    podAffinity: { matchLabels: { app: "api" } },
    multusName: ["other"],
  };
  const steps: (keyof SpiderIPPoolSpec)[] = ["disable", "ipVersion", "nodeName", "namespaceName", "podAffinity"];
  const pool = { metadata: { name: "p", deletionTimestamp: "2026-01-01T00:00:00Z" }, spec };
  const reasons = [against(pool)];
  const rest: Partial<SpiderIPPoolSpec> = { ...spec, subnet: "10.0.0.0/24" };
  for (const step of [undefined, ...steps]) {
    if (step !== undefined) delete rest[step];
    reasons.push(against({ metadata: { name: "p" }, spec: rest as SpiderIPPoolSpec }));
  }

  assert.equal(
    reasons.map((reason) => reason?.split(" ").slice(0, 3).join(" ")),
    [
      "terminating IPPool p",
      "disabled IPPool p",
      "expect an IPv4",
      "unmatched Node name",
      "unmatched Namespace name",
      "unmatched Pod affinity",
      "cluster-network multus isn't",
    ],
  );
});

filters("do not select by labels that have not been seen yet", () => {
  const pool = poolOf("p", { nodeAffinity: {} });
  const request = { ...requestOf(), node: undefined };

  assert.match(
    refusalOf(() => usablePools(candidateOf([pool]), request, catalogOf(pool))),
    /unmatched Node affinity of IPPool p: .* not been seen/,
  );
});

filters.run();

const automatic = suite("selection: automatic pools");

automatic("serve their application alone, by the five keys and not by the pod's labels", () => {
  const ours = poolOf("p", { podAffinity: podAffinityFor(DEPLOYMENT) }, AUTO);
  const theirs = poolOf("p", { podAffinity: podAffinityFor({ ...DEPLOYMENT, kind: "StatefulSet" }) }, AUTO);

  assert.is(against(ours), undefined);
  for (const pool of [theirs, poolOf("p", {}, AUTO)]) {
    assert.is(against(pool), "unmatched Pod affinity of auto-created IPPool p");
  }
});

automatic("serve an application of the core group", () => {
  const top = { ...DEPLOYMENT, apiVersion: "v1", kind: "ReplicationController" };

  assert.is(against(poolOf("p", { podAffinity: podAffinityFor(top) }, AUTO), { top }), undefined);
});

automatic("serve on every network, but not on every node", () => {
  const spec = { podAffinity: podAffinityFor(DEPLOYMENT), multusName: ["kube-system/other"] };

  assert.is(against(poolOf("p", spec, AUTO)), undefined);
  assert.is(against(poolOf("p", { ...spec, nodeName: ["n2"] }, AUTO)), "unmatched Node name of IPPool p");
});

automatic.run();

const networks = suite("selection: multusName");
const net = poolOf("p", { multusName: ["blue", "shop/green"] });

const attached: [string, string, Wanted, string | undefined][] = [
  [
    "matches the default network of the pod (D00009)",
    "eth0",
    { annotations: { [DEFAULT_NETWORK]: "kube-system/blue" } },
    undefined,
  ],
  [
    "matches the default network in the agent's namespace",
    "eth0",
    { annotations: { [DEFAULT_NETWORK]: "blue" } },
    undefined,
  ],
  ["matches the network of the cluster", "eth0", { settings: { clusterNetwork: "kube-system/blue" } }, undefined],
  ["matches the first numbered NIC", "0", { annotations: { [DEFAULT_NETWORK]: "shop/green" } }, undefined],
  [
    "matches a named NIC of the networks annotation (D00009)",
    "green0",
    { annotations: { [OTHER_NETWORKS]: "red,green@green0" } },
    undefined,
  ],
  ["matches a NIC by its place", "net2", { annotations: { [OTHER_NETWORKS]: "red,green" } }, undefined],
  [
    "matches a numbered NIC by its place",
    "2",
    { annotations: { [OTHER_NETWORKS]: '[{"name":"red"},{"name":"green","namespace":"shop"}]' } },
    undefined,
  ],
  [
    "does not match another network (D00010)",
    "eth0",
    { annotations: { [DEFAULT_NETWORK]: "shop/blue" } },
    "the spec.multusName [blue shop/green] in the IPPool p used by the Pod interface eth0 is not matched with the multusCR shop/blue specified by the Pod",
  ],
  [
    "does not match another NIC's network (D00010)",
    "1",
    { annotations: { [OTHER_NETWORKS]: "red,green" } },
    "the spec.multusName [blue shop/green] in the IPPool p used by the Pod interface 1 is not matched with the multusCR shop/red specified by the Pod",
  ],
  [
    "does not match where nobody has named the default network",
    "eth0",
    {},
    "cluster-network multus isn't set, the IPPool p specified multusName [blue shop/green] unmatched",
  ],
  [
    "does not match a NIC that no network has",
    "net3",
    { annotations: { [OTHER_NETWORKS]: "red,green" } },
    "unknown: no matched multus object for NIC 'net3'. The multus network-attachments: [shop/red shop/green]",
  ],
  [
    "does not match where the pod names no networks",
    "net1",
    {},
    "unknown: no matched multus object for NIC 'net1'. The multus network-attachments: []",
  ],
];
for (const [what, nic, wanted, reason] of attached) {
  networks(what, () => assert.is(against(net, wanted, nic), reason));
}

networks("does not match where the annotation cannot be read", () => {
  const reason = against(net, { annotations: { [OTHER_NETWORKS]: "[" } }, "net1");

  assert.match(
    reason ?? "",
    /^wrong input, invalid format of Pod annotation 'k8s\.v1\.cni\.cncf\.io\/networks': it is not JSON/,
  );
});

networks("is all that the networks are read for: other pools serve without multus", () => {
  const pool = poolOf("p", { multusName: [] });

  assert.is(against(pool, { annotations: { [DEFAULT_NETWORK]: "[", [OTHER_NETWORKS]: "[" } }), undefined);
});

networks.run();

const several = suite("selection: several pools");

several("are refused together with every reason once", () => {
  const pools = [poolOf("a", { disable: true }), poolOf("b", { nodeName: ["x"] }), poolOf("c", { nodeName: ["x"] })];

  assert.is(
    refusalOf(() => usablePools(candidateOf([...pools, "gone"]), requestOf(), catalogOf(...pools))),
    'no IPPool available, all IPv4 IPPools [a b c gone] of eth0 filtered out: [disabled IPPool a, unmatched Node name of IPPool b, unmatched Node name of IPPool c, spiderippools.spiderpool.spidernet.io "gone" not found]',
  );
});

several("are counted where there are too many to list", () => {
  const pools = Array.from({ length: 1000 }, (_, i) => poolOf(`pool-${i}`, { disable: true }));
  const text = refusalOf(() => usablePools(candidateOf(pools), requestOf(), catalogOf(...pools)));

  assert.match(text, /\[pool-0 .* and 984 more\] of eth0 .* and 984 more\]$/);
  assert.ok(text.length < 1000, String(text.length));
});

several("serve where only some have something against them", () => {
  const pools = [poolOf("a", { disable: true }), poolOf("b"), poolOf("c", { nodeName: ["x"] }), poolOf("d")];
  const usable = usablePools(candidateOf(pools), requestOf(), catalogOf(...pools));

  assert.equal(
    usable.map((pool) => pool.metadata.name),
    ["b", "d"],
  );
});

const RULES: Partial<SpiderIPPoolSpec>[] = [
  { podAffinity: {} },
  { nodeName: ["n1"] },
  { nodeAffinity: {} },
  { namespaceName: ["shop"] },
  { namespaceAffinity: {} },
  { multusName: ["kube-system/blue"] },
];
const onBlue = requestOf({ settings: { clusterNetwork: "blue" } });

several(
  "are tried by their rules: pod, node by name, node, namespace by name, namespace, network, none (L00009)",
  () => {
    const pools = [{}, ...RULES.toReversed()].map((spec, i) => poolOf(`p${i}`, spec));
    const usable = usablePools(candidateOf(pools), onBlue, catalogOf(...pools));

    assert.equal(
      usable.map((pool) => pool.metadata.name),
      ["p6", "p5", "p4", "p3", "p2", "p1", "p0"],
    );
  },
);

several("are tried with one weightier rule before those with all lighter ones", () => {
  const pools = [poolOf("all", Object.assign({}, ...RULES.slice(1))), poolOf("one", RULES[0])];

  assert.is(usablePools(candidateOf(pools), onBlue, catalogOf(...pools))[0]?.metadata.name, "one");
});

several("keep the order of the list among equals, whatever it is", () => {
  const rules = fc.subarray(RULES).map((chosen) => Object.assign({}, ...chosen) as Partial<SpiderIPPoolSpec>);
  void fc.assert(
    fc.property(fc.array(rules, { minLength: 1, maxLength: 12 }), (specs) => {
      const pools = specs.map((spec, i) => poolOf(`p${i}`, spec));
      const usable = usablePools(candidateOf(pools), onBlue, catalogOf(...pools));

      const keys = (pool: SpiderIPPool): string =>
        RULES.map((rule) => ((Object.keys(rule)[0] as keyof SpiderIPPoolSpec) in pool.spec ? 1 : 0)).join("");
      const expected = [...pools].sort((a, b) => keys(b).localeCompare(keys(a)) || pools.indexOf(a) - pools.indexOf(b));
      assert.equal(usable, expected);
    }),
  );
});

several.run();
