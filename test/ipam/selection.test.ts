/** Which of the seven sources decides, and which candidates come out of it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Source } from "../../src/ipam/pool-sources.ts";
import { selectPools } from "../../src/ipam/selection.ts";
import { catalogOf, poolOf, refusalOf, requestOf, type Wanted } from "./selection-scene.ts";

const SUBNETS = "ipam.spidernet.io/subnets";
const SUBNET = "ipam.spidernet.io/subnet";
const POOLS = "ipam.spidernet.io/ippools";
const POOL = "ipam.spidernet.io/ippool";
const DEFAULT_V4 = "ipam.spidernet.io/default-ipv4-ippool";
const DEFAULT_V6 = "ipam.spidernet.io/default-ipv6-ippool";

const sources = suite("selection: the sources");

/** All seven at once; each names a pool of its own. */
const ANNOTATIONS: [Source, string, string][] = [
  ["subnets", SUBNETS, '[{"interface":"eth0","ipv4":["s1"]}]'],
  ["subnet", SUBNET, '{"ipv4":["s2"]}'],
  ["ippools", POOLS, '[{"interface":"eth0","ipv4":["ippools"]}]'],
  ["ippool", POOL, '{"ipv4":["ippool"]}'],
];
const everything = catalogOf("ippools", "ippool", "namespace", "netconf", poolOf("default", { default: true }));

/** Leaves out the first `n` sources. */
function without(n: number): Wanted {
  const annotations = Object.fromEntries(ANNOTATIONS.slice(n).map(([, key, value]) => [key, value]));
  return {
    annotations,
    namespaceAnnotations: n < 5 ? { [DEFAULT_V4]: '["namespace"]' } : {},
    netconf: n < 6 ? { ipv4: ["netconf"] } : {},
  };
}

const PRECEDENCE: Source[] = ["subnets", "subnet", "ippools", "ippool", "namespace", "netconf", "default"];
for (const [index, source] of PRECEDENCE.entries()) {
  sources(`are read at "${source}" where the ${index} before it are absent (A00004, A00005, A00006)`, () => {
    const selection = selectPools(requestOf(without(index)), everything);

    assert.is(selection.source, source);
    const names = [
      ...selection.candidates.flatMap(({ pools }) => pools),
      ...selection.wishes.map((wish) => wish.subnet),
    ];
    assert.equal(names, [index < 2 ? `s${index + 1}` : source]);
  });
}

sources("end in an error where none is there", () => {
  const text = refusalOf(() => selectPools(requestOf(), catalogOf("p")));

  assert.is(text, "no IPPool available, no pool selection rules of any type are specified");
});

sources("leave the subnet annotations aside where subnets are off", () => {
  const wanted = { ...without(0), settings: { enableSubnet: false } };

  assert.is(selectPools(requestOf(wanted), everything).source, "ippools");
});

const dual = catalogOf("a-v4", "b-v6", "c-v4", "d-v6", poolOf("e-v6", { default: true }));
const oneFamily: [string, Wanted][] = [
  ["ippool", { annotations: { [POOL]: '{"ipv4":["a-v4"]}' }, netconf: { ipv6: ["d-v6"] } }],
  ["a namespace's default", { namespaceAnnotations: { [DEFAULT_V4]: '["a-v4"]' }, netconf: { ipv6: ["d-v6"] } }],
  ["the CNI configuration", { netconf: { ipv4: ["a-v4"] } }],
];
for (const [what, wanted] of oneFamily) {
  sources(`do not add a family that ${what} leaves out (E00009)`, () => {
    assert.equal(selectPools(requestOf(wanted), dual).candidates, [
      { nic: "eth0", family: 4, pools: ["a-v4"], cleanGateway: false },
    ]);
  });
}

sources("do not fall through where the winning one has a mistake in it", () => {
  const wanted = { annotations: { [POOLS]: "[", [POOL]: '{"ipv4":["a-v4"]}' }, netconf: { ipv4: ["a-v4"] } };

  assert.match(
    refusalOf(() => selectPools(requestOf(wanted), dual)),
    POOLS,
  );
});

sources("take an empty list on the namespace for none, and one family's list for both", () => {
  const empty = { namespaceAnnotations: { [DEFAULT_V4]: "[]", [DEFAULT_V6]: "null" }, netconf: { ipv4: ["a-v4"] } };
  const half = { namespaceAnnotations: { [DEFAULT_V4]: "[]", [DEFAULT_V6]: '["b-v6"]' }, netconf: { ipv4: ["a-v4"] } };

  assert.is(selectPools(requestOf(empty), dual).source, "netconf");
  assert.equal(
    selectPools(requestOf(half), dual).candidates.map(({ family }) => family),
    [6],
  );
});

sources("wait for the namespace before they decide that it has no default", () => {
  const request = { ...requestOf({ netconf: { ipv4: ["a-v4"] } }), namespace: undefined };

  assert.match(
    refusalOf(() => selectPools(request, dual)),
    "failed to get Namespace shop",
  );
});

sources("take the default pools of both families, by name", () => {
  const defaults = ["z", "b", "m-v6", "a"].map((name) => poolOf(name, { default: true }));

  assert.equal(selectPools(requestOf(), catalogOf(...defaults, "other")).candidates, [
    { nic: "eth0", family: 4, pools: ["a", "b", "z"], cleanGateway: false },
    { nic: "eth0", family: 6, pools: ["m-v6"], cleanGateway: false },
  ]);
});

sources.run();

const nics = suite("selection: NICs and families");

nics(
  "come in the order of the list, IPv4 first, pools as written, each item with its own cleangateway (A00010)",
  () => {
    const value =
      '[{"interface":"net1","ipv6":["b-v6"],"ipv4":["c-v4","a-v4"],"cleanGateway":true},{"Interface":"eth0","IPv6":["d-v6"]}]';
    const request = requestOf({ annotations: { [POOLS]: value }, netconf: { cleanGateway: true } });

    assert.equal(selectPools(request, dual), {
      source: "ippools",
      naming: "named",
      candidates: [
        { nic: "net1", family: 4, pools: ["c-v4", "a-v4"], cleanGateway: true },
        { nic: "net1", family: 6, pools: ["b-v6"], cleanGateway: true },
        { nic: "eth0", family: 6, pools: ["d-v6"], cleanGateway: false },
      ],
      wishes: [],
    });
  },
);

nics("are numbered where no item names one (A00010, A00018)", () => {
  const request = requestOf({ annotations: { [POOLS]: '[{"ipv4":["a-v4"]},{"ipv4":["c-v4"],"ipv6":["d-v6"]}]' } });
  const { naming, candidates } = selectPools(request, dual);

  assert.is(naming, "unnamed");
  assert.equal(
    candidates.map(({ nic, family }) => `${nic}/${family}`),
    ["0/4", "1/4", "1/6"],
  );
});

nics("take ippool, whatever NIC is added, with cleangateway from the CNI configuration", () => {
  const annotations = { [POOL]: '{"ipv4":["a-v4"],"cleangateway":false}' };
  const request = requestOf({ nic: "net7", annotations, netconf: { cleanGateway: true } });

  assert.equal(selectPools(request, dual).candidates, [
    { nic: "net7", family: 4, pools: ["a-v4"], cleanGateway: true },
  ]);
});

nics("may draw from one pool, each for itself", () => {
  const value = '[{"interface":"eth0","ipv4":["a-v4"]},{"interface":"net1","ipv4":["a-v4"]}]';

  assert.is(selectPools(requestOf({ annotations: { [POOLS]: value } }), dual).candidates.length, 2);
});

nics("lose a disabled family before its pools are looked for", () => {
  const annotations = { [POOL]: '{"ipv4":["a-v4"],"ipv6":["no-such","no-such","["]}' };
  const request = requestOf({ annotations, settings: { families: [4] } });

  assert.equal(selectPools(request, dual).candidates, [
    { nic: "eth0", family: 4, pools: ["a-v4"], cleanGateway: false },
  ]);
});

nics("have their subnets as wishes, only those of the NIC that is added", () => {
  const value = '[{"interface":"eth0","ipv4":["s4"],"ipv6":["s6"]},{"interface":"net1","ipv4":["t4"]}]';
  const wanted: Wanted = { annotations: { [SUBNETS]: value }, netconf: { cleanGateway: true } };

  assert.equal(selectPools(requestOf(wanted), dual), {
    source: "subnets",
    naming: "nic",
    candidates: [],
    wishes: [
      { nic: "eth0", family: 4, subnet: "s4", cleanGateway: true },
      { nic: "eth0", family: 6, subnet: "s6", cleanGateway: true },
    ],
  });
  assert.equal(selectPools(requestOf({ ...wanted, nic: "net1" }), dual).wishes, [
    { nic: "net1", family: 4, subnet: "t4", cleanGateway: true },
  ]);
});

nics.run();

const expansion = suite("selection: wildcards");
const several = catalogOf("web-2", "web-10", "web-v6", "api-1", "web-1");

const wildcards: [string, string, string, string[]][] = [
  ["in ippools (A00015)", POOLS, '[{"interface":"eth0","ipv4":["web-?"]}]', ["web-1", "web-2"]],
  ["in ippool", POOL, '{"ipv4":["web-*"]}', ["web-1", "web-10", "web-2"]],
  [
    "beside names, which keep their place",
    POOL,
    '{"ipv4":["api-1","web-[12]","web-10"]}',
    ["api-1", "web-1", "web-2", "web-10"],
  ],
];
for (const [what, annotation, value, pools] of wildcards) {
  expansion(`become the names that match them, of their family only, ${what}`, () => {
    const { candidates } = selectPools(requestOf({ annotations: { [annotation]: value } }), several);

    assert.equal(
      candidates.map((candidate) => candidate.pools),
      [pools],
    );
  });
}

expansion("become the names that match them in a namespace's default (A00007) and in the CNI configuration", () => {
  const byNamespace = requestOf({ namespaceAnnotations: { [DEFAULT_V4]: '["web-?"]' } });
  const byNetconf = requestOf({ netconf: { ipv6: ["*"] } });

  assert.equal(selectPools(byNamespace, several).candidates[0]?.pools, ["web-1", "web-2"]);
  assert.equal(selectPools(byNetconf, several).candidates[0]?.pools, ["web-v6"]);
});

expansion("that match nothing leave their family out, and do not fall through", () => {
  const annotations = { [POOL]: '{"ipv4":["db-*"],"ipv6":["web-*"]}' };
  const { candidates } = selectPools(requestOf({ annotations, netconf: { ipv4: ["api-1"] } }), several);

  assert.equal(
    candidates.map(({ family, pools }) => [family, pools]),
    [[6, ["web-v6"]]],
  );
});

expansion.run();
