/**
 * A machine as a Mermaid flowchart, which GitHub and most wikis draw.
 *
 * A flowchart and not Mermaid's own state diagram, since that one cannot lead from inside one outer state into another. Colours
 * are left to the theme, light or dark; pinned states have a double border.
 * @module
 */
import { type EdgeGroup, edgeGroups, stateLines, wrapped } from "./edge-labels.ts";
import { type GraphState, type MachineGraph, statesIn } from "./machine-graph.ts";

/** Characters of a line; what is wider Mermaid breaks at a place of its own choice. */
const WIDTH = 26;

/** Returns the machine as Mermaid text. */
export function machineMermaid(graph: MachineGraph): string {
  const lines = [
    "flowchart TB",
    '  start((" "))',
    ...statesIn(graph).flatMap((state) => stateMermaid(graph, state, "  ")),
    `  start --> ${nodeId(graph.initial)}`,
    ...edgeGroups(graph).map(edgeMermaid),
  ];
  return `${lines.join("\n")}\n`;
}

function stateMermaid(graph: MachineGraph, state: GraphState, indent: string): string[] {
  const substates = statesIn(graph, state.path);
  if (substates.length > 0) {
    return [
      `${indent}subgraph ${nodeId(state.path)}["${mermaidText(state.name)}"]`,
      ...substates.flatMap((child) => stateMermaid(graph, child, `${indent}  `)),
      `${indent}end`,
    ];
  }
  const text = stateLines(graph, state).flatMap((line) => wrapped(line, WIDTH));
  const label = [`<b>${mermaidText(state.name)}</b>`, ...text.map(mermaidText)].join("<br/>");
  const [open, close] = state.tags.includes("pinned") ? ["[[", "]]"] : ["(", ")"];
  return [`${indent}${nodeId(state.path)}${open}"${label}"${close}`];
}

function edgeMermaid({ source, target, lines }: EdgeGroup): string {
  return `  ${nodeId(source)} -- "${lines.map(mermaidText).join("<br/>")}" --> ${nodeId(target)}`;
}

/** Mermaid's names have no dots; `end` alone is a word of its own. */
const nodeId = (path: string): string => `s_${path.replaceAll(/\W/g, "_")}`;

/** Mermaid has entities of its own. */
const mermaidText = (text: string): string =>
  text
    .replaceAll("#", "#35;")
    .replaceAll("&", "#amp;")
    .replaceAll("<", "#lt;")
    .replaceAll(">", "#gt;")
    .replaceAll('"', "#quot;");
