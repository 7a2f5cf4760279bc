/**
 * A machine as states and edges: what every picture, the decision table and the live page are made from.
 *
 * Plain data, made from the plain JSON of the machine's literal and a table of what its actions ask for; XState is not needed
 * at run time. A state is named by its path (`created.managed`), an edge by `source->target`; several edges may have one name.
 * @module
 */
import { type Named, type PlainMachine, type PlainState, type PlainTransition, plainMachine } from "./machine-json.ts";

/** An operation that a state or an edge asks for. */
export interface Asked {
  readonly kind: string;
  /** Whether it is asked for each time, or only where the facts call for it. */
  readonly isCertain: boolean;
}

export interface GraphState {
  /** The names of the state and of all around it, e.g. `created.managed`. */
  readonly path: string;
  readonly name: string;
  readonly parent?: string;
  readonly description: string;
  /** Its own tags and those of the states around it. */
  readonly tags: readonly string[];
  /** Actions on entry, and the operations that they ask for. */
  readonly entry: readonly string[];
  readonly operations: readonly Asked[];
  /** Path of the substate that is entered first; absent where there are none. */
  readonly initial?: string;
  readonly isFinal: boolean;
}

export interface GraphEdge {
  /** `source->target`, the same for all edges between the two. */
  readonly id: string;
  readonly source: string;
  /** The source itself where the state is not left. */
  readonly target: string;
  /** An event's type, or `always`: as soon as the guard holds. */
  readonly event: string;
  readonly guard?: string;
  readonly actions: readonly string[];
  readonly operations: readonly Asked[];
}

export interface MachineGraph {
  readonly id: string;
  readonly initial: string;
  /** Outer states before their substates. */
  readonly states: readonly GraphState[];
  /** In the order in which a state tries them. */
  readonly edges: readonly GraphEdge[];
}

export const ALWAYS = "always";

/**
 * What each action asks for, with `?` where only if the facts call for it; an action that is not listed asks for the operation
 * of its own name.
 */
export type AsksOf = Readonly<Record<string, readonly string[]>>;

/**
 * Returns the graph of a machine.
 *
 * @param config the machine's literal, `machine.config`
 * @param asks the operations of the actions that are not operations themselves
 * @throws {TypeError} If the literal holds what cannot be drawn, or a target that does not exist.
 */
export function machineGraph(config: object, asks: AsksOf = {}): MachineGraph {
  const machine = plainMachine(config);
  const states = statesOf(machine, asks);
  const edges = states.flatMap(({ path }) => edgesOf(machine, path, stateAt(machine, path), asks));
  const known = new Set(states.map(({ path }) => path));
  for (const { id, source, target } of edges) {
    if (!known.has(target))
      throw new TypeError(`Cannot draw ${machine.id}.${source}: there is no state "${target}" (${id})`);
  }
  return { id: machine.id, initial: machine.initial ?? "", states, edges };
}

function statesOf(machine: PlainMachine, asks: AsksOf): GraphState[] {
  const visit = (states: PlainState["states"], parent: GraphState | undefined): GraphState[] =>
    Object.entries(states ?? {}).flatMap(([name, state]) => {
      const path = parent ? `${parent.path}.${name}` : name;
      const entry = namesOf(state.entry);
      const made: GraphState = {
        path,
        name,
        ...(parent ? { parent: parent.path } : {}),
        description: state.description ?? "",
        tags: [...(parent?.tags ?? []), ...(state.tags ?? [])],
        entry,
        operations: operationsOf(entry, asks),
        ...(state.initial === undefined ? {} : { initial: `${path}.${state.initial}` }),
        isFinal: state.type === "final",
      };
      return [made, ...visit(state.states, made)];
    });
  return visit(machine.states, undefined);
}

function edgesOf(machine: PlainMachine, source: string, state: PlainState, asks: AsksOf): GraphEdge[] {
  const edge = (event: string, { guard, target, actions }: PlainTransition): GraphEdge => {
    const to = target === undefined ? source : resolve(machine.id, source, target);
    const names = namesOf(actions);
    return {
      id: `${source}->${to}`,
      source,
      target: to,
      event,
      ...(guard ? { guard: guard.type } : {}),
      actions: names,
      operations: operationsOf(names, asks),
    };
  };
  return [
    ...(state.always ?? []).map((transition) => edge(ALWAYS, transition)),
    ...Object.entries(state.on ?? {}).flatMap(([event, list]) => list.map((transition) => edge(event, transition))),
  ];
}

/** As XState does: `#machine.path` from the root, `.child` from the state itself, all else from the state around it. */
function resolve(machine: string, source: string, target: string): string {
  if (target.startsWith(`#${machine}.`)) return target.slice(machine.length + 2);
  if (target.startsWith(".")) return source + target;
  const around = source.split(".").slice(0, -1);
  return [...around, target].join(".");
}

function stateAt(machine: PlainMachine, path: string): PlainState {
  const none: PlainState = {};
  return path.split(".").reduce((state: PlainState, name) => state.states?.[name] ?? none, machine);
}

function operationsOf(actions: readonly string[], asks: AsksOf): Asked[] {
  const found = new Map<string, Asked>();
  for (const action of actions) {
    for (const asked of asks[action] ?? [action]) {
      const kind = asked.replace(/\?$/, "");
      found.set(kind, { kind, isCertain: asked === kind || found.get(kind)?.isCertain === true });
    }
  }
  return [...found.values()];
}

const namesOf = (list: readonly Named[] = []): string[] => list.map(({ type }) => type);

/** Returns the state of a path. @throws {RangeError} If there is none. */
export function stateOfPath({ id, states }: MachineGraph, path: string): GraphState {
  const state = states.find((candidate) => candidate.path === path);
  if (!state) throw new RangeError(`Cannot find state "${path}" in machine "${id}"`);
  return state;
}

/** Returns the states directly inside a state, or those of the top level. */
export const statesIn = ({ states }: MachineGraph, parent?: string): GraphState[] =>
  states.filter((state) => state.parent === parent);

/** Returns the edges that a state tries for an event, its own before those of the states around it. */
export function edgesFrom({ edges }: MachineGraph, path: string, event: string): GraphEdge[] {
  const parts = path.split(".");
  const around = parts.map((_, index) => parts.slice(0, parts.length - index).join("."));
  return around.flatMap((source) => edges.filter((edge) => edge.source === source && edge.event === event));
}
