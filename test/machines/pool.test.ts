/**
 * The decision table of the pool machine: every state × every event, as data.
 *
 * A row is [situation, event, next state, operations]; "ignored" is a decision that is written down: the machine does not
 * even look. The table fails when a pair of a state and an event type has no row.
 * @module
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Facts, NOTHING_KNOWN, type PoolEvent, type PoolFact, type WorkloadFact } from "../../machines/events.ts";
import type { Operation } from "../../machines/operations.ts";
import { poolMachine } from "../../machines/pool.ts";
import { pathOf, restore, step } from "../../machines/step.ts";
import { EVENT_TYPES } from "./alphabet.ts";

const WORKLOAD: WorkloadFact = { desired: 3, uid: "a", reclaim: true };
const POOL: PoolFact = {
  size: 3,
  reserved: 3,
  inUse: 0,
  uid: "p",
  owner: "a",
  reclaim: true,
  terminating: false,
  drifted: false,
};
const KEPT: PoolFact = { ...POOL, reclaim: false };
const KEEPING: WorkloadFact = { ...WORKLOAD, reclaim: false };

interface SituationRow {
  readonly path: string;
  readonly native?: boolean;
  readonly facts: Partial<Facts>;
}

const SITUATIONS = {
  "nothing known": { path: "pending", facts: {} },
  "nothing known of another kind": { path: "pending", native: false, facts: {} },
  "only wanted": { path: "pending", facts: { workload: WORKLOAD } },
  "only absent": { path: "pending", facts: { pool: "gone" } },
  "only unwanted": { path: "pending", facts: { workload: "gone" } },
  "wanted and absent": { path: "pending", facts: { workload: WORKLOAD, pool: "gone" } },
  "only there": { path: "created.managed", facts: { pool: POOL } },
  "as wanted": { path: "created.managed", facts: { workload: WORKLOAD, pool: POOL } },
  "as wanted, kept": { path: "created.managed", facts: { workload: KEEPING, pool: KEPT } },
  "edited by hand": { path: "created.managed", facts: { workload: WORKLOAD, pool: { ...POOL, drifted: true } } },
  pinned: { path: "created.pinned", native: false, facts: { workload: WORKLOAD, pool: POOL } },
  "pinned, out of its record": {
    path: "created.pinned",
    native: false,
    facts: { workload: WORKLOAD, pool: { ...POOL, reserved: 0 } },
  },
  "pinned, of another number": {
    path: "created.pinned",
    native: false,
    facts: { workload: { ...WORKLOAD, desired: 5 }, pool: POOL },
  },
  "too small": { path: "scaling", facts: { workload: { ...WORKLOAD, desired: 5 }, pool: POOL } },
  "record behind": { path: "scaling", facts: { workload: WORKLOAD, pool: { ...POOL, reserved: 0 } } },
  "being deleted": { path: "orphaned.reclaiming", facts: { workload: "gone", pool: POOL } },
  "left behind": { path: "orphaned.retained", facts: { workload: "gone", pool: KEPT } },
  "pinned, left behind": { path: "orphaned.pinned", native: false, facts: { workload: "gone", pool: POOL } },
  over: { path: "deleted", facts: { workload: "gone", pool: "gone" } },
} as const satisfies Record<string, SituationRow>;

const EVENTS = {
  "wants 3": { type: "workload.observed", ...WORKLOAD },
  "wants 3, to be kept": { type: "workload.observed", ...KEEPING },
  "wants 5": { type: "workload.observed", ...WORKLOAD, desired: 5 },
  "successor wants 3": { type: "workload.observed", ...WORKLOAD, uid: "b" },
  "successor wants 5": { type: "workload.observed", ...WORKLOAD, uid: "b", desired: 5 },
  "has 4 pods": { type: "workload.observed", ...WORKLOAD, pods: 4 },
  "workload gone": { type: "workload.gone" },
  "has 3": { type: "pool.observed", ...POOL },
  "has 3, to be kept": { type: "pool.observed", ...KEPT },
  "has 3, to be kept, without a record": { type: "pool.observed", ...KEPT, reserved: 0 },
  "has 5": { type: "pool.observed", ...POOL, size: 5, reserved: 5 },
  "has 2": { type: "pool.observed", ...POOL, size: 2, reserved: 2 },
  "has 2 of 3": { type: "pool.observed", ...POOL, size: 2 },
  "has 3, without a record": { type: "pool.observed", ...POOL, reserved: 0 },
  "has drifted": { type: "pool.observed", ...POOL, drifted: true },
  "is another's": { type: "pool.observed", ...POOL, owner: "z" },
  "pool gone": { type: "pool.gone" },
  refused: { type: "operation.refused", reason: "SubnetFull", message: "2 are free, 3 are needed" },
  "capacity changed": { type: "capacity.changed" },
} as const satisfies Record<string, PoolEvent>;

type Row = readonly [keyof typeof SITUATIONS, keyof typeof EVENTS, string, "ignored" | readonly string[]];

const TABLE: readonly Row[] = [
  ["nothing known", "wants 3", "pending", []],
  ["nothing known", "workload gone", "pending", []],
  ["nothing known", "has 3", "created.managed", []],
  ["nothing known", "has drifted", "created.managed", []],
  ["nothing known", "pool gone", "pending", []],
  ["nothing known", "refused", "pending", ["notify SubnetFull"]],
  ["nothing known", "capacity changed", "pending", []],
  ["nothing known of another kind", "has 3", "created.pinned", []],
  ["nothing known of another kind", "has 2 of 3", "created.pinned", []],
  ["only wanted", "has 3", "created.managed", []],
  ["only wanted", "has 2", "scaling", ["ensurePool 3"]],
  ["only wanted", "pool gone", "pending", ["ensurePool 3"]],
  ["only absent", "wants 3", "pending", ["ensurePool 3"]],
  ["only absent", "workload gone", "deleted", ["releaseRecord"]],
  ["only unwanted", "has 3", "orphaned.reclaiming", ["removePool p"]],
  ["only unwanted", "has 3, to be kept", "orphaned.retained", []],
  ["only unwanted", "pool gone", "deleted", ["releaseRecord"]],
  ["wanted and absent", "wants 5", "pending", ["ensurePool 5"]],
  ["wanted and absent", "workload gone", "deleted", ["releaseRecord"]],
  ["wanted and absent", "has 3", "created.managed", []],
  ["wanted and absent", "is another's", "created.managed", ["ensurePool 3"]],
  ["wanted and absent", "refused", "pending", ["notify SubnetFull"]],
  ["wanted and absent", "capacity changed", "pending", ["ensurePool 3"]],

  ["only there", "wants 3", "created.managed", []],
  ["only there", "wants 5", "scaling", ["ensurePool 5"]],
  ["only there", "workload gone", "orphaned.reclaiming", ["removePool p"]],
  ["only there", "capacity changed", "created.managed", []],
  ["as wanted", "wants 3", "created.managed", []],
  ["as wanted", "wants 5", "scaling", ["ensurePool 5"]],
  ["as wanted", "wants 3, to be kept", "created.managed", ["ensurePool 3"]],
  ["as wanted", "successor wants 3", "created.managed", ["ensurePool 3"]],
  ["as wanted", "workload gone", "orphaned.reclaiming", ["removePool p"]],
  ["as wanted, kept", "workload gone", "orphaned.retained", []],
  ["as wanted", "has 3", "created.managed", []],
  ["as wanted", "has 5", "scaling", ["ensurePool 3"]],
  ["as wanted", "has 2 of 3", "scaling", ["ensurePool 3"]],
  ["as wanted", "has drifted", "created.managed", ["ensurePool 3"]],
  ["as wanted", "pool gone", "pending", ["ensurePool 3"]],
  ["as wanted", "refused", "created.managed", []],
  ["as wanted", "capacity changed", "created.managed", []],
  ["edited by hand", "has 3", "created.managed", []],
  ["edited by hand", "refused", "created.managed", ["notify SubnetFull"]],
  ["edited by hand", "capacity changed", "created.managed", ["ensurePool 3"]],

  ["pinned", "wants 3", "created.pinned", []],
  ["pinned", "wants 5", "created.pinned", ["notify ScalingDisabled"]],
  ["pinned", "has 4 pods", "created.pinned", ["notify ScalingDisabled"]],
  ["pinned", "successor wants 3", "created.pinned", ["keepPool"]],
  ["pinned", "workload gone", "orphaned.pinned", []],
  ["pinned", "has 3", "created.pinned", []],
  ["pinned", "has 5", "created.pinned", ["notify ScalingDisabled"]],
  ["pinned", "has 2 of 3", "created.pinned", ["keepPool"]],
  ["pinned", "has 3, without a record", "created.pinned", ["keepPool"]],
  ["pinned", "has drifted", "created.pinned", ["keepPool"]],
  ["pinned", "pool gone", "pending", ["ensurePool 3"]],
  ["pinned", "refused", "created.pinned", []],
  ["pinned, out of its record", "refused", "created.pinned", ["notify SubnetFull"]],
  ["pinned", "capacity changed", "created.pinned", []],
  ["pinned, of another number", "capacity changed", "created.pinned", ["notify ScalingDisabled"]],
  ["pinned, of another number", "pool gone", "pending", ["ensurePool 5"]],

  ["too small", "wants 5", "scaling", ["ensurePool 5"]],
  ["too small", "wants 3", "created.managed", []],
  ["too small", "workload gone", "orphaned.reclaiming", ["removePool p"]],
  ["too small", "has 5", "created.managed", []],
  ["too small", "has 2", "scaling", ["ensurePool 5"]],
  ["too small", "has 3, to be kept", "scaling", ["ensurePool 5"]],
  ["too small", "pool gone", "pending", ["ensurePool 5"]],
  ["too small", "refused", "scaling", ["notify SubnetFull"]],
  ["too small", "capacity changed", "scaling", ["ensurePool 5"]],
  ["record behind", "has 3", "created.managed", []],
  ["record behind", "is another's", "created.managed", ["ensurePool 3"]],

  ["being deleted", "wants 3", "created.managed", []],
  ["being deleted", "successor wants 3", "created.managed", ["ensurePool 3"]],
  ["being deleted", "successor wants 5", "scaling", ["ensurePool 5"]],
  ["being deleted", "workload gone", "orphaned.reclaiming", []],
  ["being deleted", "has 3", "orphaned.reclaiming", ["removePool p"]],
  ["being deleted", "has 3, to be kept", "orphaned.retained", []],
  ["being deleted", "pool gone", "deleted", ["releaseRecord"]],
  ["being deleted", "refused", "orphaned.reclaiming", ["notify SubnetFull"]],
  ["being deleted", "capacity changed", "orphaned.reclaiming", ["removePool p"]],

  ["left behind", "wants 3, to be kept", "created.managed", []],
  ["left behind", "successor wants 3", "created.managed", ["ensurePool 3"]],
  ["left behind", "successor wants 5", "scaling", ["ensurePool 5"]],
  ["left behind", "workload gone", "orphaned.retained", []],
  ["left behind", "has 3, to be kept", "orphaned.retained", []],
  ["left behind", "has 3", "orphaned.reclaiming", ["removePool p"]],
  ["left behind", "has 3, to be kept, without a record", "orphaned.retained", ["keepPool"]],
  ["left behind", "pool gone", "deleted", ["releaseRecord"]],
  ["left behind", "refused", "orphaned.retained", "ignored"],
  ["left behind", "capacity changed", "orphaned.retained", "ignored"],

  ["pinned, left behind", "successor wants 3", "created.pinned", ["keepPool"]],
  ["pinned, left behind", "successor wants 5", "created.pinned", ["keepPool", "notify ScalingDisabled"]],
  ["pinned, left behind", "workload gone", "orphaned.pinned", []],
  ["pinned, left behind", "has 3", "orphaned.pinned", []],
  ["pinned, left behind", "has 3, without a record", "orphaned.pinned", ["keepPool"]],
  ["pinned, left behind", "has 3, to be kept", "orphaned.pinned", []],
  ["pinned, left behind", "pool gone", "deleted", ["releaseRecord"]],
  ["pinned, left behind", "refused", "orphaned.pinned", "ignored"],
  ["pinned, left behind", "capacity changed", "orphaned.pinned", "ignored"],

  ["over", "wants 3", "deleted", "ignored"],
  ["over", "workload gone", "deleted", "ignored"],
  ["over", "has 3", "deleted", "ignored"],
  ["over", "pool gone", "deleted", "ignored"],
  ["over", "refused", "deleted", "ignored"],
  ["over", "capacity changed", "deleted", "ignored"],
];

const PATHS = [...new Set(Object.values(SITUATIONS).map(({ path }) => path))];

const lived = (name: keyof typeof SITUATIONS) => {
  const situation: SituationRow = SITUATIONS[name];
  return restore({ native: situation.native ?? true }, { ...NOTHING_KNOWN, ...situation.facts });
};

function inWords(operation: Operation): string {
  switch (operation.kind) {
    case "ensurePool":
      return `ensurePool ${operation.size}`;
    case "removePool":
      return `removePool ${operation.uid}`;
    case "notify":
      return `notify ${operation.reason}`;
    default:
      return operation.kind;
  }
}

/** The event types that the config handles in each state, inherited handlers included. */
function handledByConfig(): Map<string, Set<string>> {
  const handled = new Map<string, Set<string>>();
  const visit = (node: typeof poolMachine.root, inherited: readonly string[]): void => {
    const types = [...inherited, ...Object.keys(node.config.on ?? {})];
    const children = Object.values(node.states) as (typeof poolMachine.root)[];
    if (children.length === 0) handled.set(node.path.join("."), new Set(types));
    for (const child of children) visit(child, types);
  };
  visit(poolMachine.root, []);
  return handled;
}

const table = suite("pool machine: the decision table");

for (const [name, event, next, operations] of TABLE) {
  const asked = operations === "ignored" ? "is ignored" : operations.join(", ") || "asks for nothing";
  table(`${SITUATIONS[name].path}, ${name}: "${event}" → ${next}, ${asked}`, () => {
    const before = lived(name);

    const after = step(before, EVENTS[event]);

    assert.is(pathOf(before), SITUATIONS[name].path);
    assert.is(pathOf(after.snapshot), next);
    assert.equal(after.operations.map(inWords), operations === "ignored" ? [] : operations);
    if (operations === "ignored") assert.is(after.snapshot, before);
  });
}

table("has a row for every state and every event", () => {
  const present = new Set(TABLE.map(([name, event]) => `${SITUATIONS[name].path} × ${EVENTS[event].type}`));

  const missing = PATHS.flatMap((path) => EVENT_TYPES.map((type) => `${path} × ${type}`)).filter(
    (pair) => !present.has(pair),
  );

  assert.equal(missing, []);
});

table("says the same of a pair only once", () => {
  const pairs = TABLE.map(([name, event]) => `${name} × ${event}`);

  assert.equal(
    pairs.filter((pair, index) => pairs.indexOf(pair) !== index),
    [],
  );
});

table("knows every state of the machine", () => {
  assert.equal([...handledByConfig().keys()].sort(), [...PATHS].sort());
});

table("calls ignored exactly what the machine's literal does not list", () => {
  const handled = handledByConfig();

  for (const [name, event, , operations] of TABLE) {
    const { path } = SITUATIONS[name];
    const pair = `${path} × ${EVENTS[event].type}`;
    assert.is(handled.get(path)?.has(EVENTS[event].type), operations !== "ignored", pair);
  }
});

table("lets no state handle an event that does not exist", () => {
  const known: readonly string[] = EVENT_TYPES;
  for (const [path, types] of handledByConfig()) {
    assert.equal(
      [...types].filter((type) => !known.includes(type)),
      [],
      path,
    );
  }
});

table.run();
