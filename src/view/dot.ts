/**
 * A machine as a Graphviz drawing: outer states as clusters, one line between two states, what is asked for inside the states.
 *
 * Colours are those of a light page. With `marks`, parts carry ids and there is room for numbers: `machine-svg.ts` needs both to
 * name, count and recolour them; without, it is a file for anybody's Graphviz.
 * @module
 */
import { type EdgeGroup, edgeGroups, stateLines, wrapped } from "./edge-labels.ts";
import { type GraphState, type MachineGraph, statesIn } from "./machine-graph.ts";
import { INK, paletteOf } from "./palette.ts";
import { xmlText } from "./xml-text.ts";

export interface DotOptions {
  /** Whether parts carry ids, and links in place of what Graphviz cannot name. */
  readonly marks?: boolean;
  /** Whether states and edges have room for a number; needs `marks`. */
  readonly counts?: boolean;
  /** Whether states have nothing but their name and large numbers, for who looks at the numbers first; needs `counts`. */
  readonly brief?: boolean;
}

/** What is written where a number will stand, as wide as it may become. */
export const PLACEHOLDER = "00000";

const LEGEND = [
  "event [guard] / operation",
  "no event: as soon as the guard holds",
  "operation?: only where the facts call for it",
  "double border: pinned",
];

/** Returns the ids of the parts of a drawing with `marks`, as they stand in an SVG. */
export const partId = {
  state: (graph: MachineGraph, path: string): string => `${graph.id}-state-${path}`,
  edge: (graph: MachineGraph, { source, target }: EdgeGroup): string => `${graph.id}-edge-${source}-${target}`,
  /** What a state does while it stays. */
  inside: (graph: MachineGraph, path: string): string => `${graph.id}-inside-${path}`,
  stateCount: (graph: MachineGraph, path: string): string => `${graph.id}-count-${path}`,
  edgeCount: (graph: MachineGraph, { source, target }: Pick<EdgeGroup, "source" | "target">): string =>
    `${graph.id}-taken-${source}-${target}`,
} as const;

/** Returns the machine in the DOT language. */
export function machineDot(graph: MachineGraph, options: DotOptions = {}): string {
  return `${new Drawing(graph, options).lines().join("\n")}\n`;
}

class Drawing {
  readonly #graph: MachineGraph;
  readonly #options: DotOptions;

  constructor(graph: MachineGraph, options: DotOptions) {
    this.#graph = graph;
    this.#options = options;
  }

  lines(): string[] {
    const graph = this.#graph;
    const font = `fontname="Arial", fontcolor="${INK.text}"`;
    const { brief } = this.#options;
    const legend = table(`<TR>${LEGEND.map((text) => `<TD>${xmlText(text)}</TD>`).join("")}</TR>`, 12);
    const start = `class="start", tooltip="start", color="${INK.line}"`;
    return [
      `digraph ${quote(graph.id)} {`,
      `  graph [compound=true, newrank=true, nodesep=0.4, ranksep=0.4, pad=0.15, outputorder=edgesfirst, ${font}, fontsize=10,`,
      `         class="machine", tooltip=${quote(graph.id)}${brief ? "" : `, labelloc=b, label=<${legend}>`}];`,
      `  node [shape=box, style="rounded,filled", ${font}, fontsize=12, margin="${brief ? "0.14,0.08" : "0.08,0.05"}"];`,
      `  edge [${font}, fontsize=${brief ? 12 : 10}, color="${INK.line}", arrowsize=0.7];`,
      `  "" [shape=circle, width=0.14, label="", fillcolor="${INK.line}", ${start}];`,
      ...statesIn(graph).flatMap((state, index) => this.#state(state, index, "  ")),
      `  "" -> ${quote(graph.initial)} [${start}];`,
      ...edgeGroups(graph).map((group) => this.#edge(group)),
      "}",
    ];
  }

  #state(state: GraphState, hue: number, indent: string): string[] {
    const substates = statesIn(this.#graph, state.path);
    const { fill, line } = paletteOf(hue);
    const attributes = [
      `class="${[`hue-${hue}`, ...state.tags].join(" ")}"`,
      `color="${line}"`,
      `tooltip=${quote(state.description)}`,
      ...(state.tags.includes("pinned") ? ["peripheries=2"] : []),
      ...(this.#options.marks ? [`id=${quote(partId.state(this.#graph, state.path))}`] : []),
    ];
    if (substates.length === 0) {
      const label = `label=<${this.#stateLabel(state)}>`;
      return [`${indent}${quote(state.path)} [${[`fillcolor="${fill}"`, ...attributes, label].join(", ")}];`];
    }
    const names = substates.map(({ path }) => quote(path)).join("; ");
    return [
      `${indent}subgraph ${quote(`cluster_${state.path}`)} {`,
      `${indent}  graph [style="rounded,filled", fillcolor="${INK.area}", labelloc=t, labeljust=l, ${attributes.join(", ")},`,
      `${indent}         label=<<FONT POINT-SIZE="13"><B>${xmlText(state.name)}</B></FONT>>];`,
      ...substates.flatMap((child) => this.#state(child, hue, `${indent}  `)),
      `${indent}  { rank=same; ${names} }`,
      `${indent}}`,
    ];
  }

  #stateLabel(state: GraphState): string {
    const { marks, counts, brief } = this.#options;
    if (brief) return this.#briefLabel(state);
    const mark = (id: string): string =>
      marks ? ` HREF="#" ID=${quote(id)} TOOLTIP=${quote(xmlText(state.description))}` : "";
    const count = counts
      ? `<TD ALIGN="RIGHT" WIDTH="44"${mark(partId.stateCount(this.#graph, state.path))}><B>${PLACEHOLDER}</B></TD>`
      : "";
    const span = counts ? ' COLSPAN="2"' : "";
    const rows = stateLines(this.#graph, state).map((line) => {
      const text = wrapped(line).map((part) => `${xmlText(part)}<BR ALIGN="LEFT"/>`);
      const id = line.startsWith("entry") ? "" : mark(partId.inside(this.#graph, state.path));
      return `<TR><TD${span} ALIGN="LEFT" BALIGN="LEFT"${id}><FONT POINT-SIZE="9">${text.join("")}</FONT></TD></TR>`;
    });
    const title = `<TR><TD${counts ? ' ALIGN="LEFT"' : ""}><B>${xmlText(state.name)}</B></TD>${count}</TR>`;
    return table(`${title}${rows.length > 0 ? "<HR/>" : ""}${rows.join("")}`, 2);
  }

  /** The name, below it how many pools are there, and how often one stayed when it was told something. */
  #briefLabel({ path, name }: GraphState): string {
    const number = (id: string, align: string, size: number): string =>
      `<TD HREF="#" ID=${quote(id)} ALIGN="${align}" VALIGN="BOTTOM"><FONT POINT-SIZE="${size}">${PLACEHOLDER}</FONT></TD>`;
    const pools = number(partId.stateCount(this.#graph, path), "LEFT", 22);
    const stays = number(partId.edgeCount(this.#graph, { source: path, target: path }), "RIGHT", 11);
    const title = `<TR><TD COLSPAN="2" ALIGN="LEFT"><FONT POINT-SIZE="14"><B>${xmlText(name)}</B></FONT></TD></TR>`;
    return table(`${title}<TR>${pools}${stays}</TR>`, 1);
  }

  /**
   * Who leads back to an earlier state is written as leading from it, with its arrow behind: so the order of the states decides
   * what stands above what, and the two ways between two states run side by side.
   */
  #edge(group: EdgeGroup): string {
    const { source, target, lines } = group;
    const isBack = this.#place(source) > this.#place(target);
    const [tail, head] = isBack ? [target, source] : [source, target];
    const [from, to] = [this.#leaf(tail), this.#leaf(head)];
    const count = this.#options.counts
      ? row(` HREF="#" ID=${quote(partId.edgeCount(this.#graph, group))}`, PLACEHOLDER)
      : "";
    const rows = lines.map((line) => row("", xmlText(line))).join("");
    const tip = quote(`${source} → ${target}: ${lines.join(" or ")}`);
    const attributes = [
      `tooltip=${tip}`,
      `labeltooltip=${tip}`,
      `label=<${table(rows + count, 1)}>`,
      ...(isBack ? ["dir=back"] : []),
      ...(from === tail ? [] : [`ltail=${quote(`cluster_${tail}`)}`]),
      ...(to === head ? [] : [`lhead=${quote(`cluster_${head}`)}`]),
      ...(this.#options.marks ? [`id=${quote(partId.edge(this.#graph, group))}`] : []),
    ];
    return `  ${quote(from)} -> ${quote(to)} [${attributes.join(", ")}];`;
  }

  #place(path: string): number {
    return this.#graph.states.findIndex((state) => state.path === path);
  }

  /** Edges end at nodes; those of an outer state are cut off at its border. */
  #leaf(path: string): string {
    const inside = statesIn(this.#graph, path);
    const { initial } = this.#graph.states.find((state) => state.path === path) ?? {};
    const middle = inside[Math.floor(inside.length / 2)];
    return middle ? this.#leaf(initial ?? middle.path) : path;
  }
}

const table = (rows: string, padding: number): string =>
  `<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="${padding}">${rows}</TABLE>`;

/** Keeps its distance from the line that it stands beside. */
const row = (attributes: string, text: string): string =>
  `<TR><TD WIDTH="5"></TD><TD ALIGN="LEFT"${attributes}>${text}</TD><TD WIDTH="3"></TD></TR>`;

const quote = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
