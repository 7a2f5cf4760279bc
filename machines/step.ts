/**
 * The only caller of XState's `transition`: from a snapshot and a fact to the next snapshot and the operations it asks for.
 *
 * Pure. `restore` rebuilds from facts alone what a fresh process should hold; it asks for nothing, since the next fact will.
 * @module
 */
import { initialTransition, type SnapshotFrom, type StateMachine, transition } from "xstate";
import { eventsOf, type Facts, type PoolEvent } from "./events.ts";
import type { Operation } from "./operations.ts";
import { type PoolInput, poolMachine } from "./pool.ts";

export type PoolSnapshot = SnapshotFrom<typeof poolMachine>;

/** The five names of the top level. */
export type PoolState = "pending" | "created" | "scaling" | "orphaned" | "deleted";

export interface Step {
  readonly snapshot: PoolSnapshot;
  /** What is now wanted, at most one operation of each kind. */
  readonly operations: readonly Operation[];
}

/** How a machine goes from snapshot to snapshot. */
export interface Stepper {
  /** Returns the snapshot of a pool of which nothing is known. */
  start(input: PoolInput): PoolSnapshot;
  /** Returns what a snapshot becomes by a fact, and what it then asks for. */
  step(snapshot: PoolSnapshot, event: PoolEvent): Step;
  /** Returns the snapshot that a process which has seen exactly these facts holds. */
  restore(input: PoolInput, facts: Facts): PoolSnapshot;
}

/** Returns the steps of a machine that is, or is a variation of, the pool's: tests hold recorded traces against wrong ones. */
export function stepperOf(machine: typeof poolMachine): Stepper {
  const begin = (input: PoolInput): PoolSnapshot => initialTransition(machine, input)[0];
  const advance = (snapshot: PoolSnapshot, event: PoolEvent): Step => {
    const [next, actions] = transition(machine, snapshot, event);
    const operations = new Map<Operation["kind"], Operation>();
    for (const action of actions as unknown as ActionsOf<typeof poolMachine>[]) {
      const operation = toOperation(action);
      if (operation) operations.set(operation.kind, operation);
    }
    return { snapshot: next, operations: [...operations.values()] };
  };
  return {
    start: begin,
    step: advance,
    restore: (input, facts) =>
      eventsOf(facts).reduce((snapshot, event) => advance(snapshot, event).snapshot, begin(input)),
  };
}

/** The steps of the pool's machine. */
export const poolStepper: Stepper = stepperOf(poolMachine);
export const { start, step, restore } = poolStepper;

/** Returns the top-level state's name. */
export function stateOf(snapshot: PoolSnapshot): PoolState {
  const { value } = snapshot;
  return (typeof value === "string" ? value : Object.keys(value)[0]) as PoolState;
}

/** Returns the state with its substate, e.g. `created.pinned`. */
export function pathOf(snapshot: PoolSnapshot): string {
  const { value } = snapshot;
  if (typeof value === "string") return value;
  return Object.entries(value)
    .map(([outer, inner]) => `${outer}.${inner}`)
    .join();
}

/** Narrows: `ExecutableActionsFrom` does not distribute over the union of actions. */
type ActionsOf<M> =
  M extends StateMachine<
    infer _Context,
    infer _Event,
    infer _Children,
    infer _Actor,
    infer Action,
    infer _Guard,
    infer _Delay,
    infer _Value,
    infer _Tag,
    infer _Input,
    infer _Output,
    infer _Emitted,
    infer _Meta,
    infer _Schema
  >
    ? Action
    : never;

function toOperation(action: ActionsOf<typeof poolMachine>): Operation | undefined {
  switch (action.type) {
    case "ensurePool":
      return { kind: "ensurePool", size: action.params.size };
    case "removePool":
      return { kind: "removePool", uid: action.params.uid };
    case "notify":
      return { kind: "notify", ...action.params };
    case "keepPool":
    case "releaseRecord":
      return { kind: action.type };
    default: // assignments and the actions that only choose among the others
      return undefined;
  }
}
