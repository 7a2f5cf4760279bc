/**
 * Subnets as bars: how many of their addresses are in records of pools, and how many of those pods have.
 * @module
 */

import type { SubnetRow } from "../page-state.ts";
import { KeyedList, make, setAttributes, setText } from "./dom.ts";
import { count, share } from "./format.ts";
import { formatRoute } from "./route.ts";
import type { Store } from "./store.ts";

/** How full a subnet is when it is worth a look. */
const NEARLY_FULL = 0.9;

interface Bar {
  readonly subnet: SubnetRow;
  readonly inUse: number;
  readonly isOpen: boolean;
}

export class SubnetBars {
  readonly #list: KeyedList<Bar>;

  constructor(place: Element) {
    this.#list = new KeyedList(place, ({ subnet }) => create(subnet.name), update);
  }

  /** @param openName of the subnet that is looked at */
  render(store: Store, openName?: string): void {
    const inUse = new Map<string, number>();
    for (const row of store.pools.values()) inUse.set(row.subnet, (inUse.get(row.subnet) ?? 0) + row.inUse);
    const rows = [...store.subnets.values()].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
    this.#list.show(
      rows.map((subnet) => [
        subnet.name,
        { subnet, inUse: inUse.get(subnet.name) ?? 0, isOpen: subnet.name === openName },
      ]),
    );
  }
}

function create(name: string): HTMLElement {
  return make(
    "li",
    {},
    make(
      "a",
      { class: "bar", href: formatRoute("subnets", name) },
      make("span", { class: "bar-name" }),
      make("small", { class: "bar-cidr mono" }),
      make("span", { class: "bar-share" }),
      make(
        "span",
        { class: "bar-track", "aria-hidden": "true" },
        make("i", { class: "given" }),
        make("i", { class: "used" }),
      ),
      make("small", { class: "bar-numbers" }),
    ),
  );
}

function update(item: HTMLElement, { subnet, inUse, isOpen }: Bar): void {
  const [total, given] = [BigInt(subnet.total), BigInt(subnet.given)];
  const part = (selector: string): HTMLElement => item.querySelector(selector) as HTMLElement;
  setText(part(".bar-name"), subnet.name);
  setText(part(".bar-cidr"), subnet.cidr);
  setText(part(".bar-share"), share(given, total));
  setText(
    part(".bar-numbers"),
    subnet.defect ?? `${count(given)} of ${count(total)} in pools · ${count(inUse)} in use by pods`,
  );
  part(".given").style.width = width(given, total);
  part(".used").style.width = width(BigInt(inUse), total);
  setAttributes(part(".bar"), { "aria-current": isOpen ? "true" : undefined });
  item.classList.toggle("full", ratio(given, total) >= NEARLY_FULL);
}

const ratio = (part: bigint, all: bigint): number => (all === 0n ? 0 : Number((part * 10_000n) / all) / 10_000);

/** What is not nothing can be seen. */
const width = (part: bigint, all: bigint): string =>
  part === 0n ? "0" : `${Math.max(0.5, Math.min(100, 100 * ratio(part, all)))}%`;
