/** The grammar of the pool annotations: every row of spec §2.1, and what DESIGN wants different. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  AnnotationError,
  formatNumber,
  type PoolAnnotations,
  parseAddressNumber,
  parsePoolAnnotations,
  type WantedInterface,
} from "../../src/api/pool-annotations.ts";

const SUBNETS = "ipam.spidernet.io/subnets";
const SUBNET = "ipam.spidernet.io/subnet";
const NUMBER = "ipam.spidernet.io/ippool-ip-number";
const RECLAIM = "ipam.spidernet.io/ippool-reclaim";
const ONE = '{"ipv4":["a"]}';

function refusal(annotations: Record<string, string>): AnnotationError {
  try {
    parsePoolAnnotations(annotations);
  } catch (error) {
    if (error instanceof AnnotationError) return error;
    throw error;
  }
  throw new Error(`nothing was refused in ${JSON.stringify(annotations)}`);
}

function interfacesOf(annotations: Record<string, string>): readonly WantedInterface[] {
  return (parsePoolAnnotations(annotations) as PoolAnnotations).interfaces;
}

const subnets = suite("pool annotations: subnets");

subnets("ask for nothing where neither annotation stands, whatever else does", () => {
  assert.is(parsePoolAnnotations(undefined), undefined);
  assert.is(parsePoolAnnotations({ [NUMBER]: "nonsense", [RECLAIM]: "nonsense" }), undefined);
});

const accepted: [string, string, WantedInterface[]][] = [
  [SUBNET, '{"interface":"net1","ipv4":["a"],"ipv6":["b"]}', [{ interface: "net1", ipv4: "a", ipv6: "b" }]],
  [SUBNET, '{"ipv4":["a"]}', [{ interface: "eth0", ipv4: "a" }]],
  [SUBNET, '{"interface":"","ipv6":["b"]}', [{ interface: "eth0", ipv6: "b" }]],
  [SUBNET, '{"INTERFACE":"net1","IPv4":["a"]}', [{ interface: "net1", ipv4: "a" }]],
  [SUBNET, '{"ipv4":["a"],"vlan":7,"routes":{}}', [{ interface: "eth0", ipv4: "a" }]],
  [SUBNET, '{"ipv4":["a"],"ipv4":["b"]}', [{ interface: "eth0", ipv4: "b" }]],
  [SUBNET, '{"ipv4":["a"],"IPV4":["b"]}', [{ interface: "eth0", ipv4: "b" }]],
  [SUBNET, '{"interface":null,"ipv4":["a"],"ipv6":null}', [{ interface: "eth0", ipv4: "a" }]],
  [SUBNET, '{"ipv4":["a","b","NOT A NAME"]}', [{ interface: "eth0", ipv4: "a" }]],
  [SUBNET, '{"ipv4":["a",null]}', [{ interface: "eth0", ipv4: "a" }]],
  [SUBNET, '{"ipv4":[],"ipv6":["b"]}', [{ interface: "eth0", ipv6: "b" }]],
  [SUBNET, ' {"ipv4" : ["a.b-c"] } ', [{ interface: "eth0", ipv4: "a.b-c" }]],
  [
    SUBNETS,
    '[{"interface":"eth0","ipv4":["a"]},{"interface":"net1","ipv4":["b"],"ipv6":["c"]}]',
    [
      { interface: "eth0", ipv4: "a" },
      { interface: "net1", ipv4: "b", ipv6: "c" },
    ],
  ],
  // A family is compared with itself only: one name cannot be both.
  [
    SUBNETS,
    '[{"interface":"eth0","ipv4":["a"]},{"interface":"net1","ipv6":["a"]}]',
    [
      { interface: "eth0", ipv4: "a" },
      { interface: "net1", ipv6: "a" },
    ],
  ],
  [SUBNETS, '[{"interface":"abcdefghijklmno","ipv4":["a"]}]', [{ interface: "abcdefghijklmno", ipv4: "a" }]],
];
for (const [annotation, value, interfaces] of accepted) {
  subnets(`accept ${annotation} ${value}`, () => {
    assert.equal(interfacesOf({ [annotation]: value }), interfaces);
  });
}

const refused: [string, string, RegExp][] = [
  [SUBNET, "", /not JSON/],
  [SUBNET, "web-v4", /not JSON/],
  [SUBNET, `${ONE} x`, /not JSON/],
  [SUBNET, "null", /names no subnet/],
  [SUBNET, '["a"]', /must be a JSON object/],
  [SUBNET, '"a"', /must be a JSON object/],
  [SUBNET, "{}", /neither an "ipv4" nor an "ipv6"/],
  [SUBNET, '{"ipv4":"a"}', /"ipv4" must be an array/],
  [SUBNET, '{"ipv4":[7]}', /"ipv4" must be an array/],
  [SUBNET, '{"ipv4":["a",7]}', /"ipv4" must be an array/],
  [SUBNET, '{"ipv4":["a"],"ipv6":{}}', /"ipv6" must be an array/],
  [SUBNET, '{"interface":7,"ipv4":["a"]}', /"interface" must be a string/],
  [SUBNET, '{"ipv4":[""]}', /first subnet name in "ipv4" is empty/],
  [SUBNET, '{"ipv4":["a"],"ipv6":["","b"]}', /first subnet name in "ipv6" is empty/],
  [SUBNET, '{"ipv4":[null]}', /first subnet name in "ipv4" is empty/],
  [SUBNET, '{"ipv4":["a*"]}', /wildcards are not supported/],
  [SUBNET, '{"ipv4":["a/b"]}', /not the name of a SpiderSubnet/],
  [SUBNET, '{"interface":"abcdefghijklmnop","ipv4":["a"]}', /1 to 15 letters/],
  [SUBNET, '{"interface":"a/b","ipv4":["a"]}', /1 to 15 letters/],
  [SUBNET, '{"interface":"eth 0","ipv4":["a"]}', /1 to 15 letters/],
  [SUBNET, '{"interface":"..","ipv4":["a"]}', /1 to 15 letters/],
  [SUBNETS, "[]", /names no subnet/],
  [SUBNETS, "null", /names no subnet/],
  [SUBNETS, ONE, /must be a JSON array/],
  [SUBNETS, '"a"', /must be a JSON array/],
  [SUBNETS, "[[]]", /item 0 of the array must be a JSON object/],
  [SUBNETS, '[{"ipv4":["a"]}]', /every item needs an "interface"/],
  [SUBNETS, "[null]", /every item needs an "interface"/],
  [SUBNETS, '[{"interface":"eth0"}]', /interface "eth0" has neither/],
  [SUBNETS, '[{"interface":"eth0","ipv4":["a"]},{"interface":"eth0","ipv4":["b"]}]', /"eth0" stands in it twice/],
  [
    SUBNETS,
    '[{"interface":"eth0","ipv4":["a"]},{"interface":"net1","ipv4":["a"]}]',
    /interfaces "eth0" and "net1" both use subnet "a"/,
  ],
  [
    SUBNETS,
    '[{"interface":"x","ipv4":["a"]},{"interface":"y","ipv4":["b"],"ipv6":["c"]},{"interface":"z","ipv6":["c","d"]}]',
    /interfaces "y" and "z" both use subnet "c"/,
  ],
];
for (const [annotation, value, reason] of refused) {
  subnets(`refuse ${annotation} ${value}`, () => {
    const error = refusal({ [annotation]: value });

    assert.is(error.annotation, annotation);
    assert.is(error.value, value);
    assert.match(error.message, reason);
    assert.ok(error.message.startsWith(`Cannot use annotation "${annotation}" with value "`), error.message);
  });
}

subnets("are read from subnets alone where both annotations stand", () => {
  const both = { [SUBNETS]: '[{"interface":"net1","ipv4":["b"]}]', [SUBNET]: "nonsense" };

  assert.equal(interfacesOf(both), [{ interface: "net1", ipv4: "b" }]);
  assert.is(refusal({ [SUBNETS]: "[]", [SUBNET]: ONE }).annotation, SUBNETS);
});

subnets("leave room for the reason in the message, however long the value is", () => {
  const error = refusal({ [SUBNET]: `{"ipv4":["${"a".repeat(100_000)}"]}` });

  assert.ok(error.message.length < 1024);
  assert.match(error.message, /not the name of a SpiderSubnet/);
});

subnets("either are understood or refused with an AnnotationError, whatever they hold", () => {
  void fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), fc.constantFrom(SUBNET, SUBNETS), (value, annotation) => {
      try {
        for (const wanted of interfacesOf({ [annotation]: value })) assert.ok(wanted.ipv4 ?? wanted.ipv6);
      } catch (error) {
        assert.instance(error, AnnotationError);
      }
    }),
  );
});

subnets.run();

const numbers = suite("pool annotations: ippool-ip-number");

const understood: [string | undefined, { fixed: boolean; count: number } | undefined][] = [
  [undefined, undefined],
  ["5", { fixed: true, count: 5 }],
  ["0", { fixed: true, count: 0 }],
  ["+5", { fixed: false, count: 5 }],
  ["+0", { fixed: false, count: 0 }],
  ["+05", { fixed: false, count: 5 }],
  ["2147483648", { fixed: true, count: 2_147_483_648 }],
];
for (const [value, number] of understood) {
  numbers(`is ${JSON.stringify(number)} for ${JSON.stringify(value)}`, () => {
    const annotations = value === undefined ? {} : { [NUMBER]: value };

    assert.equal(parsePoolAnnotations({ [SUBNET]: ONE, ...annotations })?.number, number);
  });
}

for (const value of ["", "-1", "5+3", "++5", "5+", "+", " 5", "5 ", "1.5", "1e3", "0x10", "five", "٥", "2147483649"]) {
  numbers(`refuses ${JSON.stringify(value)}`, () => {
    const error = refusal({ [SUBNET]: ONE, [NUMBER]: value });

    assert.is(error.annotation, NUMBER);
    assert.is(error.value, value);
  });
}

numbers("is formatted as the annotation of the pool has it, without leading zeros", () => {
  assert.equal(
    ["5", "+5", "+05", "0", "+0"].map((text) => formatNumber(parseAddressNumber(text) as never)),
    ["5", "+5", "+5", "0", "+0"],
  );
});

numbers.run();

const reclaim = suite("pool annotations: ippool-reclaim");

const words: [string | undefined, boolean][] = [
  [undefined, true],
  ...["1", "t", "T", "TRUE", "true", "True"].map((word): [string, boolean] => [word, true]),
  ...["0", "f", "F", "FALSE", "false", "False"].map((word): [string, boolean] => [word, false]),
];
for (const [word, expected] of words) {
  reclaim(`is ${expected} for ${JSON.stringify(word)}`, () => {
    const annotations = word === undefined ? {} : { [RECLAIM]: word };

    assert.is(parsePoolAnnotations({ [SUBNET]: ONE, ...annotations })?.reclaim, expected);
  });
}

for (const word of ["", "yes", "no", "tRUE", " true", "2"]) {
  reclaim(`refuses ${JSON.stringify(word)}`, () => {
    assert.is(refusal({ [SUBNET]: ONE, [RECLAIM]: word }).annotation, RECLAIM);
  });
}

reclaim("is complained about after the number, and both after what is not JSON", () => {
  assert.is(refusal({ [SUBNET]: ONE, [NUMBER]: "x", [RECLAIM]: "x" }).annotation, NUMBER);
  assert.is(refusal({ [SUBNET]: "x", [NUMBER]: "x", [RECLAIM]: "x" }).annotation, SUBNET);
  assert.is(refusal({ [SUBNET]: "{}", [NUMBER]: "x" }).annotation, NUMBER);
});

reclaim.run();
