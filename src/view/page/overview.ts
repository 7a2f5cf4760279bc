/**
 * The first view: numbers, the machine with its pools, what waits, and how full the subnets are.
 * @module
 */

import type { MachineGraph } from "../machine-graph.ts";
import type { PoolRow } from "../page-state.ts";
import { SubnetBars } from "./bars.ts";
import { Diagram } from "./diagram.ts";
import { byId, KeyedList, make, setAttributes, setText } from "./dom.ts";
import { count, counted } from "./format.ts";
import { nameOf } from "./pool-filter.ts";
import { formatRoute } from "./route.ts";
import type { Store } from "./store.ts";

/** Entries of the list of what waits. */
const WAITING_MAX = 4;

/** Where in the picture's width most states are. */
const MOST_STATES = 0.5;

interface Waiting {
  readonly title: string;
  readonly href: string | undefined;
  readonly reason: string;
  readonly words: string;
}

export class Overview {
  readonly #diagram: Diagram;
  readonly #bars = new SubnetBars(byId("bars"));
  readonly #tiles = new KeyedList<readonly [label: string, value: string]>(
    byId("tiles"),
    ([label]) => make("div", {}, make("dt", {}, label), make("dd")),
    (tile, [, value]) => setText(tile.lastElementChild as Element, value),
  );
  readonly #waiting = new KeyedList<Waiting>(byId("attention"), createWaiting, updateWaiting);

  constructor(graph: MachineGraph, hueOf: (path: string) => number) {
    // On a narrow page the picture scrolls, and the keyboard must be able to.
    const picture = byId("picture");
    picture.tabIndex = 0;
    picture.scrollLeft = (picture.scrollWidth - picture.clientWidth) * MOST_STATES;
    this.#diagram = new Diagram(byId("picture").querySelector("svg") as SVGElement, byId("states"), graph, hueOf);
  }

  render(store: Store): void {
    const rows = [...store.pools.values()];
    const blocked = rows.filter(({ standing }) => standing?.tone === "blocked");
    const lost = complaintsWithoutPool(store, blocked);
    this.#showTiles(rows, blocked.length + lost.length);
    this.#showWaiting([...waitingOf(blocked), ...lost]);
    this.#diagram.render(store);
    this.#bars.render(store);
    byId("bars-none").hidden = store.subnets.size > 0;
  }

  #showTiles(rows: readonly PoolRow[], waiting: number): void {
    const pinned = rows.filter(({ isPinned }) => isPinned).length;
    const [size, inUse] = [sum(rows.map((row) => row.size)), sum(rows.map((row) => row.inUse))];
    const applications = new Set(rows.map(({ namespace, kind, application }) => `${namespace}/${kind}/${application}`));
    const tiles: readonly (readonly [string, string])[] = [
      ["Pools", count(rows.length)],
      ["Applications", count(applications.size)],
      ["Pinned", count(pinned)],
      ["Waiting", count(waiting)],
      ["Addresses in pools", count(size)],
      ["In use by pods", count(inUse)],
    ];
    this.#tiles.show(tiles.map((tile) => [tile[0], tile]));
  }

  #showWaiting(all: readonly Waiting[]): void {
    this.#waiting.show(all.slice(0, WAITING_MAX).map((waiting, index) => [`${index} ${waiting.title}`, waiting]));
    byId("attention-none").hidden = all.length > 0;
    const more = byId("attention-more");
    more.hidden = all.length <= WAITING_MAX;
    setText(more.firstElementChild as Element, `All ${count(all.length)} that wait`);
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** What all pools of an application wait for is said once. */
function waitingOf(rows: readonly PoolRow[]): Waiting[] {
  const groups = Map.groupBy(rows, (row) => `${titleOf(row)} ${row.standing?.words}`);
  return [...groups.values()].flatMap(([row, ...others]) => {
    if (!row) return [];
    const { reason = "", words = "" } = row.standing ?? {};
    const more = others.length === 0 ? "" : ` and ${counted(others.length, "other pool")}`;
    return [
      {
        title: `${titleOf(row)} · ${row.nic} IPv${row.family}${more}`,
        href: formatRoute("pools", row.key),
        reason,
        words,
      },
    ];
  });
}

const titleOf = (row: PoolRow): string => (row.namespace === "" ? nameOf(row) : `${row.namespace}/${nameOf(row)}`);

/** Applications whose annotations cannot be read have no pool to tell it. */
function complaintsWithoutPool(store: Store, blocked: readonly PoolRow[]): Waiting[] {
  const told = new Set(blocked.map(({ standing }) => standing?.words));
  return store.complaints
    .filter(({ text }) => !told.has(text))
    .map(({ application, reason, text }) => {
      const [namespace = "", kind = "", name = ""] = application.split("/");
      const title = `${namespace}/${name} · ${kind.split(".", 1)[0]}`;
      return { title, href: undefined, reason, words: text };
    });
}

function createWaiting(): HTMLElement {
  return make("li", {}, make("a"), make("span", { class: "reason" }), make("p"));
}

function updateWaiting(item: HTMLElement, { title, href, reason, words }: Waiting): void {
  const [link, tag, text] = [...item.children] as [Element, Element, Element];
  setAttributes(link, { href });
  setText(link, title);
  setText(tag, reason);
  setText(text, words);
}
