/**
 * What stands on an edge and in a state of a picture, line by line; the same words in every format.
 *
 * `event [guard] / operation`, as in UML: a `?` behind an operation says "only where the facts call for it". Edges between the
 * same two states are one line in a picture, with one text line for each way in which it is taken.
 * @module
 */
import { ALWAYS, type Asked, type GraphEdge, type GraphState, type MachineGraph } from "./machine-graph.ts";

/** All edges from one state to another. */
export interface EdgeGroup {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly lines: readonly string[];
}

/** Returns the edges that leave their state, merged where they join the same two. */
export function edgeGroups({ edges }: MachineGraph): EdgeGroup[] {
  const groups = Map.groupBy(
    edges.filter(({ source, target }) => source !== target),
    ({ id }) => id,
  );
  return [...groups].map(([id, [first, ...others]]) => {
    const { source, target } = first as GraphEdge;
    return { id, source, target, lines: linesOf([first as GraphEdge, ...others]) };
  });
}

/** Returns what a state asks for on entry, and on what it is told while it stays; events that are only remembered last. */
export function stateLines({ edges }: MachineGraph, { path, operations }: GraphState): string[] {
  const inner = edges.filter(({ source, target }) => source === path && target === path);
  const isHeard = inner.filter((edge) => edge.operations.length > 0);
  return [...(operations.length > 0 ? [`entry / ${asksText(operations)}`] : []), ...linesOf(isHeard)];
}

/** Returns operations as text; of several they are joined by commas. */
export const asksText = (operations: readonly Asked[]): string =>
  operations.map(({ kind, isCertain }) => (isCertain ? kind : `${kind}?`)).join(", ");

function linesOf(edges: readonly GraphEdge[]): string[] {
  const byEffect = Map.groupBy(edges, (edge) => `${guardText(edge)}${effectText(edge)}`);
  return [...byEffect].map(([effect, alike]) => {
    const events = alike.map(({ event }) => event).filter((event) => event !== ALWAYS);
    return `${events.join(", ")}${effect}`.trim();
  });
}

const guardText = ({ guard }: GraphEdge): string => (guard === undefined ? "" : ` [${guard}]`);

const effectText = ({ operations }: GraphEdge): string => (operations.length > 0 ? ` / ${asksText(operations)}` : "");

/** Breaks a line behind commas and before the operations, where it is wider than a state should be. */
export function wrapped(line: string, width = 34): string[] {
  const lines: string[] = [];
  for (const word of line.split(/(?<=,) |(?= \/ )/)) {
    const last = lines.at(-1);
    const joined = `${last}${word.startsWith(" ") ? "" : " "}${word}`;
    if (last === undefined || joined.length > width) lines.push(word.trim());
    else lines[lines.length - 1] = joined;
  }
  return lines;
}
