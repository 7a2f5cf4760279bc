/**
 * The life cycle of one automatic pool: facts in, operations out.
 *
 * `docs/lifecycle.md` says in prose what each state means; this literal is the same in XState's words and the source of every
 * picture of it. Pure: no I/O, clock, randomness or Kubernetes; effects are named actions with empty bodies that `step.ts`
 * translates into operations. The state is a function of the facts in `context`, so a snapshot can always be rebuilt.
 * @module
 */
import { assign, setup } from "xstate";
import { type Facts, learn, NOTHING_KNOWN, type PoolEvent } from "./events.ts";
import * as ask from "./questions.ts";

export interface PoolInput {
  /** Whether the application is of a kind whose number of pods autopool understands. */
  readonly native: boolean;
}

export interface PoolContext extends Facts, PoolInput {}

const ensurePool = { type: "ensurePool", params: ask.desiredSize } as const;
const removePool = { type: "removePool", params: ask.poolUid } as const;

const base = setup({
  types: { context: {} as PoolContext, events: {} as PoolEvent, input: {} as PoolInput },
  guards: {
    isNative: ({ context }) => context.native,
    isWanted: ask.isWanted,
    isUnwanted: ask.isUnwanted,
    isUnwantedAndReclaimed: (situation) => ask.isUnwanted(situation) && ask.isReclaimed(situation),
    isReclaimed: ask.isReclaimed,
    isRetained: (situation) => !ask.isReclaimed(situation),
    isAbsentAndUnwanted: (situation) => ask.isAbsent(situation) && ask.isUnwanted(situation),
    isOfWrongSize: ask.isOfWrongSize,
    isOfRightSize: ask.isOfRightSize,
  },
  actions: {
    remember: assign(({ context, event }) => learn(context, event)),
    forgetRefusal: assign({ refusal: undefined }),
    ensurePool: (_, _params: { size: number }) => {},
    keepPool: () => {},
    removePool: (_, _params: { uid: string }) => {},
    releaseRecord: () => {},
    notify: (_, _params: { reason: string; message: string }) => {},
  },
});

/** Asks for the pool once it is known that it is wanted and not there; unknown is not gone. */
const requestPool = base.enqueueActions(({ enqueue, context, event }) => {
  const situation = { context, event };
  if (!ask.isAbsent(situation) || !ask.isWanted(situation)) return;
  enqueue({ type: "ensurePool", params: ask.desiredSize(situation) });
});

/** Puts right what others changed; where nothing is left to do, what was refused once hinders nobody any more. */
const repair = base.enqueueActions(({ enqueue, context, event }) => {
  const situation = { context, event };
  if (ask.hasDrifted(situation)) enqueue({ type: "ensurePool", params: ask.desiredSize(situation) });
  else enqueue("forgetRefusal");
});

const repairKept = base.enqueueActions(({ enqueue, context, event }) => {
  const situation = { context, event };
  if (ask.isKeptAndAstray(situation)) enqueue("keepPool");
  else enqueue("forgetRefusal");
  const message = ask.scalingDisabled(situation);
  if (message) enqueue({ type: "notify", params: { reason: "ScalingDisabled", message } });
});

/** Nobody wants the pool, but its addresses must stand in the ledger as long as it is there. */
const repairRecord = base.enqueueActions(({ enqueue, context, event }) => {
  if (ask.isOutOfPlace({ context, event })) enqueue("keepPool");
});

const tellRefusal = base.enqueueActions(({ enqueue, context }) => {
  if (context.refusal) enqueue({ type: "notify", params: { ...context.refusal } });
});

/** Where a pool is all that is wanted, a refusal is of something that is not wanted any more. */
const heedWhere = (isOpen: (situation: ask.Situation) => boolean) =>
  base.enqueueActions(({ enqueue, context, event }) => {
    if (event.type !== "operation.refused" || !isOpen({ context, event })) return;
    const { type: _, ...refusal } = event;
    enqueue("remember");
    enqueue({ type: "notify", params: refusal });
  });
const heedRefusal = heedWhere(ask.hasDrifted);
const heedRefusalToKeep = heedWhere(ask.isKeptAndAstray);

export const poolMachine = base
  .extend({
    actions: { requestPool, repair, repairKept, repairRecord, tellRefusal, heedRefusal, heedRefusalToKeep },
  })
  .createMachine({
    id: "pool",
    // XState makes a spare actor without input for every transition; an exception in it would cost more than the transition.
    context: ({ input }) => ({ ...NOTHING_KNOWN, native: (input as PoolInput | undefined)?.native ?? false }),
    initial: "pending",
    states: {
      pending: {
        description: "The pool is wanted and not there yet, or not everything is known yet.",
        entry: "requestPool",
        always: { guard: "isAbsentAndUnwanted", target: "deleted" },
        on: {
          "workload.observed": { actions: ["remember", "requestPool"] },
          "workload.gone": { actions: "remember" },
          "pool.observed": [
            { guard: "isNative", target: "created.managed", actions: "remember" },
            { target: "created.pinned", actions: "remember" },
          ],
          "pool.gone": { actions: ["remember", "requestPool"] },
          "operation.refused": { actions: ["remember", "tellRefusal"] },
          "capacity.changed": { actions: ["remember", "requestPool"] },
        },
      },
      created: {
        description: "The pool holds what is wanted.",
        initial: "managed",
        tags: "settled",
        states: {
          managed: {
            description: "A native application's pool: it follows the application's size and end.",
            entry: ["forgetRefusal", "repair"],
            always: [
              { guard: "isUnwantedAndReclaimed", target: "#pool.orphaned.reclaiming" },
              { guard: "isUnwanted", target: "#pool.orphaned.retained" },
              { guard: "isOfWrongSize", target: "#pool.scaling" },
            ],
            on: {
              "workload.observed": { actions: ["remember", "repair"] },
              "workload.gone": { actions: "remember" },
              "pool.observed": { actions: ["remember", "repair"] },
              "pool.gone": { target: "#pool.pending", actions: "remember" },
              "operation.refused": { actions: "heedRefusal" },
              "capacity.changed": { actions: ["remember", "repair"] },
            },
          },
          pinned: {
            description: "A non-native application's pool: it keeps its addresses, whatever is asked for later.",
            tags: "pinned",
            entry: ["forgetRefusal", "repairKept"],
            always: { guard: "isUnwanted", target: "#pool.orphaned.pinned" },
            on: {
              "workload.observed": { actions: ["remember", "repairKept"] },
              "workload.gone": { actions: "remember" },
              "pool.observed": { actions: ["remember", "repairKept"] },
              "pool.gone": { target: "#pool.pending", actions: "remember" },
              "operation.refused": { actions: "heedRefusalToKeep" },
              "capacity.changed": { actions: ["remember", "repairKept"] },
            },
          },
        },
      },
      scaling: {
        description: "Pool or record has another size than wanted: it is being resized, or waits for that.",
        entry: ensurePool,
        always: [
          { guard: "isUnwantedAndReclaimed", target: "orphaned.reclaiming" },
          { guard: "isUnwanted", target: "orphaned.retained" },
          { guard: "isOfRightSize", target: "created.managed" },
        ],
        on: {
          "workload.observed": [{ guard: "isOfWrongSize", actions: ["remember", ensurePool] }, { actions: "remember" }],
          "workload.gone": { actions: "remember" },
          "pool.observed": [{ guard: "isOfWrongSize", actions: ["remember", ensurePool] }, { actions: "remember" }],
          "pool.gone": { target: "pending", actions: "remember" },
          "operation.refused": { actions: ["remember", "tellRefusal"] },
          "capacity.changed": { actions: ["remember", ensurePool] },
        },
      },
      orphaned: {
        description: "The application no longer wants the pool, and the pool is still there.",
        initial: "retained",
        tags: "settled",
        on: { "pool.gone": { target: "deleted", actions: "remember" } },
        states: {
          reclaiming: {
            description: "The pool is being deleted; it goes when its last address is free.",
            entry: ["forgetRefusal", removePool],
            always: [
              { guard: "isWanted", target: "#pool.created.managed" },
              { guard: "isRetained", target: "retained" },
            ],
            on: {
              "workload.observed": { actions: "remember" },
              "workload.gone": { actions: "remember" },
              "pool.observed": [{ guard: "isReclaimed", actions: ["remember", removePool] }, { actions: "remember" }],
              "operation.refused": { actions: ["remember", "tellRefusal"] },
              "capacity.changed": { actions: ["remember", removePool] },
            },
          },
          retained: {
            description: "The pool is kept until a person deletes it or a successor takes it over.",
            entry: ["forgetRefusal", "repairRecord"],
            always: [
              { guard: "isWanted", target: "#pool.created.managed" },
              { guard: "isReclaimed", target: "reclaiming" },
            ],
            on: {
              "workload.observed": { actions: "remember" },
              "workload.gone": { actions: "remember" },
              "pool.observed": { actions: ["remember", "repairRecord"] },
            },
          },
          pinned: {
            description: "A non-native application's pool without its application: kept like a retained one.",
            tags: "pinned",
            entry: ["forgetRefusal", "repairRecord"],
            always: { guard: "isWanted", target: "#pool.created.pinned" },
            on: {
              "workload.observed": { actions: "remember" },
              "workload.gone": { actions: "remember" },
              "pool.observed": { actions: ["remember", "repairRecord"] },
            },
          },
        },
      },
      deleted: {
        description: "Neither wanted nor there: the addresses go back to the subnet.",
        type: "final",
        entry: ["forgetRefusal", "releaseRecord"],
      },
    },
  });
