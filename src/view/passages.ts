/**
 * What a machine's steps mean beside the two states that a trace tells: edges, and what is forgotten on the way.
 *
 * A machine has few different steps, and each is looked up once. Pure.
 * @module
 */

import { edgeRoute } from "./edge-route.ts";
import type { MachineGraph } from "./machine-graph.ts";

/** The action that ends a refusal on entry into a state. */
const FORGETS = "forgetRefusal";

export interface Passage {
  /** Ids of the edges that the step went along. */
  readonly edges: readonly string[];
  readonly forgetsRefusal: boolean;
  /** Whether the life of the pool is over with it. */
  readonly isEnd: boolean;
}

export class Passages {
  readonly #graph: MachineGraph;
  readonly #known = new Map<string, Passage>();

  constructor(graph: MachineGraph) {
    this.#graph = graph;
  }

  /** Returns what a step means; one of another machine goes along no edge. */
  of(from: string, event: string, to: string): Passage {
    const name = `${from} ${event} ${to}`;
    const known = this.#known.get(name);
    if (known) return known;
    const route = edgeRoute(this.#graph, { from, event, to });
    // On the way elsewhere a machine takes note first, which is no staying.
    const edges = from === to ? route : route.filter((id) => !isStay(id));
    const entered = from === to ? [] : [...edges.map((id) => id.slice(id.indexOf("->") + 2)), to];
    const states = this.#graph.states.filter(({ path }) => entered.includes(path));
    const passage: Passage = {
      edges,
      forgetsRefusal: states.some(({ entry }) => entry.includes(FORGETS)),
      isEnd: states.some(({ isFinal }) => isFinal),
    };
    this.#known.set(name, passage);
    return passage;
  }
}

const isStay = (id: string): boolean => {
  const [source, target] = id.split("->");
  return source === target;
};
