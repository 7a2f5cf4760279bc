/**
 * A machine as an SVG that stands alone or inside a page, and whose parts can be found there.
 *
 * Graphviz lays it out; here its parts get names (`data-state`, `data-edge`), tooltips that browsers show, and colours that follow
 * `color-scheme`. What does not know `light-dark()` shows the light colours, which stand in the shapes themselves. Without
 * scripts, links or anything from outside.
 * @module
 */

import { machineDot, partId } from "./dot.ts";
import { edgeGroups } from "./edge-labels.ts";
import { renderDot } from "./graphviz.ts";
import type { MachineGraph } from "./machine-graph.ts";
import { HUES, HUES_DARK, INK, INK_DARK, paletteOf } from "./palette.ts";
import { xmlText } from "./xml-text.ts";

/** Width of five bold digits of 12 points in Arial. */
const NUMBER_WIDTH = 33.4;

export interface SvgOptions {
  /**
   * Whether each state and each edge has an empty text, `data-count="created.managed"` and `data-taken="pending->deleted"`, with
   * room for five digits.
   */
  readonly counts?: boolean;
  /** With `counts`: states have their name and large numbers only, also `data-taken="scaling->scaling"` for what leaves them as they are. */
  readonly brief?: boolean;
}

/**
 * Returns the SVG of a machine.
 *
 * Every state is a group with `data-state="created.managed"`, outer ones too; every line between two states, with its label, is one
 * with `data-edge="pending->created.managed"`; each line of text on what a state does while it stays is one with
 * `data-edge="scaling->scaling"`. Inside a page the colours follow the page's `color-scheme`, and `--machine-paper` replaces the
 * background's.
 */
export async function machineSvg(
  graph: MachineGraph,
  { counts = false, brief = false }: SvgOptions = {},
): Promise<string> {
  const drawn = await renderDot(machineDot(graph, { marks: true, counts, brief }));
  const attributes = attributesOf(graph);
  const named = (id: string): string => attributes.get(id) ?? "";
  return drawn
    .slice(drawn.indexOf("<svg"))
    .replaceAll(/^<!--.*-->\n|^<title>.*<\/title>\n/gm, "")
    .replaceAll("&#45;", "-")
    .replace(/^<svg width="(\d+)pt" height="(\d+)pt"/, (_, width, height) => opening(graph, width, height))
    .replace(/xmlns:xlink="[^"]*">/, `>${style()}`)
    .replaceAll(/<g id="(?!a_)([^"]*)"/g, (all, id) => all + named(id))
    .replaceAll(/<g id="a_([^"]*)"><a([^>]*)>/g, (_, id, link) => `<g${isOuter(id) ? "" : named(id)}>${tooltip(link)}`)
    .replaceAll("</a>\n</g>", "</g>")
    .replace(/^[\s\S]*<\/svg>/, titlesOnTop)
    .replaceAll(
      /(<g data-(count|taken)="[^>]*>)(?:<title>.*<\/title>)?\n<text (.*?)>0+<\/text>/g,
      brief ? emptied : emptyNumber,
    );
}

/** Returns what each part is called, by the id that Graphviz gave it. */
function attributesOf(graph: MachineGraph): Map<string, string> {
  const names = new Map<string, string>();
  const name = (id: string, attribute: string, value: string): unknown =>
    names.set(id, ` data-${attribute}="${xmlText(value)}"`);
  for (const { path } of graph.states) {
    name(partId.state(graph, path), "state", path);
    name(partId.inside(graph, path), "edge", `${path}->${path}`);
    name(partId.stateCount(graph, path), "count", path);
    name(partId.edgeCount(graph, { source: path, target: path }), "taken", `${path}->${path}`);
  }
  for (const group of edgeGroups(graph)) {
    name(partId.edge(graph, group), "edge", group.id);
    name(partId.edgeCount(graph, group), "taken", group.id);
  }
  return names;
}

/** The anchor that Graphviz puts around a tooltip; a part's own one lies inside the part, which has the name already. */
const isOuter = (id: string): boolean => /^[^-]*-(?:state|edge)-/.test(id);

const tooltip = (link: string): string => {
  const [, text] = /xlink:title="([^"]*)"/.exec(link) ?? [];
  return text === undefined ? "" : `<title>${text}</title>`;
};

const opening = ({ id }: MachineGraph, width: string, height: string): string =>
  `<svg class="machine" role="img" aria-label="State machine ${xmlText(id)}" width="${width}" height="${height}"`;

/** Draws the names of outer states last: lines may cross them. */
function titlesOnTop(svg: string): string {
  const titles: string[] = [];
  const without = svg.replaceAll(
    /(class="cluster [^>]*>\n<g><title>.*<\/title>\n<path .*\n)(<text .*\n)/g,
    (_, part, text) => {
      titles.push(text);
      return part;
    },
  );
  return without.replace(/<\/g>\s*<\/svg>\s*$/, `<g class="titles">\n${titles.join("")}</g>\n</g>\n</svg>\n`);
}

const emptied = (_: string, group: string, _kind: string, attributes: string): string =>
  `${group}\n<text ${attributes}></text>`;

/** Numbers of states end where the title's row ends; those of edges begin where the label begins. */
function emptyNumber(_: string, group: string, kind: string, attributes: string): string {
  if (kind === "taken") return emptied(_, group, kind, attributes);
  const moved = attributes
    .replace('text-anchor="start"', 'text-anchor="end"')
    .replace(/ x="([^"]*)"/, (_all, x) => ` x="${(Number(x) + NUMBER_WIDTH).toFixed(2)}"`);
  return `${group}\n<text ${moved}></text>`;
}

/** Every machine's colours stand under its own class, so that several fit into one page. */
function style(): string {
  const both = (light: string, dark: string): string => `light-dark(${light},${dark})`;
  const hues = HUES.map(({ fill, line }, index) => {
    const dark = paletteOf(index, HUES_DARK);
    const [background, border] = [both(fill, dark.fill), both(line, dark.line)];
    return [
      `.machine .node.hue-${index} path{fill:${background};stroke:${border}}`,
      `.machine .node.hue-${index} polygon{fill:${border};stroke:${border}}`,
      `.machine .cluster.hue-${index} path{fill:${both(INK.area, INK_DARK.area)};stroke:${border}}`,
    ].join("\n");
  });
  const [text, line, paper] = [
    both(INK.text, INK_DARK.text),
    both(INK.line, INK_DARK.line),
    both(INK.paper, INK_DARK.paper),
  ];
  return `<style>
svg.machine:root{color-scheme:light dark}
svg.machine{max-width:100%;height:auto}
.machine text{fill:${text};font-family:Arial,"Liberation Sans",Helvetica,sans-serif}
.machine .graph>g>polygon{fill:var(--machine-paper,${paper})}
${hues.join("\n")}
.machine .node path[fill="none"]{fill:none}
.machine .edge path{stroke:${line}}
.machine .edge polygon,.machine .start ellipse{fill:${line};stroke:${line}}
.machine .edge text,.machine .titles text{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}
.machine .titles{pointer-events:none}
.machine .edge text{stroke:${INK.paper};stroke:var(--machine-paper,${paper})}
.machine .titles text{stroke:${INK.area};stroke:${both(INK.area, INK_DARK.area)}}
</style>`;
}
