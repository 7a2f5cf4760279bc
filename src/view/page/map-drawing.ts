/**
 * Draws a map of addresses: runs of a pool are one strip, addresses in use are full, folded runs say how many they are.
 * @module
 */

import { formatAddress } from "../../address/address.ts";
import { count } from "./format.ts";
import { type AddressMap, type Segment, segmentAt } from "./map-cells.ts";

export interface MapLayout {
  /** Room for the first address of a row, in CSS pixels like all else. */
  readonly gutter: number;
  readonly size: number;
  readonly columns: number;
  readonly rows: number;
  readonly width: number;
}

export interface MapFocus {
  /** What is pointed at: all of its pool is outlined. */
  readonly segment: Segment | undefined;
  /** Names of the pools, which their colours come from. */
  readonly names: readonly string[];
}

interface Inks {
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly card: string;
  readonly isDark: boolean;
}

/** A part of a segment in one row, in cells. */
interface Strip {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

export function drawMap(canvas: HTMLCanvasElement, map: AddressMap, layout: MapLayout, focus: MapFocus): void {
  const { width, rows, size } = layout;
  const ratio = devicePixelRatio || 1;
  const height = Math.max(1, rows) * size + 2;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(ratio, ratio);
  const inks = inksOf(canvas);
  drawLabels(context, map, layout, inks);
  for (const segment of map.segments) drawSegment(context, segment, layout, focus, inks);
}

function drawLabels(context: CanvasRenderingContext2D, map: AddressMap, layout: MapLayout, { muted }: Inks): void {
  const { size, rows, columns, gutter } = layout;
  // Labels need some room; of small rows only every other one has its own.
  const step = Math.max(1, Math.ceil(14 / size));
  context.font = `11px ${getComputedStyle(context.canvas).getPropertyValue("--mono")}`;
  context.fillStyle = muted;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let row = 0; row < rows; row += step) {
    const cell = row * columns;
    const segment = segmentAt(map, cell);
    if (!segment) continue;
    const offset = segment.isFolded ? 0n : BigInt(cell - segment.at);
    // Within a folded run no row begins with an address that one could name.
    const text = segment.isFolded && cell > segment.at ? "⋯" : formatAddress(segment.first + offset, map.family);
    context.fillText(text, gutter - 8, row * size + size / 2 + 1, gutter - 10);
  }
}

function drawSegment(
  context: CanvasRenderingContext2D,
  segment: Segment,
  layout: MapLayout,
  { segment: pointed, names }: MapFocus,
  inks: Inks,
): void {
  const { gutter, size } = layout;
  const gap = size >= 11 ? 1.5 : 0.5;
  const radius = Math.min(5, size / 4);
  const colours = coloursOf(segment, names, inks);
  const isPointed = pointed !== undefined && (segment.at === pointed.at || (segment.holder ?? -1) === pointed.holder);
  const strips = [...stripsOf(segment, layout.columns)];
  const longest = Math.max(...strips.map(({ from, to }) => to - from));
  const named = strips.find(({ from, to }) => to - from === longest);
  for (const strip of strips) {
    const { row, from, to } = strip;
    const [x, y] = [gutter + from * size, row * size];
    const [width, height] = [(to - from) * size, size];
    context.beginPath();
    context.roundRect(x + gap, y + gap, width - 2 * gap, height - 2 * gap, radius);
    context.fillStyle = colours.fill;
    context.fill();
    if (size >= 11 || isPointed) {
      context.strokeStyle = isPointed ? inks.ink : colours.edge;
      context.lineWidth = isPointed ? 2 : 1;
      context.stroke();
    }
    if (size >= 17 && !segment.isFolded) {
      // One mark for each address, so that they can be counted.
      context.fillStyle = colours.mark;
      for (let cell = from; cell < to; cell++) {
        context.beginPath();
        context.arc(
          gutter + (cell + 0.5) * size,
          y + size / 2,
          size / (segment.kind === "used" ? 4.2 : 11),
          0,
          2 * Math.PI,
        );
        context.fill();
      }
    }
    if (segment.isFolded && strip === named && width > 70)
      drawCount(context, segment, x + width / 2, y + size / 2 + 1, inks);
  }
}

function drawCount(
  context: CanvasRenderingContext2D,
  { first, last, kind }: Segment,
  x: number,
  y: number,
  inks: Inks,
): void {
  context.font = `11px ${getComputedStyle(context.canvas).getPropertyValue("--font")}`;
  context.textAlign = "center";
  context.fillStyle = kind === "used" ? inks.card : inks.muted;
  context.fillText(`${count(last - first + 1n)}${kind === "free" || kind === "reserved" ? ` ${kind}` : ""}`, x, y);
}

function* stripsOf({ at, cells }: Segment, columns: number): Generator<Strip> {
  for (let cell = at; cell < at + cells; ) {
    const row = Math.floor(cell / columns);
    const end = Math.min(at + cells, (row + 1) * columns);
    yield { row, from: cell - row * columns, to: end - row * columns };
    cell = end;
  }
}

interface Colours {
  readonly fill: string;
  readonly edge: string;
  readonly mark: string;
}

function coloursOf({ kind, holder }: Segment, names: readonly string[], { isDark, line, muted, card }: Inks): Colours {
  if (kind === "free") return { fill: "transparent", edge: line, mark: line };
  if (kind === "reserved") return { fill: line, edge: line, mark: muted };
  const hue = hueOfName(names[holder ?? -1] ?? "");
  const colour = (lightness: number, chroma: number): string => `oklch(${lightness} ${chroma} ${hue})`;
  if (kind === "used") {
    const fill = isDark ? colour(0.68, 0.13) : colour(0.62, 0.14);
    return { fill, edge: fill, mark: card };
  }
  return isDark
    ? { fill: colour(0.32, 0.06), edge: colour(0.5, 0.09), mark: colour(0.6, 0.1) }
    : { fill: colour(0.93, 0.045), edge: colour(0.78, 0.09), mark: colour(0.66, 0.12) };
}

/** Returns the hue of a pool in degrees: always the same for a name, and far apart for names that differ a little. */
export function hueOfName(name: string): number {
  let hash = 2_166_136_261;
  for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619);
  return Math.round(((hash >>> 0) / 2 ** 32) * 24) * 15;
}

function inksOf(canvas: HTMLCanvasElement): Inks {
  // A variable tells light-dark() as it is written; only a property tells what it comes to.
  const style = getComputedStyle(canvas);
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  return {
    ink: style.color,
    muted: style.caretColor,
    line: style.borderTopColor,
    card: style.backgroundColor,
    isDark,
  };
}
