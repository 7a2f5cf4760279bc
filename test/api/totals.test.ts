/**
 * What pools, subnets and reservations hold; what makes a pool an auto pool.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatRanges } from "../../src/address/range-set.ts";
import { isAutoPool, totalOf } from "../../src/api/ippool.ts";
import { LABEL } from "../../src/api/names.ts";
import { reservedOf, type SpiderReservedIP } from "../../src/api/reserved-ip.ts";
import { familyOfSubnet } from "../../src/api/subnet.ts";

const totals = suite("totals");

totals("are ips without excludeIPs", () => {
  const spec = { subnet: "10.6.0.0/16", ips: ["10.6.168.101-10.6.168.110"], excludeIPs: ["10.6.168.103"] };

  assert.equal(formatRanges(totalOf(spec), 4), ["10.6.168.101-10.6.168.102", "10.6.168.104-10.6.168.110"]);
  assert.equal(totalOf({ subnet: "fd00::/64" }), []);
});

totals("are of the subnet's family where no webhook has filled in ipVersion", () => {
  assert.is(familyOfSubnet({ subnet: "10.6.0.0/16" }), 4);
  assert.is(familyOfSubnet({ subnet: "fd00::/64" }), 6);
  assert.is(familyOfSubnet({ subnet: "fd00::/64", ipVersion: 6 }), 6);
  assert.throws(() => totalOf({ subnet: "10.6.0.0/16", ips: ["fd00::1"] }), SyntaxError);
});

totals("of a reservation are its addresses for its own family, none while it is being deleted", () => {
  const reserved: SpiderReservedIP = { metadata: { name: "r" }, spec: { ips: ["10.6.0.2", "10.6.0.1"] } };

  assert.equal(formatRanges(reservedOf(reserved, 4), 4), ["10.6.0.1-10.6.0.2"]);
  assert.equal(reservedOf(reserved, 6), []);
  assert.equal(reservedOf({ metadata: { name: "r" }, spec: { ipVersion: 4 } }, 4), []);
  assert.equal(reservedOf({ ...reserved, metadata: { name: "r", deletionTimestamp: "2026-01-01T00:00:00Z" } }, 4), []);
});

totals("belong to an auto pool where the label owner-application-name exists, even an empty one", () => {
  assert.ok(isAutoPool({ metadata: { name: "p", labels: { [LABEL.applicationName]: "" } } }));
  assert.not(isAutoPool({ metadata: { name: "p", labels: { [LABEL.applicationUid]: "u" } } }));
  assert.not(isAutoPool({ metadata: { name: "p" } }));
});

totals.run();
