/**
 * What a pool's machine does in each state on each event, found by exhausting everything that it can reach.
 *
 * Nothing here is written by hand but why an event is ignored: a machine cannot say that itself.
 * @module
 */
import type { PoolEvent } from "../../machines/events.ts";
import type { Asked, MachineGraph } from "../../src/view/machine-graph.ts";
import { EVENT_TYPES } from "./alphabet.ts";
import { everyWay, type Way } from "./walk.ts";

/** One way in which a state answers an event. */
export interface Decision {
  readonly state: string;
  readonly event: PoolEvent["type"];
  /** The guards that hold, in the order in which they are asked. */
  readonly guards: readonly string[];
  readonly target: string;
  readonly operations: readonly Asked[];
}

export interface Ignored {
  readonly state: string;
  readonly event: PoolEvent["type"];
  readonly because: string;
}

export interface DecisionTable {
  readonly decisions: readonly Decision[];
  readonly ignored: readonly Ignored[];
}

const BECAUSE_FINAL = "nothing leaves a final state; who wants the pool again gets a new machine";
/** Why a state that is not final does not look at an event. */
const BECAUSE: Partial<Record<PoolEvent["type"], string>> = {
  "operation.refused": "the pool is kept, and nobody waits for what was refused",
  "capacity.changed": "the pool is kept, and waits for no addresses",
};

/** Returns the whole table, in the order of the machine's states and of the events' alphabet. */
export function decisionTable(graph: MachineGraph): DecisionTable {
  const byPair = Map.groupBy(everyWay(graph), ({ from, event }) => `${from} ${event}`);
  const decisions: Decision[] = [];
  const ignored: Ignored[] = [];
  for (const { path, isFinal } of graph.states.filter(({ initial }) => initial === undefined)) {
    for (const event of EVENT_TYPES) {
      const ofPair = byPair.get(`${path} ${event}`) ?? [];
      if (ofPair.some(({ route }) => route.length > 0)) decisions.push(...decide(graph, path, event, ofPair));
      else ignored.push({ state: path, event, because: because(path, event, isFinal) });
    }
  }
  return { decisions, ignored };
}

function decide(graph: MachineGraph, state: string, event: Decision["event"], ways: readonly Way[]): Decision[] {
  const byRoute = Map.groupBy(ways, ({ route }) => route.map((edge) => graph.edges.indexOf(edge)).join(" "));
  const inOrder = [...byRoute.values()].sort(([a], [b]) => compare(orderOf(graph, a), orderOf(graph, b)));
  return inOrder.map((alike) => ({
    state,
    event,
    guards: alike[0]?.route.flatMap(({ guard }) => guard ?? []) ?? [],
    target: alike[0]?.to ?? state,
    operations: askedBy(alike),
  }));
}

/** A state tries its edges in order, and to stay is what is left. */
const orderOf = (graph: MachineGraph, way: Way | undefined): number[] => [
  ...(way?.route ?? []).map((edge) => graph.edges.indexOf(edge)),
  graph.edges.length,
];

function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}

function askedBy(ways: readonly Way[]): Asked[] {
  const counts = new Map<string, number>();
  for (const { operations } of ways) {
    for (const kind of operations) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => ({ kind, isCertain: count === ways.length }));
}

/** @throws {RangeError} If nobody has said why. */
function because(state: string, event: Ignored["event"], isFinal: boolean): string {
  const reason = isFinal ? BECAUSE_FINAL : BECAUSE[event];
  if (!reason)
    throw new RangeError(`Cannot say why "${state}" ignores "${event}": give the reason in ${import.meta.filename}`);
  return reason;
}
