/**
 * The values of a table's metrics, and their text for Prometheus: the only importer of the client library.
 *
 * A registry of its own each time, not the library's global one: two servers in one process do not share numbers. What can be read
 * when it is asked for is filled in then and costs nothing in between; series of what is gone go with it.
 * @module
 */

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Metric } from "./metric.ts";

type NameOf<M extends Metric, T extends Metric["type"] = Metric["type"]> = Extract<M, { readonly type: T }>["name"];
/** A value for each label of a metric. */
export type LabelsOf<M extends Metric, N extends string> = {
  readonly [L in Extract<M, { readonly name: N }>["labels"][number]]: string;
};

export class Meters<M extends Metric> {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();
  /** Names of those without labels. */
  readonly #plain: ReadonlySet<string>;
  readonly #fillers: (() => void)[] = [];

  constructor(rows: readonly M[]) {
    const registers = [this.#registry];
    this.#plain = new Set(rows.filter(({ labels }) => labels.length === 0).map(({ name }) => name));
    for (const { name, type, help, labels, buckets = [] } of rows) {
      const options = { name, help, labelNames: [...labels], registers };
      if (type === "counter") this.#counters.set(name, new Counter(options));
      else if (type === "gauge") this.#gauges.set(name, new Gauge(options));
      else this.#histograms.set(name, new Histogram({ ...options, buckets: [...buckets] }));
    }
    for (const { name } of rows) this.#clear(name);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts. */
  inc<const N extends NameOf<M, "counter">>(name: N, labels: LabelsOf<M, N>, by = 1): void {
    this.#counters.get(name)?.inc(labels, by);
  }

  /** Notes one value of a histogram. */
  observe<const N extends NameOf<M, "histogram">>(name: N, labels: LabelsOf<M, N>, value: number): void {
    this.#histograms.get(name)?.observe(labels, value);
  }

  /** Says what a metric is now, in place of all that it was. Of a counter: what has been counted elsewhere since the beginning. */
  fill<const N extends NameOf<M, "counter" | "gauge">>(
    name: N,
    values: Iterable<readonly [labels: LabelsOf<M, N>, value: number]>,
  ): void {
    this.#clear(name);
    for (const [labels, value] of values) {
      this.#counters.get(name)?.inc(labels, value);
      this.#gauges.get(name)?.set(labels, value);
    }
  }

  #clear(name: string): void {
    this.#counters.get(name)?.reset();
    const gauge = this.#gauges.get(name);
    gauge?.reset();
    // The library sets one without labels to 0, which would be told of what nobody knows.
    if (this.#plain.has(name)) gauge?.remove();
  }

  /** Calls `filler` before each scrape, to fill in what is read then. It must be quick: whatever is asked meanwhile waits. */
  beforeScrape(filler: () => void): void {
    this.#fillers.push(filler);
  }

  /** Returns all values in Prometheus' text form. */
  async metrics(): Promise<string> {
    for (const filler of this.#fillers) filler();
    return this.#registry.metrics();
  }
}
