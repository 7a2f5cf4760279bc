/** The annotation `routes`. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Route } from "../../src/api/subnet.ts";
import { IpamError } from "../../src/ipam/candidate.ts";
import { customRoutes } from "../../src/ipam/custom-routes.ts";
import { refusalOf, requestOf } from "./selection-scene.ts";

const ROUTES = "ipam.spidernet.io/routes";
const routesOf = (value: string): Route[] => customRoutes(requestOf({ annotations: { [ROUTES]: value } }).pod);

const routes = suite("custom routes");

const accepted: [string, Route[]][] = [
  ["[]", []],
  ["null", []],
  ['[{"dst":"10.0.0.0/16","gw":"192.168.1.1"}]', [{ dst: "10.0.0.0/16", gw: "192.168.1.1" }]],
  ['[{"Dst":"FD00:0::/32","GW":"fd01::0:1","x":1}]', [{ dst: "fd00::/32", gw: "fd01::1" }]],
  ['[{"dst":"10.0.5.7/16","gw":"10.1.0.1"}]', [{ dst: "10.0.0.0/16", gw: "10.1.0.1" }]],
  ['[{"dst":"0.0.0.0/0","gw":"10.1.0.1"}]', [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }]],
  ['[{"dst":"10.0.0.1/32","gw":"10.1.0.1"}]', [{ dst: "10.0.0.1/32", gw: "10.1.0.1" }]],
];
for (const [value, expected] of accepted) {
  routes(`are read from ${value} (A00002)`, () => assert.equal(routesOf(value), expected));
}

routes("are none where the annotation is absent", () => {
  assert.equal(customRoutes(requestOf().pod), []);
  assert.equal(customRoutes({ metadata: { name: "p" } }), []);
});

const format = "invalid route format 'dst: ";
const refused: [string, string][] = [
  ["", "it is not JSON"],
  ["{}", "it must be a JSON array of objects"],
  ['["10.0.0.0/8"]', "item 0 of the array must be a JSON object"],
  ['[{"dst":7}]', '"dst" must be a string'],
  ["[null]", `${format}, gw: '`],
  ['[{"dst":"10.0.0.0/8"}]', `${format}10.0.0.0/8, gw: '`],
  ['[{"dst":"10.0.0.0/8","gw":"fd00::1"}]', `${format}10.0.0.0/8, gw: fd00::1'`],
  ['[{"dst":"fd00::/8","gw":"10.0.0.1"}]', `${format}fd00::/8, gw: 10.0.0.1'`],
  ['[{"dst":"10.0.0.0/33","gw":"10.0.0.1"}]', `${format}10.0.0.0/33, gw: 10.0.0.1'`],
  ['[{"dst":"10.0.0.0","gw":"10.0.0.1"}]', `${format}10.0.0.0, gw: 10.0.0.1'`],
  ['[{"dst":"10.0.0.0/8","gw":"10.0.0.1/8"}]', `${format}10.0.0.0/8, gw: 10.0.0.1/8'`],
];
for (const [value, reason] of refused) {
  routes(`are refused in ${JSON.stringify(value)}`, () => {
    const text = refusalOf(() => routesOf(value));

    assert.ok(text.startsWith(`wrong input, invalid format of Pod annotation '${ROUTES}': ${reason}`), text);
    assert.ok(text.endsWith(JSON.stringify(value)), text);
  });
}

routes("are understood or refused with an IpamError, whatever people have written", () => {
  const text = fc.oneof(
    fc.string(),
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom("10.0.0.0/8", "fd00::/8", "::ffff:1.2.3.4/96"),
  );
  const route = fc.record({ dst: text, gw: text });
  void fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.array(route).map((list) => JSON.stringify(list)),
      ),
      (value) => {
        try {
          routesOf(value);
        } catch (error) {
          assert.instance(error, IpamError);
        }
      },
    ),
  );
});

routes.run();
