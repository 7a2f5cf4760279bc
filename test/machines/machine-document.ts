/**
 * The text of `docs/machines.md`, made from the machines' code.
 * @module
 */
import { knownMachines } from "../../src/view/known-machines.ts";
import type { Asked, MachineGraph } from "../../src/view/machine-graph.ts";
import { machineMermaid } from "../../src/view/mermaid.ts";
import { type Decision, type DecisionTable, decisionTable } from "./decision-table.ts";

export const DOCUMENT = "docs/machines.md";

/** Returns the decision table of each machine, which takes a few seconds. */
export function decisionTables(): Record<string, DecisionTable> {
  return { pool: decisionTable(knownMachines["pool"]?.graph() as MachineGraph) };
}

/**
 * Returns the whole document.
 * @throws {RangeError} If a machine has no decision table.
 */
export function machineDocument(tables: Readonly<Record<string, DecisionTable>>): string {
  const sections = Object.entries(knownMachines).map(([name, { summary, graph }]) => {
    const table = tables[name];
    if (!table) throw new RangeError(`Cannot document machine "${name}": it has no decision table`);
    return section(name, summary, graph(), table);
  });
  return `# The machines

Written by \`npm run docs\` from [\`machines/\`](../machines) and held to it by a test: change the code, not this page. What the words mean says
[lifecycle.md](lifecycle.md). \`autopool graph\` prints the pictures, also as SVG, for Graphviz, and as JSON for XState's own tools.

${sections.join("\n")}`;
}

function section(name: string, summary: string, graph: MachineGraph, table: DecisionTable): string {
  return `## ${name}

In one sentence: ${summary}.

\`\`\`mermaid
${machineMermaid(graph)}\`\`\`

An arrow says \`event [guard] / operation\`; without an event it is taken as soon as its guard holds. Inside a state stands what it asks
for when it is entered, and on which event while it stays. \`operation?\` is asked for only where the facts call for it. A double border:
pinned.

### States

| state | what it means | tags | asks for on entry |
|---|---|---|---|
${graph.states.map((state) => row(code(state.path), state.description, state.tags.map(code).join(" "), asks(state.operations))).join("\n")}

### Decisions

Each way in which a state answers an event: the guards that hold, in the order in which they are asked, the state that this leads to, and
what is asked for on the way. Found by exhausting every state that the machine can reach with an alphabet of events in which each case
stands that it tells apart (\`test/machines/alphabet.ts\`).

| in state | on event | where | becomes | asks for |
|---|---|---|---|---|
${table.decisions.map((decision) => decisionRow(decision, table)).join("\n")}

### Ignored

What a state does not even look at, and why.

| in state | on event | ignored, because |
|---|---|---|
${table.ignored.map(({ state, event, because }) => row(code(state), code(event), because)).join("\n")}
`;
}

function decisionRow(decision: Decision, { decisions }: DecisionTable): string {
  const { state, event, guards, target, operations } = decision;
  const alternatives = decisions.filter((other) => other.state === state && other.event === event);
  const otherwise = alternatives.length > 1 ? "otherwise" : "";
  const where = guards.map(code).join(", then ") || otherwise;
  return row(code(state), code(event), where, target === state ? "the same" : code(target), asks(operations));
}

const row = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const code = (text: string): string => `\`${text}\``;

const asks = (operations: readonly Asked[]): string =>
  operations.map(({ kind, isCertain }) => code(isCertain ? kind : `${kind}?`)).join(", ");
