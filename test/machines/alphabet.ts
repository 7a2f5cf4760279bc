/**
 * A finite alphabet of events: small domains whose product holds every case that the pool machine tells apart.
 *
 * Sizes are 0 (a boundary), 2 and 3 (more and fewer than each other); there are two applications, a predecessor and its
 * successor, and each one's pool object has a UID of its own. Without such bounds a walk of the graph never ends.
 * @module
 */
import type { PoolEvent, PoolFact, WorkloadFact } from "../../machines/events.ts";

export const OWNERS = ["a", "b"] as const;
export const EVENT_TYPES = [
  "workload.observed",
  "workload.gone",
  "pool.observed",
  "pool.gone",
  "operation.refused",
  "capacity.changed",
] as const satisfies readonly PoolEvent["type"][];

const SIZES = [0, 2, 3] as const;
/** Equal, the record ahead (a grow that was interrupted), and the record behind (a record cut by hand). */
const HELD = [
  { size: 0, reserved: 0 },
  { size: 2, reserved: 2 },
  { size: 3, reserved: 3 },
  { size: 2, reserved: 3 },
  { size: 3, reserved: 0 },
] as const;
/** Each blemish with one of the two reclaim rules: the machine's answers to them do not depend on each other. */
const MARKS = [
  { reclaim: true, terminating: false, drifted: false },
  { reclaim: true, terminating: false, drifted: true },
  { reclaim: false, terminating: false, drifted: false },
  { reclaim: false, terminating: true, drifted: false },
] as const;

export const REFUSED = {
  type: "operation.refused",
  reason: "SubnetFull",
  message: "2 are free, 3 are needed",
} as const;

/** Returns every application fact of the alphabet; that pools vary in `reclaim` is enough for it to agree and to differ. */
export function workloadFacts(): WorkloadFact[] {
  return SIZES.flatMap((desired) => OWNERS.map((uid) => ({ desired, uid, reclaim: uid === "a", pods: desired })));
}

/** Returns every pool fact of the alphabet. */
export function poolFacts(): PoolFact[] {
  return HELD.flatMap((held) =>
    OWNERS.flatMap((owner) => MARKS.map((marks) => ({ ...held, ...marks, owner, inUse: 0, uid: `pool-of-${owner}` }))),
  );
}

/** Returns every event of the alphabet. */
export function alphabet(): PoolEvent[] {
  return [
    ...workloadFacts().map((fact) => ({ type: "workload.observed" as const, ...fact })),
    { type: "workload.gone" },
    ...poolFacts().map((fact) => ({ type: "pool.observed" as const, ...fact })),
    { type: "pool.gone" },
    REFUSED,
    { type: "capacity.changed" },
  ];
}
