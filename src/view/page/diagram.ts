/**
 * The machine's diagram with the number of pools on every state; edges that were taken are lit and counted, and flash when it happens.
 *
 * The picture is the one that the server made of the machine's code; only its empty texts and classes are filled in. For those who
 * cannot see it, and for the keyboard, the same numbers stand below it as links.
 * @module
 */

import type { MachineGraph } from "../machine-graph.ts";
import { KeyedList, make, setText } from "./dom.ts";
import { count } from "./format.ts";
import { formatRoute } from "./route.ts";
import type { Store } from "./store.ts";

const FLASH_MS = 1_800;

export class Diagram {
  readonly #texts = new Map<string, Element>();
  readonly #numbers = new Map<string, Element>();
  readonly #edges = new Map<string, Element>();
  readonly #states = new Map<string, Element>();
  readonly #list: KeyedList<readonly [path: string, pools: number]>;
  readonly #leaves: readonly string[];
  readonly #ends: readonly string[];
  #before: ReadonlyMap<string, number> | undefined;

  constructor(svg: Element, list: Element, graph: MachineGraph, hueOf: (path: string) => number) {
    for (const part of svg.querySelectorAll("[data-count]")) fill(this.#texts, part, "data-count");
    for (const part of svg.querySelectorAll("[data-taken]")) fill(this.#numbers, part, "data-taken");
    for (const part of svg.querySelectorAll("[data-edge]")) this.#edges.set(part.getAttribute("data-edge") ?? "", part);
    for (const part of svg.querySelectorAll("[data-state]"))
      this.#states.set(part.getAttribute("data-state") ?? "", part);
    this.#leaves = graph.states
      .filter(({ initial, isFinal }) => initial === undefined && !isFinal)
      .map(({ path }) => path);
    this.#ends = graph.states.filter(({ isFinal }) => isFinal).map(({ path }) => path);
    svg.addEventListener("click", ({ target }) => {
      const state = (target as Element).closest("[data-state]")?.getAttribute("data-state");
      if (state) location.hash = formatRoute("pools", undefined, { state });
    });
    this.#list = new KeyedList(
      list,
      ([path]) =>
        make(
          "li",
          {},
          make(
            "a",
            { class: `chip hue-${hueOf(path)}`, href: formatRoute("pools", undefined, { state: path }) },
            make("span", {}, path),
            make("b"),
            make("span", { class: "unseen" }),
          ),
        ),
      (element, [, pools]) => {
        setText(element.querySelector("b") as Element, count(pools));
        setText(element.querySelector(".unseen") as Element, pools === 1 ? " pool" : " pools");
      },
    );
  }

  render(store: Store): void {
    const counts = store.counts();
    // Where lives end nobody stays; there stands how many have come.
    for (const path of this.#ends) counts.set(path, arrivals(store, path));
    for (const [path, text] of this.#texts) {
      const pools = counts.get(path) ?? 0;
      setText(text, count(pools));
      this.#states.get(path)?.classList.toggle("vacant", pools === 0);
    }
    this.#list.show(this.#leaves.map((path) => [path, [path, counts.get(path) ?? 0]]));
    for (const id of new Set([...this.#edges.keys(), ...this.#numbers.keys()])) {
      const edge = this.#edges.get(id);
      const times = store.edges.get(id) ?? 0;
      edge?.classList.toggle("taken", times > 0);
      const number = this.#numbers.get(id);
      if (number) setText(number, times === 0 ? "" : `${isStay(id) ? "↻ " : ""}${count(times)}×`);
      if (edge && this.#before && !store.isLeap && times > (this.#before.get(id) ?? 0)) flash(edge);
    }
    if (store.isFilled) this.#before = new Map(store.edges);
  }
}

const isStay = (id: string): boolean => {
  const [source, target] = id.split("->");
  return source === target;
};

function arrivals({ edges }: Store, path: string): number {
  return [...edges].reduce((sum, [id, times]) => (id.endsWith(`->${path}`) ? sum + times : sum), 0);
}

function fill(map: Map<string, Element>, part: Element, attribute: string): void {
  const text = part.querySelector("text");
  if (text) map.set(part.getAttribute(attribute) ?? "", text);
}

function flash(edge: Element): void {
  edge.classList.add("flash");
  setTimeout(() => edge.classList.remove("flash"), FLASH_MS);
}
