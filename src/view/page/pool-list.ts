/**
 * The list of pools with its search and filters; what is filtered by stands in the page's address.
 * @module
 */

import type { PoolRow } from "../page-state.ts";
import { make, setAttributes, setText } from "./dom.ts";
import { count, span } from "./format.ts";
import { FILTERS, type FilterName, filterOf, matcherOf, nameOf, type SortName, sorted } from "./pool-filter.ts";
import { formatRoute, type Route } from "./route.ts";
import type { Store } from "./store.ts";
import { VirtualList } from "./virtual-list.ts";

type Select = Exclude<FilterName, "search">;

const LABELS: Readonly<Record<Select, string>> = {
  namespace: "Namespace",
  subnet: "Subnet",
  state: "State",
  pinned: "Pinned",
  standing: "Waiting",
};

const FIXED: Readonly<Partial<Record<Select, readonly (readonly [value: string, label: string])[]>>> = {
  pinned: [
    ["yes", "pinned"],
    ["no", "not pinned"],
  ],
  standing: [
    ["blocked", "blocked"],
    ["busy", "on its way"],
  ],
};

export class PoolList {
  #store: Store | undefined;
  readonly #list: VirtualList<PoolRow, SortName>;
  readonly #search = make("input", {
    type: "search",
    id: "search",
    placeholder: "Name, pool, subnet or address",
    autocomplete: "off",
    spellcheck: "false",
  });
  readonly #selects = new Map<Select, HTMLSelectElement>();
  readonly #number = make("output", { class: "number", "aria-live": "polite" });
  #sort: SortName = "name";
  #isDescending = false;
  #route: Route | undefined;
  #shownFilter = "";

  constructor(form: HTMLFormElement, place: HTMLElement, hueOf: (path: string) => number) {
    form.append(make("label", { class: "search" }, make("span", {}, "Search"), this.#search));
    for (const name of FILTERS) if (name !== "search") form.append(this.#select(name));
    form.append(this.#number);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => this.#onFilter());
    this.#list = new VirtualList<PoolRow, SortName>({
      label: "Pools",
      columns: [
        { label: "Application", sort: "name" },
        { label: "Subnet", sort: "subnet" },
        { label: "State", sort: "state" },
        { label: "Addresses", sort: "addresses" },
        { label: "Since", sort: "since" },
      ],
      keyOf: ({ key }) => key,
      fill: (cells, row, element) => fillRow(cells, row, element, hueOf(row.state), this.#store),
      onOpen: ({ key }) => {
        location.hash = formatRoute("pools", key, this.#route?.query);
      },
      onSort: (by) => {
        this.#isDescending = this.#sort === by && !this.#isDescending;
        this.#sort = by;
        this.#render();
      },
    });
    place.append(this.#list.element);
  }

  render(store: Store, route: Route): void {
    this.#store = store;
    this.#route = route;
    this.#render();
  }

  #render(): void {
    if (!this.#route || !this.#store) return;
    const filter = filterOf(this.#route.query);
    const all = [...this.#store.pools.values()];
    this.#showOptions(all);
    for (const [name, select] of this.#selects) choose(select, filter[name]);
    if (document.activeElement !== this.#search) this.#search.value = filter.search;
    const rows = sorted(all.filter(matcherOf(filter)), this.#sort, this.#isDescending);
    const total = count(all.length);
    setText(this.#number, rows.length === all.length ? `${total} pools` : `${count(rows.length)} of ${total} pools`);
    const key = JSON.stringify(filter);
    if (key !== this.#shownFilter) this.#list.toTop();
    this.#shownFilter = key;
    this.#list.showSort(this.#sort, this.#isDescending);
    this.#list.show(rows, this.#route.id);
  }

  #onFilter(): void {
    const query = new URLSearchParams();
    if (this.#search.value !== "") query.set("search", this.#search.value);
    for (const [name, { value }] of this.#selects) if (value !== "") query.set(name, value);
    // Not a step to go back to, as each letter would be one.
    history.replaceState(null, "", formatRoute("pools", this.#route?.id, query));
    dispatchEvent(new HashChangeEvent("hashchange"));
  }

  #select(name: Select): HTMLElement {
    const select = make("select", { name }, make("option", { value: "" }, "all"));
    for (const [value, label] of FIXED[name] ?? []) select.append(make("option", { value }, label));
    this.#selects.set(name, select);
    return make("label", {}, make("span", {}, LABELS[name]), select);
  }

  #showOptions(rows: readonly PoolRow[]): void {
    for (const name of ["namespace", "subnet", "state"] as const) {
      const values = new Set(rows.map((row) => row[name]).filter((value) => value !== ""));
      const select = this.#selects.get(name);
      const key = [...values].sort().join("\n");
      if (!select || select.dataset["values"] === key) continue;
      const { value } = select;
      select.dataset["values"] = key;
      select.replaceChildren(
        make("option", { value: "" }, "all"),
        ...[...values].sort().map((text) => make("option", { value: text }, text)),
      );
      choose(select, value);
    }
  }
}

/** Chooses a value also where nothing has it at this moment. */
function choose(select: HTMLSelectElement, value: string): void {
  if (![...select.options].some((option) => option.value === value)) select.append(make("option", { value }, value));
  if (select.value !== value) select.value = value;
}

function fillRow(
  cells: readonly HTMLElement[],
  row: PoolRow,
  element: HTMLElement,
  hue: number,
  store: Store | undefined,
): void {
  const [name, subnet, state, addresses, since] = cells as [
    HTMLElement,
    HTMLElement,
    HTMLElement,
    HTMLElement,
    HTMLElement,
  ];
  if (!name.firstChild) {
    name.append(make("strong"), make("small"));
    subnet.append(make("span"), make("small", { class: "mono" }));
    state.append(make("span", { class: "badge" }), make("small", { class: "why" }));
    addresses.append(make("span"), make("meter", { min: 0 }));
  }
  const { namespace, kind, nic, family } = row;
  setText(name.children[0] as Element, nameOf(row));
  const place = [namespace, kind, nic === "" ? `IPv${family}` : `${nic} IPv${family}`];
  setText(name.children[1] as Element, place.filter((text) => text !== "").join(" · "));
  setText(subnet.children[0] as Element, row.subnet || "none");
  setText(subnet.children[1] as Element, row.ips.join(", "));
  const badge = state.children[0] as Element;
  setText(badge, row.state);
  setAttributes(badge, { class: `badge hue-${hue}${row.isPinned ? " pinned" : ""}` });
  setText(state.children[1] as Element, row.standing?.reason ?? "");
  setAttributes(element, { "data-tone": row.standing?.tone });
  setText(addresses.children[0] as Element, `${count(row.inUse)} of ${count(row.size)}`);
  const meter = addresses.children[1] as HTMLMeterElement;
  setAttributes(meter, {
    max: Math.max(1, row.size),
    value: row.inUse,
    "aria-label": `${row.inUse} of ${row.size} in use`,
  });
  setText(since, row.key.startsWith("pool/") || !store ? "" : span(store.now - store.timeOf(row.since)));
}
