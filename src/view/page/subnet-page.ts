/**
 * One subnet: how full it is, the map of its addresses, and the pools that hold them.
 * @module
 */

import type { HolderRow, SubnetDetail } from "../page-state.ts";
import { AddressMapView } from "./address-map.ts";
import type { DetailLoader } from "./detail-loader.ts";
import { make, setAttributes, setText } from "./dom.ts";
import { count, counted, share } from "./format.ts";
import { hueOfName } from "./map-drawing.ts";
import { formatRoute, type Route } from "./route.ts";
import type { Store } from "./store.ts";
import { VirtualList } from "./virtual-list.ts";

export class SubnetPage {
  readonly #place: HTMLElement;
  readonly #loader: DetailLoader<SubnetDetail>;
  readonly #title = make("h2", { tabindex: -1 });
  readonly #subtitle = make("p", { class: "subtitle" });
  readonly #close = make("a", { class: "close", "aria-label": "Close", href: "#/subnets" }, "×");
  readonly #defects = make("div", { class: "defects", role: "alert" });
  readonly #map: AddressMapView;
  readonly #holders: VirtualList<HolderRow, never>;
  #detail: SubnetDetail | undefined;
  #openName: string | undefined;

  constructor(place: HTMLElement, loader: DetailLoader<SubnetDetail>) {
    this.#place = place;
    this.#loader = loader;
    this.#map = new AddressMapView((index) => this.#open(this.#detail?.holders[index]));
    this.#holders = new VirtualList<HolderRow, never>({
      label: "Pools of this subnet",
      columns: [{ label: "Pool" }, { label: "Ranges" }, { label: "In use" }],
      keyOf: ({ pool }) => pool,
      fill: fillHolder,
      onOpen: (holder) => this.#open(holder),
    });
    this.#holders.element.classList.add("holders");
    const legend = ["in use by a pod", "in a pool", "free", "reserved"].map((text, index) =>
      make("li", { class: `legend-${index}` }, text),
    );
    place.append(
      make("header", {}, make("div", {}, this.#title, this.#subtitle), this.#close),
      this.#defects,
      this.#map.element,
      make("ul", { class: "legend", "aria-label": "Colours of the map; each pool has its own" }, ...legend),
      make("h3", {}, "Who holds what"),
      this.#holders.element,
    );
  }

  /** Whether something is shown. */
  render(store: Store, { id }: Route): boolean {
    this.#place.hidden = id === undefined;
    const isNew = id !== this.#openName;
    this.#openName = id;
    if (id === undefined) return false;
    const row = store.subnets.get(id);
    // Pods come and go without the subnet's object being another one.
    const detail = this.#loader.get(id, store.now);
    setText(this.#title, id);
    setText(
      this.#subtitle,
      row
        ? `${row.cidr} · IPv${row.family} · ${counted(BigInt(row.total), "address", "addresses")}`
        : "This subnet is not there.",
    );
    if (detail && detail !== this.#detail) this.#show(detail);
    this.#detail = detail;
    for (const part of [this.#map.element, this.#holders.element]) part.hidden = detail === undefined;
    if (isNew) this.#title.focus({ preventScroll: true });
    return true;
  }

  #show(detail: SubnetDetail): void {
    const { row, defects, holders } = detail;
    const given = holders.reduce((sum, { count: held }) => sum + BigInt(held), 0n);
    const total = BigInt(row.total);
    const free = total > given ? total - given : 0n;
    setText(
      this.#subtitle,
      `${row.cidr} · IPv${row.family} · ${count(total)} addresses · ${share(given, total)} in ${counted(holders.length, "pool")} · ${count(free)} left`,
    );
    const wrong = row.defect === undefined ? defects : [row.defect, ...defects];
    this.#defects.replaceChildren(...wrong.map((text) => make("p", {}, text)));
    this.#map.show(detail);
    this.#holders.show(holders);
  }

  #open(holder: HolderRow | undefined): void {
    if (holder?.key !== undefined) location.hash = formatRoute("pools", holder.key);
  }
}

function fillHolder(cells: readonly HTMLElement[], holder: HolderRow): void {
  const [name, ranges, use] = cells as [HTMLElement, HTMLElement, HTMLElement];
  if (!name.firstChild) {
    name.append(
      make("strong", { class: "swatched" }, make("i", { "aria-hidden": "true" }), make("span")),
      make("small"),
    );
    ranges.append(make("span", { class: "mono" }));
    use.append(make("span"));
  }
  const { pool, key, isRecorded, ips, usedCount, count: size } = holder;
  const [swatch, text] = [name.querySelector("i") as HTMLElement, name.querySelector("span") as Element];
  swatch.style.setProperty("--hue", String(hueOfName(pool)));
  setText(text, pool);
  const note =
    key === undefined ? "only recorded: there is no such pool" : isRecorded ? "" : "not in the subnet's record";
  setText(name.lastElementChild as Element, note);
  setText(ranges.firstElementChild as Element, ips.join(", "));
  setAttributes(ranges, { title: ips.join(", ") });
  setText(use.firstElementChild as Element, `${count(usedCount)} of ${count(size)}`);
}
