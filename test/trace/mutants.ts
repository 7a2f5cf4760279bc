/**
 * Every machine that differs from the pool's in one place: a guard turned round, a transition, an action or an entry left out, or
 * another target.
 *
 * Made from the machine's own configuration, so that what is added to it later is mutated too.
 * @module
 */

import { createMachine, not } from "xstate";
import { poolMachine } from "../../machines/pool.ts";

export interface Mutant {
  /** Where and what, e.g. `scaling on pool.gone: no action remember`. */
  readonly name: string;
  readonly machine: typeof poolMachine;
}

/** The parts of XState's configuration that the pool's machine uses. */
interface Node {
  initial?: string;
  entry?: unknown;
  always?: unknown;
  on?: Record<string, unknown>;
  states?: Record<string, Node>;
}

interface Edge {
  target?: string;
  guard?: unknown;
  actions?: unknown;
}

type Place = "always" | `on ${string}`;

/** Yields all mutants. */
export function* mutants(): Generator<Mutant> {
  const original = poolMachine.config as Node;
  const targets = Object.keys(leaves(original)).map((path) => `#pool.${path}`);
  for (const path of statePaths(original)) yield* mutantsOf(original, path, targets);
}

function* mutantsOf(original: Node, path: readonly string[], targets: readonly string[]): Generator<Mutant> {
  const at = path.join(".") || "the machine";
  const change = (name: string, edit: (node: Node) => void): Mutant => {
    const config = copy(original);
    edit(nodeAt(config, path));
    return { name: `${at}: ${name}`, machine: build(config) };
  };
  const node = nodeAt(original, path);
  for (const [index, action] of list(node.entry).entries()) {
    yield change(`no ${nameOf(action)} on entry`, (mutant) => {
      mutant.entry = list(mutant.entry).toSpliced(index, 1);
    });
  }
  const places: Place[] = [...(node.always ? (["always"] as const) : []), ...Object.keys(node.on ?? {}).map(placeOf)];
  for (const place of places) {
    for (const [index, edge] of edgesAt(node, place).entries()) {
      const where = `${place}${index > 0 ? ` (${index + 1}.)` : ""}`;
      const withEdge = (name: string, edit: (edge: Edge) => Edge | undefined): Mutant =>
        change(`${where} ${name}`, (mutant) => {
          const edges = edgesAt(mutant, place);
          const edited = edit(edges[index] as Edge);
          setEdges(mutant, place, edged(edges, index, edited));
        });
      yield withEdge("left out", () => undefined);
      if (edge.guard)
        yield withEdge(`with ${edge.guard} turned round`, (e) => ({ ...e, guard: not(e.guard as never) }));
      if (edge.target) {
        const other =
          targets[(targets.findIndex((target) => target.endsWith(edge.target as string)) + 2) % targets.length];
        yield withEdge(`to ${other} instead of ${edge.target}`, (e) => ({ ...e, target: other as string }));
      }
      for (const [number, action] of list(edge.actions).entries()) {
        yield withEdge(`without ${nameOf(action)}`, (e) => ({ ...e, actions: list(e.actions).toSpliced(number, 1) }));
      }
    }
  }
}

function build(config: Node): typeof poolMachine {
  // Some go round in circles.
  const options = { maxIterations: 100 };
  return createMachine(
    { ...config, options } as never,
    poolMachine.implementations as never,
  ) as unknown as typeof poolMachine;
}

function leaves(node: Node, path: readonly string[] = []): Record<string, Node> {
  if (!node.states) return { [path.join(".")]: node };
  return Object.assign({}, ...Object.entries(node.states).map(([name, inner]) => leaves(inner, [...path, name])));
}

function statePaths(node: Node, path: readonly string[] = []): string[][] {
  return [
    [...path],
    ...Object.entries(node.states ?? {}).flatMap(([name, inner]) => statePaths(inner, [...path, name])),
  ];
}

function nodeAt(node: Node, path: readonly string[]): Node {
  return path.reduce((outer, name) => (outer.states as Record<string, Node>)[name] as Node, node);
}

const placeOf = (event: string): Place => `on ${event}`;

function edgesAt(node: Node, place: Place): Edge[] {
  const value = place === "always" ? node.always : node.on?.[place.slice(3)];
  return list(value).map((edge) => (typeof edge === "string" ? { target: edge } : (edge as Edge)));
}

function setEdges(node: Node, place: Place, edges: Edge[]): void {
  if (place === "always") node.always = edges;
  else if (node.on) node.on[place.slice(3)] = edges;
}

function edged(edges: readonly Edge[], index: number, edge: Edge | undefined): Edge[] {
  return edges.toSpliced(index, 1, ...(edge ? [edge] : []));
}

function list(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function nameOf(action: unknown): string {
  return typeof action === "string" ? action : (action as { type: string }).type;
}

/** Copies objects and lists; functions, which name parameters, stay the same. */
function copy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copy) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copy(member)])) as T;
}
