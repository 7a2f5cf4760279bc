/**
 * What a metric is before it has a value: a row of a table, from which the registry and docs/metrics.md are made.
 *
 * Whatever is exported stands in such a table, so that names, labels and meanings are decided in one place and a document cannot
 * fall behind. Labels have few values each: nothing is labelled with a pod or an address, and with a pool only where that is asked for.
 * Pure data.
 * @module
 */

/** One row. */
export interface Metric {
  /** After Prometheus' conventions; the reference's own names are kept as they are. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** One sentence without its full stop, which the scrape and the document show. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets; there only, and needed there. */
  readonly buckets?: readonly number[];
  /** How to compute the same from our own names; where the row is there for dashboards of the reference. */
  readonly insteadOf?: string;
}

/** Upper bounds for what takes from a millisecond to half a minute, in seconds. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
