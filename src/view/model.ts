/**
 * From the lines of a trace to what the page shows: the running operator, `replay --serve` and the page's slider all feed this one.
 *
 * A line costs next to nothing: it is noted, and rows are made when somebody asks. A {@link ViewModel.clone} is a copy of a few
 * maps, so that a trace can be gone through backwards from moments that were kept. Pure: no clock, no I/O.
 * @module
 */

import { learn, NOTHING_KNOWN } from "../../machines/events.ts";
import { isAutoPool, type SpiderIPPool } from "../api/ippool.ts";
import type { SpiderReservedIP } from "../api/reserved-ip.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { ComplaintLine, HeaderLine, SeenLine, StepLine, TraceLine } from "../trace/trace-line.ts";
import { partsOfKey } from "./life-key.ts";
import type { MachineGraph } from "./machine-graph.ts";
import { Changes } from "./model-changes.ts";
import { Memory, put } from "./model-memory.ts";
import type { ComplaintRow, PageDelta, PageState, PoolRow, SubnetRow } from "./page-state.ts";
import { Passages } from "./passages.ts";
import { lifeRow, manualKey, manualRow } from "./pool-row.ts";
import { subnetRow } from "./subnet-row.ts";
import { keyOfApplication } from "./timeline.ts";

export class ViewModel {
  readonly #passages: Passages;
  #header: Pick<HeaderLine, "at" | "autopool"> = { at: "", autopool: "" };
  #t = 0;
  #isOpen = false;
  /** The application that is being looked at, or was last. */
  #looking: string | undefined;
  #memory = new Memory();
  #edges = new Map<string, number>();
  #changes = new Changes();
  /** Rows that were made and still hold. */
  #rows = new Map<string, PoolRow>();

  /** @param machine that the steps of the trace are steps of */
  constructor(machine: MachineGraph | Passages) {
    this.#passages = machine instanceof Passages ? machine : new Passages(machine);
  }

  /** Returns a model that goes on from here by itself. */
  clone(): ViewModel {
    const copy = new ViewModel(this.#passages);
    copy.#header = this.#header;
    copy.#t = this.#t;
    copy.#isOpen = this.#isOpen;
    copy.#looking = this.#looking;
    copy.#memory = new Memory(this.#memory);
    copy.#edges = new Map(this.#edges);
    copy.#rows = new Map(this.#rows);
    copy.#changes.everything();
    return copy;
  }

  /** What objects and machines are known; not to be changed. */
  get memory(): Memory {
    return this.#memory;
  }

  get t(): number {
    return this.#t;
  }

  take(line: TraceLine): void {
    this.#t = line.t;
    switch (line.line) {
      case "header":
        this.#begin(line);
        return;
      case "opened":
      case "resumed":
        this.#isOpen = true;
        this.#changes.isOpen = true;
        return;
      case "seen":
        this.#see(line);
        return;
      case "machine": {
        const { key, state, facts, t } = line;
        this.#memory.setMachine(key, { state, facts: { ...NOTHING_KNOWN, ...facts }, since: t });
        this.#touch(key);
        return;
      }
      case "step":
        this.#step(line);
        return;
      case "looked":
        this.#looking = line.application;
        // Whatever is still wrong is said again in this very look.
        if (this.#memory.complaints.delete(line.application)) this.#complained(line.application);
        return;
      case "complaint":
        this.#complain(line);
        return;
      default: // what was told comes as a step, and answers change nothing here
    }
  }

  /** Everything that is shown now. */
  state(): PageState {
    const { subnets } = this.#memory;
    return {
      at: this.#header.at,
      autopool: this.#header.autopool,
      t: this.#t,
      isOpen: this.#isOpen,
      pools: [...this.#memory.keys()].flatMap((key) => this.row(key) ?? []),
      subnets: [...subnets.values()].map(subnetRow),
      edges: Object.fromEntries(this.#edges),
      complaints: this.#complaints(),
    };
  }

  /** What has changed since the last call; "everything" where all is another, `undefined` where nothing is. */
  delta(): PageDelta | "everything" | undefined {
    const changes = this.#changes;
    if (changes.isNothing) return undefined;
    this.#changes = new Changes();
    if (changes.isEverything) return "everything";
    const rows = [...changes.pools].map((key) => [key, this.row(key)] as const);
    const subnets = [...changes.subnets].map((name) => [name, this.#subnetRow(name)] as const);
    const edges = [...changes.edges].map((id) => [id, this.#edges.get(id) ?? 0] as const);
    return {
      t: this.#t,
      ...(changes.isOpen && { isOpen: this.#isOpen }),
      ...listed("pools", "gone", rows),
      ...listed("subnets", "goneSubnets", subnets),
      ...(edges.length > 0 && { edges: Object.fromEntries(edges) }),
      ...(changes.complaints && { complaints: this.#complaints() }),
    };
  }

  /** The row of one pool; `undefined` where there is none (any more). */
  row(key: string): PoolRow | undefined {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.#rowOf(key);
    if (row) this.#rows.set(key, row);
    return row;
  }

  #rowOf(key: string): PoolRow | undefined {
    const machine = this.#memory.machines.get(key);
    if (machine) {
      const complaint = this.#memory.complaints.get(partsOfKey(key).applicationKey)?.[0];
      return lifeRow(key, machine, this.#memory.poolOf(machine.facts), complaint);
    }
    const prefix = manualKey("");
    const pool = key.startsWith(prefix) ? this.#memory.pools.get(key.slice(prefix.length)) : undefined;
    return pool && !isAutoPool(pool) ? manualRow(pool) : undefined;
  }

  #begin(header: HeaderLine): void {
    // A checkpoint of the same process goes on counting.
    if (header.at !== this.#header.at) this.#edges.clear();
    this.#header = header;
    this.#isOpen = false;
    this.#looking = undefined;
    this.#memory = new Memory();
    this.#rows.clear();
    this.#changes.everything();
  }

  #see({ of, type, object }: SeenLine): void {
    const [plural] = of.split(".", 1);
    if (plural === "spiderippools") {
      for (const key of this.#memory.seePool(type, object as SpiderIPPool)) this.#touch(key);
    } else if (plural === "spidersubnets") {
      const { name } = (object as SpiderSubnet).metadata;
      put(this.#memory.subnets, name, type, object as SpiderSubnet);
      this.#changes.subnets.add(name);
    } else if (plural === "spiderreservedips") {
      put(this.#memory.reserved, (object as SpiderReservedIP).metadata.name, type, object as SpiderReservedIP);
    }
  }

  #step({ key, event, from, to, t }: StepLine): void {
    const { edges, forgetsRefusal, isEnd } = this.#passages.of(from, event.type, to);
    for (const id of edges) {
      this.#edges.set(id, (this.#edges.get(id) ?? 0) + 1);
      this.#changes.edges.add(id);
    }
    this.#touch(key);
    if (isEnd) {
      this.#memory.dropMachine(key);
      return;
    }
    const before = this.#memory.machines.get(key);
    const facts = learn(before?.facts ?? NOTHING_KNOWN, event);
    this.#memory.setMachine(key, {
      state: to,
      facts: forgetsRefusal ? { ...facts, refusal: undefined } : facts,
      since: before && from === to ? before.since : t,
    });
  }

  /** What is wrong is said of the application, and again of each pod of it. */
  #complain({ regarding, reason, text }: ComplaintLine): void {
    const application = this.#looking ?? keyOfApplication(regarding);
    const known = this.#memory.complaints.get(application) ?? [];
    if (known.some((other) => other.text === text)) return;
    this.#memory.complaints.set(application, [...known, { application, reason, text }]);
    this.#complained(application);
  }

  #touch(key: string): void {
    this.#changes.pool(key);
    this.#rows.delete(key);
  }

  #complained(application: string): void {
    this.#changes.complaints = true;
    for (const key of this.#memory.keysOf(application)) this.#touch(key);
  }

  #complaints(): ComplaintRow[] {
    return [...this.#memory.complaints.values()].flat();
  }

  #subnetRow(name: string): SubnetRow | undefined {
    const subnet = this.#memory.subnets.get(name);
    return subnet && subnetRow(subnet);
  }
}

/** Splits what has changed into what is there and what is gone. */
function listed<R>(
  present: "pools" | "subnets",
  absent: "gone" | "goneSubnets",
  rows: readonly (readonly [name: string, row: R | undefined])[],
): object {
  const there = rows.flatMap(([, row]) => row ?? []);
  const gone = rows.flatMap(([name, row]) => (row === undefined ? name : []));
  return { ...(there.length > 0 && { [present]: there }), ...(gone.length > 0 && { [absent]: gone }) };
}
