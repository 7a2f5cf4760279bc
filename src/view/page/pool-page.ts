/**
 * One pool: what it waits for, what is known of it, which pod has which address, and its timeline.
 *
 * Its row comes with everything else; the rest is asked for when the row has changed, and no more than twice a second.
 * @module
 */

import type { PoolDetail, PoolRow } from "../page-state.ts";
import type { DetailLoader } from "./detail-loader.ts";
import { KeyedList, make, setAttributes, setText } from "./dom.ts";
import { count, counted, dateAndTime } from "./format.ts";
import { nameOf } from "./pool-filter.ts";
import { formatRoute, type Route } from "./route.ts";
import type { Store } from "./store.ts";
import { badge, timelineItems } from "./timeline-view.ts";

/** Addresses that are shown before somebody asks for all. */
const ADDRESSES_SHOWN = 6;

export class PoolPage {
  readonly #place: HTMLElement;
  readonly #hueOf: (path: string) => number;
  readonly #loader: DetailLoader<PoolDetail>;
  readonly #title = make("h2", { tabindex: -1 });
  readonly #subtitle = make("p", { class: "subtitle" });
  readonly #close = make("a", { class: "close", "aria-label": "Close" }, "×");
  readonly #standing = make("div", { class: "standing", role: "group", "aria-label": "What it waits for" });
  readonly #facts = make("dl", { class: "facts" });
  readonly #factList: KeyedList<readonly [label: string, value: string | HTMLElement]>;
  readonly #addresses = make("ul", { class: "addresses" });
  readonly #timeline = make("ol", { class: "timeline", "aria-label": "Timeline, newest first" });
  #openKey: string | undefined;
  #areAllShown = false;
  #shown = "";

  constructor(place: HTMLElement, loader: DetailLoader<PoolDetail>, hueOf: (path: string) => number) {
    this.#place = place;
    this.#loader = loader;
    this.#hueOf = hueOf;
    this.#factList = new KeyedList(
      this.#facts,
      ([label]) => make("div", {}, make("dt", {}, label), make("dd")),
      (item, [, value]) => {
        const place = item.lastElementChild as Element;
        if (typeof value === "string") setText(place, value);
        else if (place.textContent !== value.textContent) place.replaceChildren(value);
      },
    );
    place.append(
      make("header", {}, make("div", {}, this.#title, this.#subtitle), this.#close),
      this.#standing,
      this.#facts,
      make("h3", {}, "Addresses in use"),
      this.#addresses,
      make("h3", {}, "Timeline"),
      this.#timeline,
    );
  }

  /** Whether something is shown. */
  render(store: Store, { id, query }: Route): boolean {
    this.#place.hidden = id === undefined;
    if (id === undefined) {
      this.#openKey = undefined;
      return false;
    }
    const isNew = id !== this.#openKey;
    this.#openKey = id;
    if (isNew) this.#begin();
    setAttributes(this.#close, { href: formatRoute("pools", undefined, query) });
    const row = store.pools.get(id);
    const detail = this.#loader.get(id, row);
    const shown = row ?? detail?.row;
    setText(this.#title, shown ? nameOf(shown) : id);
    if (shown) this.#showRow(store, shown, row === undefined);
    else setText(this.#subtitle, store.isFilled ? "This pool is not there." : "");
    if (detail && detail.row.key === id) this.#showDetail(store, detail);
    if (isNew) this.#title.focus({ preventScroll: true });
    return true;
  }

  #begin(): void {
    this.#areAllShown = false;
    this.#shown = "";
    this.#place.scrollTop = 0;
    for (const element of [this.#standing, this.#addresses, this.#timeline]) element.replaceChildren();
    this.#factList.show([]);
  }

  #showRow(store: Store, row: PoolRow, isGone: boolean): void {
    const { namespace, kind, pool, standing } = row;
    const names = [namespace, kind, pool].filter((text) => text !== undefined && text !== "");
    setText(this.#subtitle, names.join(" · "));
    const [tone, reason, words] = isGone
      ? ["gone", "Gone", "The pool is not there any more."]
      : [standing?.tone ?? "calm", standing?.reason ?? "", standing?.words ?? calmWords(row)];
    setAttributes(this.#standing, { "data-tone": tone });
    const text = `${reason}\n${words}`;
    if (this.#standing.dataset["text"] !== text) {
      this.#standing.dataset["text"] = text;
      this.#standing.replaceChildren(...(reason === "" ? [] : [make("strong", {}, reason)]), make("p", {}, words));
    }
    const subnet = make("a", { href: formatRoute("subnets", row.subnet) }, row.subnet);
    const since = row.key.startsWith("pool/") ? "" : dateAndTime(store.timeOf(row.since));
    const facts: (readonly [string, string | HTMLElement])[] = [
      ["State", badge(row.state, this.#hueOf)],
      ["Since", since],
      ["Wanted", row.desired === undefined ? "" : count(row.desired)],
      ["Addresses", count(row.size)],
      ["In use", count(row.inUse)],
      ["Interface", row.nic],
      ["Family", `IPv${row.family}`],
      ["Subnet", row.subnet === "" ? "" : subnet],
      ["Ranges", make("span", { class: "mono" }, row.ips.join(", "))],
    ];
    const filled = facts.filter(([, value]) => (typeof value === "string" ? value : value.textContent) !== "");
    this.#factList.show(filled.map((fact) => [fact[0], fact]));
  }

  #showDetail(store: Store, detail: PoolDetail): void {
    const shown = `${JSON.stringify(detail)} ${this.#areAllShown}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    const { addresses, timeline, isCut } = detail;
    const visible = this.#areAllShown ? addresses : addresses.slice(0, ADDRESSES_SHOWN);
    const items: HTMLElement[] = visible.map(({ address, pod }) =>
      make("li", {}, make("span", { class: "mono" }, address), make("span", { title: pod }, pod)),
    );
    if (addresses.length === 0) items.push(make("li", { class: "empty" }, "No pod has an address of it."));
    if (visible.length < addresses.length) items.push(this.#moreItem(store, detail));
    this.#addresses.replaceChildren(...items);
    const [timeOf, hueOf] = [(t: number): number => store.timeOf(t), this.#hueOf];
    this.#timeline.replaceChildren(...timelineItems({ entries: timeline, isCut, timeOf, hueOf }));
    if (timeline.length === 0)
      this.#timeline.append(make("li", { class: "cut" }, "No machine speaks of this pool: a person made it."));
  }

  #moreItem(store: Store, detail: PoolDetail): HTMLElement {
    const button = make(
      "button",
      { type: "button", class: "link" },
      `Show all ${counted(detail.addresses.length, "address", "addresses")}`,
    );
    button.addEventListener("click", () => {
      this.#areAllShown = true;
      this.#showDetail(store, detail);
    });
    return make("li", {}, button);
  }
}

function calmWords({ state, size }: PoolRow): string {
  switch (state) {
    case "manual":
      return "A person made this pool; autopool leaves it as it is.";
    case "created.pinned":
      return `The pool has the ${counted(size, "address", "addresses")} that it was made with, and keeps them.`;
    case "orphaned.retained":
    case "orphaned.pinned":
      return "Its application is gone. The pool is kept until a person deletes it or a successor takes it over.";
    default:
      return "The pool has what is wanted; it waits for nothing.";
  }
}
