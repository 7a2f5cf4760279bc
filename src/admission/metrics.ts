/**
 * What is counted about admission: requests, which rules refused what, and how long answers took.
 *
 * A registry of its own, not the client library's global one: two servers in one process do not share numbers. Labels have few
 * values each, whatever is asked: what we do not know is counted as `other`.
 * @module
 */

import { Counter, Histogram, Registry } from "prom-client";

/** One answered request. */
export interface Answered {
  readonly kind: string;
  readonly operation: string;
  readonly webhook: "mutate" | "validate";
  readonly allowed: boolean;
  readonly seconds: number;
  /** The rules that refused it. */
  readonly rules: readonly string[];
}

export interface AdmissionMetrics {
  readonly contentType: string;
  /** Returns all numbers in Prometheus' text form. */
  metrics(): Promise<string>;
  count(answered: Answered): void;
}

const KINDS = new Set(["SpiderSubnet", "SpiderIPPool", "SpiderReservedIP"]);
const OPERATIONS = new Set(["CREATE", "UPDATE", "DELETE"]);

/** From a rule's pure thought to the longest that an API server waits. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Returns counters that stand at nothing. */
export function createAdmissionMetrics(): AdmissionMetrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: "autopool_admission_requests_total",
    help: "Admission requests answered",
    labelNames: ["kind", "operation", "webhook", "allowed"],
    registers,
  });
  const refusals = new Counter({
    name: "autopool_admission_refusals_total",
    help: "Rules that refused an object; one object may break several",
    labelNames: ["kind", "rule"],
    registers,
  });
  const duration = new Histogram({
    name: "autopool_admission_duration_seconds",
    help: "Time from an admission request's last byte to its answer",
    labelNames: ["kind", "webhook"],
    buckets: SECONDS,
    registers,
  });
  return {
    contentType: registry.contentType,
    metrics: () => registry.metrics(),
    count({ kind: name, operation: verb, webhook, allowed, seconds, rules }) {
      const kind = KINDS.has(name) ? name : "other";
      const operation = OPERATIONS.has(verb) ? verb : "other";
      requests.inc({ kind, operation, webhook, allowed: String(allowed) });
      for (const rule of new Set(rules)) refusals.inc({ kind, rule });
      duration.observe({ kind, webhook }, seconds);
    },
  };
}
