/**
 * A pool's timeline: what it was told, where it went, what it asked for and how that was answered, each with its time.
 * @module
 */

import type { TimelineEntry } from "../timeline.ts";
import { make, setAttributes } from "./dom.ts";
import { dateAndTime, span, timeOfDay } from "./format.ts";
import { answerWords, factWords, operationWords } from "./words.ts";

export interface TimelineOptions {
  readonly entries: readonly TimelineEntry[];
  readonly isCut: boolean;
  /** Time of an entry in milliseconds since the epoch. */
  timeOf(t: number): number;
  hueOf(path: string): number;
}

/** Returns the elements of a timeline, newest first. */
export function timelineItems({ entries, isCut, timeOf, hueOf }: TimelineOptions): HTMLElement[] {
  const items = entries.map((entry, index) => {
    const before = entries[index - 1];
    const item = itemOf(entry, hueOf);
    item.prepend(clock(timeOf(entry.t), before && entry.t - before.t));
    return item;
  });
  const earlier = isCut ? [make("li", { class: "cut" }, "Earlier entries are not shown.")] : [];
  return [...items.reverse(), ...earlier];
}

function clock(ms: number, sinceBefore: number | undefined): HTMLElement {
  const time = make("time", { datetime: new Date(ms).toISOString(), title: dateAndTime(ms) }, timeOfDay(ms, true));
  if (sinceBefore !== undefined && sinceBefore > 0) time.append(make("small", {}, `+${span(sinceBefore)}`));
  return time;
}

function itemOf(entry: TimelineEntry, hueOf: (path: string) => number): HTMLElement {
  switch (entry.kind) {
    case "step": {
      const { event, from, to, operations } = entry;
      const item = make(
        "li",
        { class: from === to ? "step" : `step moved hue-${hueOf(to)}` },
        make("p", {}, make("code", {}, event.type), " ", factWords(event)),
      );
      if (event.type === "operation.refused") item.classList.add("refused");
      if (from !== to) item.append(make("p", { class: "move" }, badge(from, hueOf), arrow(), badge(to, hueOf)));
      if (operations.length > 0) {
        const asked = operations.map((operation) => make("li", {}, operationWords(operation)));
        item.append(make("ul", { class: "asked", "aria-label": "asks for" }, ...asked));
      }
      return item;
    }
    case "answer": {
      const { verb, code, ms } = entry;
      const item = make(
        "li",
        { class: "answer" },
        make("p", {}, answerWords(verb, code), make("small", {}, ` in ${span(ms)}`)),
      );
      setAttributes(item, { "data-failed": code < 200 || code > 299 });
      return item;
    }
    case "complaint":
      return make(
        "li",
        { class: "step refused" },
        make("p", {}, make("span", { class: "reason" }, entry.reason), " ", entry.text),
      );
    case "known":
      return make(
        "li",
        { class: `step hue-${hueOf(entry.state)}` },
        make("p", { class: "move" }, "The trace begins; the machine is ", badge(entry.state, hueOf)),
      );
  }
}

/** Returns the name of a state in the colour of its place in the diagram. */
export function badge(state: string, hueOf: (path: string) => number): HTMLElement {
  return make("span", { class: `badge hue-${hueOf(state)}${state.endsWith(".pinned") ? " pinned" : ""}` }, state);
}

const arrow = (): HTMLElement => make("span", { class: "arrow", role: "img", "aria-label": "to" }, "→");
