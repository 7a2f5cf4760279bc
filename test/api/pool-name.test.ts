/**
 * The names of auto pools.
 * @module
 */

import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type PoolNameParts, poolName } from "../../src/api/pool-name.ts";

const VALID_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const partsOf = (changes: Partial<PoolNameParts> & { name?: string; uid?: string } = {}): PoolNameParts => ({
  family: changes.family ?? 4,
  application: {
    namespace: "default",
    kind: "Deployment",
    name: changes.name ?? "myapp",
    uid: changes.uid ?? "2f78ccdd-398e-49e6-a85b-40371db6fdbd",
  },
  interface: changes.interface ?? "eth0",
  attempt: changes.attempt ?? 0,
});

const name = suite("pool name");

name("is the reference's at first", () => {
  assert.is(poolName(partsOf({ name: "MyApp", interface: "Eth0" })), "auto4-myapp-eth0-40371");
  assert.is(
    poolName(partsOf({ family: 6, name: "custom-kruise-cloneset", uid: "0-028d6aaaaaaa" })),
    "auto6-custom-kruise-cloneset-eth0-028d6",
  );
  assert.is(poolName(partsOf({ uid: "a-b1" })), "auto4-myapp-eth0-b1");
  assert.is(poolName(partsOf({ uid: "nodash" })), "auto4-myapp-eth0-nodas");
});

name("has a longer suffix at each further attempt, and never one twice", () => {
  const names = [0, 1, 2, 3, 4, 5].map((attempt) => poolName(partsOf({ attempt })));

  assert.is(names[1], "auto4-myapp-eth0-40371db6fdbd");
  for (const later of names.slice(2)) assert.match(later, /^auto4-myapp-eth0-40371db6fdbd-[0-9a-f]{10}$/);
  assert.is(new Set(names).size, names.length);
});

name(
  "tells applications with the same UID group, name and interface apart by namespace from the third attempt on",
  () => {
    const parts = partsOf({ attempt: 2 });
    const elsewhere = { ...parts, application: { ...parts.application, namespace: "other" } };

    assert.is.not(poolName(parts), poolName(elsewhere));
  },
);

name("replaces what an interface name may hold and an object name may not", () => {
  assert.is(poolName(partsOf({ interface: "Net_1@if3" })), "auto4-myapp-net-1-if3-40371");
  assert.is(poolName(partsOf({ interface: "eth0.100" })), "auto4-myapp-eth0.100-40371");
  assert.is(poolName(partsOf({ interface: "eth0." })), "auto4-myapp-eth0--40371");
});

name("is a valid object name, and the same every time, for any application and interface", async () => {
  const application = fc
    .stringMatching(/^[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?$/)
    .filter((text) => VALID_NAME.test(text));
  const nic = fc.stringMatching(/^[!-~]{1,15}$/);
  const attempt = fc.nat(4);
  await fc.assert(
    fc.property(application, nic, attempt, fc.uuid(), (app, interfaceName, n, uid) => {
      const parts = partsOf({ name: app, interface: interfaceName, attempt: n, uid });

      const text = poolName(parts);

      assert.ok(text.length <= 253, `${text.length} characters`);
      assert.match(text, VALID_NAME);
      assert.is(poolName(parts), text);
    }),
    { numRuns: 500 },
  );
});

name("cuts the application's name alone when it is too long", () => {
  const text = poolName(partsOf({ name: "n".repeat(253) }));

  assert.is(text.length, 253);
  assert.match(text, /^auto4-n+-eth0-40371$/);
});

name.run();
