/**
 * What the page shows at this moment, wherever it comes from, and who wants to know when it is another.
 * @module
 */

import type { ComplaintRow, PageDelta, PageState, PoolRow, SubnetRow } from "../page-state.ts";

export class Store {
  readonly pools = new Map<string, PoolRow>();
  readonly subnets = new Map<string, SubnetRow>();
  /** How often each edge was taken. */
  readonly edges = new Map<string, number>();
  complaints: readonly ComplaintRow[] = [];
  isOpen = false;
  /** Whether anything has been told yet. */
  isFilled = false;
  /** Whether all was told anew, so that what differs has not just happened. */
  isLeap = false;
  autopool = "";
  #startedAt = 0;
  #t = 0;
  readonly #onChange: () => void;

  /** @param onChange may be called often; it should only note that something has changed */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Time of what is shown, in milliseconds since the epoch. */
  get now(): number {
    return this.#startedAt + this.#t;
  }

  /** Returns a time of the trace in milliseconds since the epoch. */
  timeOf(t: number): number {
    return this.#startedAt + t;
  }

  /** Shows this and nothing of what was shown before. */
  replace(state: PageState): void {
    this.#startedAt = Date.parse(state.at) || 0;
    this.#t = state.t;
    this.autopool = state.autopool;
    this.isOpen = state.isOpen;
    refill(
      this.pools,
      state.pools.map((row) => [row.key, row]),
    );
    refill(
      this.subnets,
      state.subnets.map((row) => [row.name, row]),
    );
    refill(this.edges, Object.entries(state.edges));
    this.complaints = state.complaints;
    this.isFilled = true;
    this.isLeap = true;
    this.#onChange();
  }

  apply(delta: PageDelta): void {
    this.isLeap = false;
    this.#t = delta.t;
    this.isOpen = delta.isOpen ?? this.isOpen;
    for (const row of delta.pools ?? []) this.pools.set(row.key, row);
    for (const key of delta.gone ?? []) this.pools.delete(key);
    for (const row of delta.subnets ?? []) this.subnets.set(row.name, row);
    for (const name of delta.goneSubnets ?? []) this.subnets.delete(name);
    for (const [id, times] of Object.entries(delta.edges ?? {})) this.edges.set(id, times);
    this.complaints = delta.complaints ?? this.complaints;
    this.#onChange();
  }

  /** Number of pools in each state. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { state } of this.pools.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
    return counts;
  }
}

function refill<V>(map: Map<string, V>, entries: readonly (readonly [string, V])[]): void {
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}
