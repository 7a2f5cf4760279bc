/**
 * The map of a subnet's addresses on a canvas: a colour for each pool, full where a pod has the address.
 *
 * Pointer and arrow keys go over it, and what is there is said in words beside it; the same stands in the table of pools below. Rows are
 * a multiple of eight addresses long and begin with their first address.
 * @module
 */

import { formatAddress } from "../../address/address.ts";
import type { SubnetDetail } from "../page-state.ts";
import { make, setText } from "./dom.ts";
import { type AddressMap, addressMap, type Segment, segmentAt } from "./map-cells.ts";
import { drawMap, type MapLayout } from "./map-drawing.ts";
import { segmentWords } from "./map-words.ts";

/** How long rows are, and how large a cell is at least and at most, in CSS pixels, by how many cells there are at most. */
const SHAPES = [
  { cells: 64, columns: 16, min: 12, max: 30 },
  { cells: 1_024, columns: 32, min: 12, max: 28 },
  { cells: 4_096, columns: 64, min: 9, max: 16 },
  { cells: Number.POSITIVE_INFINITY, columns: 128, min: 5, max: 9 },
] as const;

export class AddressMapView {
  readonly element: HTMLElement;
  readonly #canvas = make("canvas", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "address map",
    "aria-describedby": "map-words",
  });
  readonly #words = make("output", { id: "map-words", class: "map-words", "aria-live": "polite" });
  readonly #onOpen: (holder: number) => void;
  #detail: SubnetDetail | undefined;
  #map: AddressMap | undefined;
  #layout: MapLayout | undefined;
  /** The cell that is pointed at. */
  #cell: number | undefined;

  /** @param onOpen called with the index of a pool that is to be looked at */
  constructor(onOpen: (holder: number) => void) {
    this.#onOpen = onOpen;
    this.element = make("div", { class: "map" }, this.#words, this.#canvas);
    this.#canvas.addEventListener("pointermove", (event) => this.#point(this.#cellAt(event)));
    this.#canvas.addEventListener("pointerleave", () => this.#point(undefined));
    this.#canvas.addEventListener("click", (event) => this.#open(this.#cellAt(event)));
    this.#canvas.addEventListener("keydown", (event) => this.#onKey(event));
    this.#canvas.addEventListener("focus", () => this.#point(this.#cell ?? 0));
    this.#canvas.addEventListener("blur", () => this.#point(undefined));
    new ResizeObserver(() => this.#draw()).observe(this.element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  show(detail: SubnetDetail): void {
    if (detail.row.name !== this.#detail?.row.name) this.#cell = undefined;
    this.#detail = detail;
    this.#map = addressMap(detail);
    this.#canvas.setAttribute(
      "aria-label",
      `Addresses of subnet ${detail.row.name}; arrow keys go from one run to the next`,
    );
    this.#draw();
  }

  #draw(): void {
    const map = this.#map;
    const width = this.element.clientWidth;
    if (!map || width === 0) return;
    this.#layout = layoutOf(map, width);
    const segment = this.#cell === undefined ? undefined : segmentAt(map, this.#cell);
    drawMap(this.#canvas, map, this.#layout, { segment, names: this.#detail?.holders.map(({ pool }) => pool) ?? [] });
    this.#say(segment);
  }

  #point(cell: number | undefined): void {
    if (cell === this.#cell) return;
    this.#cell = cell;
    this.#draw();
  }

  #say(segment: Segment | undefined): void {
    if (!this.#detail || !this.#map) return;
    setText(this.#words, segmentWords(this.#detail, this.#map, segment, this.#cell));
  }

  #cellAt({ offsetX, offsetY }: MouseEvent): number | undefined {
    if (!this.#layout || !this.#map) return undefined;
    const { gutter, size, columns } = this.#layout;
    const column = Math.floor((offsetX - gutter) / size);
    const cell = Math.floor(offsetY / size) * columns + column;
    return column >= 0 && column < columns && cell < this.#map.cells ? cell : undefined;
  }

  #onKey(event: KeyboardEvent): void {
    const map = this.#map;
    if (!map || map.cells === 0) return;
    const segment = segmentAt(map, this.#cell ?? 0);
    const target = segment && targetOf(event.key, map, segment, this.#cell ?? 0);
    if (event.key === "Enter") this.#open(this.#cell);
    else if (target === undefined) return;
    else this.#point(Math.max(0, Math.min(target, map.cells - 1)));
    event.preventDefault();
  }

  #open(cell: number | undefined): void {
    const holder = cell === undefined || !this.#map ? undefined : segmentAt(this.#map, cell)?.holder;
    if (holder !== undefined) this.#onOpen(holder);
  }
}

/** Left and right go by address, up and down by run. */
function targetOf(key: string, map: AddressMap, segment: Segment, cell: number): number | undefined {
  switch (key) {
    case "ArrowRight":
      return segment.isFolded ? segment.at + segment.cells : cell + 1;
    case "ArrowLeft":
      return segment.isFolded ? segment.at - 1 : cell - 1;
    case "ArrowDown":
      return segment.at + segment.cells;
    case "ArrowUp":
      return segmentAt(map, segment.at - 1)?.at ?? 0;
    case "Home":
      return 0;
    case "End":
      return map.cells - 1;
    default:
      return undefined;
  }
}

function layoutOf(map: AddressMap, width: number): MapLayout {
  const shape = SHAPES.find(({ cells }) => map.cells <= cells) ?? SHAPES[0];
  const longest = Math.max(...map.segments.map(({ first }) => formatAddress(first, map.family).length), 0);
  const gutter = Math.min(longest * 6.7 + 12, width * 0.45);
  let columns: number = shape.columns;
  // On a narrow page rows are half as long, or a quarter.
  while (columns > 8 && (width - gutter) / columns < shape.min) columns /= 2;
  const size = Math.min(shape.max, Math.floor((width - gutter) / columns));
  return { gutter, size, columns, rows: Math.ceil(map.cells / columns), width };
}
