/** What selection refuses: every row of the annotation errors (ipam §2.3, A00003), and that nothing else is ever thrown. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { IpamError } from "../../src/ipam/candidate.ts";
import { selectPools, usablePools } from "../../src/ipam/selection.ts";
import { catalogOf, ORPHAN, poolOf, refusalOf, requestOf, type Wanted } from "./selection-scene.ts";

const PREFIX = "ipam.spidernet.io";
const NETWORKS = "k8s.v1.cni.cncf.io/networks";
const catalog = catalogOf("p1", "p2", "p-v6");

const refusals = suite("selection: refusals");

const malformedPools: [string, string][] = [
  ["", "it is not JSON"],
  ["p1", "it is not JSON"],
  ['[{"ipv4":["p1"]}', "it is not JSON"],
  ['{"ipv4":["p1"]}', "it must be a JSON array of objects"],
  ['["p1"]', "item 0 of the array must be a JSON object"],
  ['[{"ipv4":"p1"}]', '"ipv4" must be an array of pool names'],
  ['[{"ipv4":["p1"],"ipv6":[6]}]', '"ipv6" must be an array of pool names'],
  ['[{"interface":0,"ipv4":["p1"]}]', '"interface" must be a string'],
  ['[{"ipv4":["p1"],"cleangateway":"true"}]', '"cleangateway" must be true or false'],
  ["[]", "value requires at least one item"],
  ["null", "value requires at least one item"],
  ['[{"interface":"eth0","ipv4":["p1"]},{"ipv4":["p2"]}]', "NIC should be either all specified or all unspecified"],
  // A00014
  ['[{"interface":"eth0","ipv4":["p1"]},{"interface":"eth0","ipv4":["p2"]}]', "duplicate interface eth0"],
  // A00013
  ['[{"interface":"net1","ipv4":["p1"]}]', "interface eth0 must be specified"],
];
for (const [value, reason] of malformedPools) {
  refusals(`name ippools, ${JSON.stringify(value)} and that ${reason} (A00003, A00013, A00014)`, () => {
    const text = refusalOf(() => selectPools(requestOf({ annotations: { [`${PREFIX}/ippools`]: value } }), catalog));

    assert.ok(text.startsWith(`wrong input, invalid format of Pod annotation '${PREFIX}/ippools': ${reason}`), text);
    assert.ok(text.endsWith(`; its value is ${JSON.stringify(value)}`), text);
  });
}

const malformedPool: [string, string][] = [
  ["", "it is not JSON"],
  ["p1", "it is not JSON"],
  ['["p1"]', "it must be a JSON object"],
  ['{"ipv4":"p1"}', '"ipv4" must be an array of pool names'],
];
for (const [value, reason] of malformedPool) {
  refusals(`name ippool, ${JSON.stringify(value)} and that ${reason} (A00003)`, () => {
    const text = refusalOf(() => selectPools(requestOf({ annotations: { [`${PREFIX}/ippool`]: value } }), catalog));

    assert.ok(text.startsWith(`wrong input, invalid format of Pod annotation '${PREFIX}/ippool': ${reason}`), text);
    assert.ok(text.endsWith(`; its value is ${JSON.stringify(value)}`), text);
  });
}

for (const value of ["", "p1", '{"ipv4":["p1"]}', "[4]"]) {
  refusals(`name the namespace's annotation with value ${JSON.stringify(value)}`, () => {
    const key = `${PREFIX}/default-ipv6-ippool`;
    const text = refusalOf(() => selectPools(requestOf({ namespaceAnnotations: { [key]: value } }), catalog));

    assert.ok(text.startsWith(`wrong input, invalid format of Namespace annotation '${key}': it `), text);
    assert.ok(text.endsWith(`; its value is ${JSON.stringify(value)}`), text);
  });
}

const pool = (value: string): Wanted => ({ annotations: { [`${PREFIX}/ippool`]: value } });
const rows: [string, Wanted, RegExp][] = [
  [
    "a pool that does not exist",
    pool('{"ipv4":["p1","p9"]}'),
    /^failed to get original IPPool p9: spiderippools\.spiderpool\.spidernet\.io "p9" not found; .*ippool' with value "\{/,
  ],
  ["an empty name", pool('{"ipv4":[null]}'), /^failed to get original IPPool : .* not found/],
  ["a name with one bracket only", pool('{"ipv4":["[p"]}'), /^failed to get original IPPool \[p: /],
  [
    "a pool twice",
    pool('{"ipv4":["p1","p1"]}'),
    /^wrong input, duplicate IPPool p1 specified for NIC eth0 in Pod annotation/,
  ],
  [
    "a wildcard that matches a name beside it",
    pool('{"ipv4":["p1","p*"]}'),
    /^wrong input, duplicate IPPool p1 specified for NIC eth0/,
  ],
  [
    "a bad pattern",
    pool('{"ipv4":["p[]*"]}'),
    /^failed to match wildcard: IPv4 PoolName pattern 'p\[\]\*', error: syntax error in pattern/,
  ],
  [
    "unknown keys only",
    pool('{"IPv5":["p1"]}'),
    /^no IPPool available, Pod annotation 'ipam.spidernet.io\/ippool' with value ".*" gives interface eth0 no IPv4 or IPv6 IPPool that exists$/,
  ],
  ["wildcards that match nothing", pool('{"ipv4":["x*"]}'), /^no IPPool available, Pod annotation/],
  [
    "pools of a disabled family",
    { ...pool('{"ipv4":["p1"]}'), settings: { families: [6] } },
    /gives interface eth0 no IPv6 IPPool/,
  ],
  [
    "a named NIC without pools",
    { annotations: { [`${PREFIX}/ippools`]: '[{"interface":"eth0"},{"interface":"net1","ipv4":["p1"]}]' } },
    /gives interface eth0 no IPv4/,
  ],
  [
    "a numbered NIC without pools",
    { annotations: { [`${PREFIX}/ippools`]: '[{"ipv4":["p1"]},{}]' } },
    /gives interface 1 no IPv4/,
  ],
  [
    "pools of the CNI configuration that do not exist",
    { netconf: { ipv4: ["p9"] } },
    /IPPool p9: .*'default_ipv4_ippool'/,
  ],
  [
    "a subnet annotation that is not JSON",
    { annotations: { [`${PREFIX}/subnet`]: "web" } },
    /^failed to get IPPool candidates from Subnet: Cannot use annotation "ipam.spidernet.io\/subnet" with value "web": /,
  ],
  [
    "a number beside the subnet that is none",
    { annotations: { [`${PREFIX}/subnet`]: '{"ipv4":["s"]}', [`${PREFIX}/ippool-ip-number`]: "many" } },
    /ippool-ip-number" with value "many"/,
  ],
  [
    "a subnet for another NIC only",
    { nic: "net1", annotations: { [`${PREFIX}/subnet`]: '{"ipv4":["s"]}' } },
    /^no IPPool available, .*subnet' .* gives interface net1 no IPv4 or IPv6 SpiderSubnet/,
  ],
  [
    "a subnet where automatic pools are off (I00024)",
    { annotations: { [`${PREFIX}/subnet`]: '{"ipv4":["s"]}' }, settings: { enableAutoPool: false } },
    /^it's invalid to use 'ipam.spidernet.io\/subnets' or 'ipam.spidernet.io\/subnet' annotation when Auto-Pool feature is disabled$/,
  ],
  [
    "a subnet for a pod without controller (I00023)",
    { annotations: { [`${PREFIX}/subnet`]: '{"ipv4":["s"]}' }, top: ORPHAN },
    /^SpiderSubnet feature doesn't support no-controller pod/,
  ],
];
for (const [what, wanted, text] of rows) {
  refusals(`name ${what}`, () => {
    assert.match(
      refusalOf(() => selectPools(requestOf(wanted), catalog)),
      text,
    );
  });
}

refusals("leave room for the reason, however long the value is", () => {
  const name = "x".repeat(100_000);
  const texts = [`{"ipv4":["${name}"]}`, name, `{"ipv4":["${name}*["]}`].map((value) =>
    refusalOf(() => selectPools(requestOf(pool(value)), catalog)),
  );

  for (const text of texts) assert.ok(text.length < 1200, String(text.length));
});

refusals("are the only thing that is thrown, whatever people have written", () => {
  const names = fc.array(fc.oneof(fc.constantFrom("p1", "p2", "p-v6", "p*", "p[1-2]", "[", "\\", "*["), fc.string()));
  const item = fc.record(
    { interface: fc.constantFrom("eth0", "net1", "", null), ipv4: names, IPv6: names, cleanGateway: fc.boolean() },
    { requiredKeys: [] },
  );
  const value = fc.oneof(
    fc.array(item, { maxLength: 3 }).map((items) => JSON.stringify(items)),
    item.map((one) => JSON.stringify(one)),
    names.map((list) => JSON.stringify(list)),
    fc.json(),
    fc.string(),
  );
  const key = fc.constantFrom("subnets", "subnet", "ippools", "ippool", "ippool-ip-number", "ippool-reclaim");
  const attached = catalogOf("p1", poolOf("p2", { multusName: ["n"] }), "p-v6");
  void fc.assert(
    fc.property(key, value, fc.option(value), value, (annotation, text, byNamespace, networks) => {
      const request = requestOf({
        annotations: { [`${PREFIX}/${annotation}`]: text, [NETWORKS]: networks },
        namespaceAnnotations: byNamespace === null ? {} : { [`${PREFIX}/default-ipv4-ippool`]: byNamespace },
      });
      try {
        const { candidates, wishes } = selectPools(request, attached);
        assert.ok(candidates.length + wishes.length > 0);
        for (const candidate of candidates) assert.ok(usablePools(candidate, request, attached).length > 0);
      } catch (error) {
        assert.instance(error, IpamError);
      }
    }),
    { numRuns: 1000 },
  );
});

refusals.run();
