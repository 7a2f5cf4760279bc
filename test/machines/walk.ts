/**
 * A second opinion on the pool machine: the graph of `src/view`, walked by the machine's own guards as XState's rules say.
 *
 * The innermost state's first edge whose guard holds is taken; then, again and again, the first one without an event.
 * @module
 */
import type { PoolEvent } from "../../machines/events.ts";
import type { Operation } from "../../machines/operations.ts";
import { type PoolContext, poolMachine } from "../../machines/pool.ts";
import { ALWAYS, edgesFrom, type GraphEdge, type MachineGraph } from "../../src/view/machine-graph.ts";
import { alphabet } from "./alphabet.ts";
import { explore } from "./explore.ts";

/** A step of the machine, whatever the facts were, and the edges of the graph that it went along. */
export interface Way {
  readonly from: string;
  readonly event: PoolEvent["type"];
  readonly to: string;
  readonly operations: readonly Operation["kind"][];
  readonly route: readonly GraphEdge[];
}

type Guard = (situation: { context: PoolContext; event: PoolEvent }) => boolean;

const guards = poolMachine.implementations.guards as unknown as Readonly<Record<string, Guard>>;

/** Returns the edges that the event leads along, in order; none where the state ignores it. */
export function walk(graph: MachineGraph, from: string, context: PoolContext, event: PoolEvent): GraphEdge[] {
  const holds = ({ guard }: GraphEdge): boolean => guard === undefined || guards[guard]?.({ context, event }) === true;
  const route: GraphEdge[] = [];
  let at = from;
  let edge = edgesFrom(graph, at, event.type).find(holds);
  while (edge) {
    route.push(edge);
    if (edge.source !== edge.target) at = edge.target;
    edge = edgesFrom(graph, at, ALWAYS).find(holds);
  }
  return route;
}

/** Returns every different way in which the machine can step, for native applications and others. */
export function everyWay(graph: MachineGraph): Way[] {
  const ways = new Map<string, Way>();
  for (const native of [true, false]) {
    for (const { from, event, to, operations } of explore({ native }, alphabet()).edges) {
      const route = walk(graph, from.path, from.snapshot.context, event);
      const kinds = operations.map(({ kind }) => kind);
      const key = [from.path, event.type, to.path, ...kinds, ...route.map((edge) => graph.edges.indexOf(edge))].join(
        " ",
      );
      if (!ways.has(key)) ways.set(key, { from: from.path, event: event.type, to: to.path, operations: kinds, route });
    }
  }
  return [...ways.values()];
}
