/**
 * Which edges of a picture one step of a machine went along.
 *
 * A step tells its event and the states before and after it; between them a machine may have passed other states, whose guards
 * held at once. The shortest such way is the one that was taken: `test/view/edge-route.test.ts` holds that against everything
 * that the pool machine can do.
 * @module
 */
import { ALWAYS, edgesFrom, type GraphEdge, type MachineGraph, statesIn } from "./machine-graph.ts";

/** What a trace tells of a step. */
export interface StepTaken {
  readonly from: string;
  /** The event's type. */
  readonly event: string;
  readonly to: string;
}

/**
 * Returns the ids of the edges that a step went along, in order; none where the state ignores the event or the step is impossible.
 * A step that stays, and asks for something or only remembers, went along `source->source`.
 */
export function edgeRoute(graph: MachineGraph, { from, event, to }: StepTaken): string[] {
  let ways = edgesFrom(graph, from, event).map((edge) => [edge]);
  const seen = new Set<string>();
  while (ways.length > 0) {
    const taken = ways.find((way) => endOf(graph, from, way) === to);
    if (taken) return taken.map(({ id }) => id);
    ways = ways.flatMap((way) => {
      const end = endOf(graph, from, way);
      if (seen.has(end)) return [];
      seen.add(end);
      return edgesFrom(graph, end, ALWAYS).map((edge) => [...way, edge]);
    });
  }
  return [];
}

/** Where a way leads; an edge of an outer state that leads nowhere else leaves its substate as it is. */
function endOf(graph: MachineGraph, from: string, way: readonly GraphEdge[]): string {
  return way.reduce((at, { source, target }) => (source === target ? at : innermost(graph, target)), from);
}

function innermost(graph: MachineGraph, path: string): string {
  const first = statesIn(graph, path)[0];
  if (!first) return path;
  const { initial } = graph.states.find((state) => state.path === path) ?? {};
  return innermost(graph, initial ?? first.path);
}
