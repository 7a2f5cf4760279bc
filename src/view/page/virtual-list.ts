/**
 * A table of any length of which only the visible rows are there, for mouse, keyboard and screen reader alike.
 *
 * It is an ARIA grid: it says how many rows there are and which of them each one is. One row is in the order of tabs; arrows, Home, End and
 * the page keys go to the others, Enter opens one.
 * @module
 */

import { KeyedList, make, setAttributes } from "./dom.ts";

export interface Column<S extends string> {
  readonly label: string;
  /** Absent where the rows cannot be sorted by it. */
  readonly sort?: S;
}

export interface VirtualListOptions<T, S extends string> {
  readonly label: string;
  readonly columns: readonly Column<S>[];
  keyOf(item: T): string;
  /** Fills the cells of a row, which are reused for other states of the same item. */
  fill(cells: readonly HTMLElement[], item: T, row: HTMLElement): void;
  onOpen(item: T): void;
  onSort?(by: S): void;
}

/** Rows that are there above and below the visible ones. */
const MARGIN = 8;

export class VirtualList<T, S extends string> {
  readonly element: HTMLElement;
  readonly #options: VirtualListOptions<T, S>;
  readonly #scroller: HTMLElement;
  /** Stands still at the top of what scrolls. */
  readonly #head: HTMLElement;
  readonly #space: HTMLElement;
  readonly #headers: readonly HTMLElement[];
  readonly #rows: KeyedList<readonly [item: T, index: number]>;
  #items: readonly T[] = [];
  #active = 0;
  #openKey: string | undefined;

  constructor(options: VirtualListOptions<T, S>) {
    this.#options = options;
    const { label, columns } = options;
    this.#headers = columns.map((column) => this.#header(column));
    const head = make("div", { role: "row", "aria-rowindex": 1, class: "row head" }, ...this.#headers);
    this.#space = make("div", { role: "rowgroup", class: "space" });
    this.#head = make("div", { role: "rowgroup", class: "heads" }, head);
    this.#scroller = make("div", { role: "presentation", class: "scroller" }, this.#head, this.#space);
    const attributes = { role: "grid", class: "grid", "aria-label": label, "aria-colcount": columns.length };
    this.element = make("div", attributes, this.#scroller);
    this.#rows = new KeyedList(
      this.#space,
      () => this.#row(),
      (row, [item, index]) => this.#update(row, item, index),
    );
    this.#scroller.addEventListener("scroll", () => this.#render(), { passive: true });
    this.#scroller.addEventListener("keydown", (event) => this.#onKey(event));
    new ResizeObserver(() => this.#render()).observe(this.#scroller);
  }

  /** @param openKey of the row that is looked at elsewhere in the page */
  show(items: readonly T[], openKey?: string): void {
    const { keyOf } = this.#options;
    const active = this.#items[this.#active];
    const activeKey = active && keyOf(active);
    const isOpened = openKey !== undefined && openKey !== this.#openKey;
    this.#items = items;
    this.#openKey = openKey;
    // The active row stays the active one, wherever it has gone to.
    const there = items[this.#active];
    if (!there || keyOf(there) !== activeKey) {
      const index = items.findIndex((item) => keyOf(item) === activeKey);
      this.#active = Math.max(0, index);
    }
    const opened = isOpened ? items.findIndex((item) => keyOf(item) === openKey) : -1;
    if (opened >= 0) this.#active = opened;
    setAttributes(this.element, { "aria-rowcount": items.length + 1 });
    this.#render();
    if (opened >= 0) this.#reveal();
  }

  /** Shows by which column the rows are sorted. */
  showSort(by: S, isDescending: boolean): void {
    this.#options.columns.forEach(({ sort }, index) => {
      const order = sort === by ? (isDescending ? "descending" : "ascending") : undefined;
      setAttributes(this.#headers[index] as HTMLElement, { "aria-sort": order });
    });
  }

  /** Scrolls to the first row. */
  toTop(): void {
    this.#active = 0;
    this.#scroller.scrollTop = 0;
  }

  get #rowHeight(): number {
    return Number.parseFloat(getComputedStyle(this.element).getPropertyValue("--row-height")) || 40;
  }

  /** Height of what is visible of the rows. */
  get #visible(): number {
    return this.#scroller.clientHeight - this.#head.offsetHeight;
  }

  #render(): void {
    const height = this.#rowHeight;
    const { scrollTop } = this.#scroller;
    const last = this.#items.length - 1;
    const from = Math.max(0, Math.min(Math.floor(scrollTop / height) - MARGIN, last));
    const to = Math.min(last, Math.ceil((scrollTop + this.#visible) / height) + MARGIN);
    this.#space.style.height = `${this.#items.length * height}px`;
    const indices = new Set<number>();
    for (let index = from; index <= to; index++) indices.add(index);
    // The row with the focus, or the one that a tab would go to, is always there.
    if (this.#items.length > 0) indices.add(this.#active);
    this.#rows.show(
      [...indices]
        .sort((a, b) => a - b)
        .map((index) => {
          const item = this.#items[index] as T;
          return [this.#options.keyOf(item), [item, index]];
        }),
    );
  }

  #header({ label, sort }: Column<S>): HTMLElement {
    const header = make("div", { role: "columnheader", class: "cell" });
    if (sort === undefined) header.append(label);
    else {
      const button = make("button", { type: "button" }, label);
      button.addEventListener("click", () => this.#options.onSort?.(sort));
      header.append(button);
    }
    return header;
  }

  #row(): HTMLElement {
    const cells = this.#options.columns.map(() => make("div", { role: "gridcell", class: "cell" }));
    const row = make("div", { role: "row", class: "row" }, ...cells);
    row.addEventListener("click", () => this.#open(Number(row.dataset["index"])));
    return row;
  }

  #update(row: HTMLElement, item: T, index: number): void {
    const key = this.#options.keyOf(item);
    row.dataset["index"] = String(index);
    row.style.transform = `translateY(${index * this.#rowHeight}px)`;
    setAttributes(row, {
      "aria-rowindex": index + 2,
      "aria-selected": key === this.#openKey ? "true" : "false",
      tabindex: index === this.#active ? 0 : -1,
    });
    this.#options.fill([...row.children] as HTMLElement[], item, row);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.#visible / this.#rowHeight) - 1);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: this.#active + 1,
      ArrowUp: this.#active - 1,
      PageDown: this.#active + page,
      PageUp: this.#active - page,
      Home: 0,
      End: this.#items.length - 1,
    };
    const target = moves[event.key];
    if (event.key === "Enter") this.#open(this.#active);
    else if (target !== undefined) this.#activate(target);
    else return;
    event.preventDefault();
  }

  #activate(index: number): void {
    this.#active = Math.max(0, Math.min(index, this.#items.length - 1));
    this.#reveal();
    const item = this.#items[this.#active];
    if (item) this.#rows.get(this.#options.keyOf(item))?.focus({ preventScroll: true });
  }

  /** Scrolls as little as shows the active row. */
  #reveal(): void {
    const height = this.#rowHeight;
    const top = this.#active * height;
    const { scrollTop } = this.#scroller;
    if (top < scrollTop) this.#scroller.scrollTop = top;
    else if (top + height > scrollTop + this.#visible) this.#scroller.scrollTop = top + height - this.#visible;
    this.#render();
  }

  #open(index: number): void {
    const item = this.#items[index];
    if (!item) return;
    this.#active = index;
    this.#options.onOpen(item);
  }
}
