/**
 * A breadth-first walk over everything that `step` can reach from a fresh machine with a given alphabet.
 *
 * It knows nothing of XState's own graph tools, so that the two can be held against each other.
 * @module
 */
import type { PoolEvent } from "../../machines/events.ts";
import type { Operation } from "../../machines/operations.ts";
import type { PoolInput } from "../../machines/pool.ts";
import { type PoolSnapshot, pathOf, start, step } from "../../machines/step.ts";

export interface Node {
  readonly path: string;
  readonly snapshot: PoolSnapshot;
}

export interface Edge {
  readonly from: Node;
  readonly event: PoolEvent;
  readonly to: Node;
  readonly operations: readonly Operation[];
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

/**
 * Returns every snapshot that can be reached, and every step between two of them.
 *
 * @throws {RangeError} If there are more than `limit` snapshots: the alphabet, or the machine's context, is not finite.
 */
export function explore(input: PoolInput, alphabet: readonly PoolEvent[], limit = 20_000): Graph {
  const nodes = new Map<string, Node>();
  const edges: Edge[] = [];
  const visit = (snapshot: PoolSnapshot): Node => {
    const path = pathOf(snapshot);
    const key = `${path} ${JSON.stringify(snapshot.context)}`;
    const known = nodes.get(key);
    if (known) return known;
    if (nodes.size >= limit) throw new RangeError(`Cannot exhaust the graph: it has more than ${limit} snapshots`);
    const node = { path, snapshot };
    nodes.set(key, node);
    return node;
  };
  visit(start(input));
  for (const from of nodes.values()) {
    for (const event of alphabet) {
      const { snapshot, operations } = step(from.snapshot, event);
      edges.push({ from, event, to: visit(snapshot), operations });
    }
  }
  return { nodes: [...nodes.values()], edges };
}

/** Returns the nodes from which a node that satisfies `goal` can be reached, those nodes included. */
export function leadingTo({ nodes, edges }: Graph, goal: (node: Node) => boolean): Set<Node> {
  const sources = new Map<Node, Node[]>(nodes.map((node) => [node, []]));
  for (const { from, to } of edges) sources.get(to)?.push(from);
  const found = new Set(nodes.filter(goal));
  for (const node of found) for (const source of sources.get(node) ?? []) found.add(source);
  return found;
}

/** Describes an edge for a failing test. */
export function describeEdge({ from, event, to, operations }: Edge): string {
  const asked = operations.map((operation) => JSON.stringify(operation)).join(" ") || "nothing";
  return `${from.path} ${JSON.stringify(from.snapshot.context)} --${JSON.stringify(event)}--> ${to.path} asks for ${asked}`;
}
