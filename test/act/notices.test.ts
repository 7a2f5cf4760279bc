/** The table of Events: what its messages say. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Details, notice, notices, type Reason } from "../../src/act/notices.ts";
import type { WaitReason } from "../../src/ipam/auto-pool-wait.ts";

const table = suite("notices");

table("say what DESIGN asks for when a subnet is full", () => {
  const full = { subnet: "subnet-demo-v4", free: 3, needed: 5n };

  assert.equal(notice("InsufficientAddresses", { ...full, spare: { pool: "X", count: 2 } }), {
    type: "Warning",
    reason: "InsufficientAddresses",
    message: "subnet-demo-v4 has 3 free addresses, 5 are needed; pool X holds 2 spare",
  });
  assert.is(
    notice("InsufficientAddresses", { subnet: "s", free: 1, needed: 1 }).message,
    "s has 1 free address, 1 is needed",
  );
});

table("name every number and name they are given, and show nothing undefined", () => {
  const given = {
    subnet: "subnet-a",
    pool: "pool-a",
    reason: "reason-a",
    kind: "Kind",
    name: "name-a",
    apiVersion: "group-a/v1",
    action: "create",
    text: "text-a",
    what: "what-a",
    wanted: 4,
    actual: 6,
    free: 11,
    needed: 12,
    size: 13,
    inUse: 14,
    from: 15,
    to: 16,
    bytes: 17,
    bytesMax: 18,
  };
  for (const reason of Object.keys(notices) as Reason[]) {
    const used = new Set<string>();
    const details = new Proxy(given, {
      get: (target, key) => {
        used.add(String(key));
        return target[key as keyof typeof given];
      },
    });

    const { message, type } = notice(reason, details as unknown as Details<Reason>);

    assert.not.match(message, /undefined|NaN|\[object/);
    assert.is(type, "Warning");
    for (const key of used) {
      if (key !== "spare") assert.ok(message.includes(String(given[key as keyof typeof given])), `${reason}: ${key}`);
    }
  }
});

table("have CamelCase reasons, and one sentence each on cause and cure", () => {
  for (const [reason, row] of Object.entries(notices)) {
    assert.match(reason, /^[A-Z][A-Za-z]+$/);
    assert.match(row.cause, /^[A-Z][^.]*(\.[^ ][^.]*)*\.$/, reason);
    assert.match(row.cure, /^[A-Z].*\.$/, reason);
  }
});

table("know the reasons that the node agent gives", () => {
  const reasons: Record<WaitReason, Reason> = {
    WaitingForPool: "WaitingForPool",
    AddressesExhausted: "AddressesExhausted",
  };
  for (const reason of Object.values(reasons)) assert.ok(Object.hasOwn(notices, reason), reason);
});

table.run();
