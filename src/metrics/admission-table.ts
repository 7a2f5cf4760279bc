/**
 * What is told about admission: requests, which rules refused what, how long answers took, and the certificate they are given with.
 * @module
 */

import type { Metric } from "./metric.ts";

export const admissionTable = [
  {
    name: "autopool_admission_requests_total",
    type: "counter",
    help: "Admission requests answered",
    labels: ["kind", "operation", "webhook", "allowed"],
  },
  {
    name: "autopool_admission_refusals_total",
    type: "counter",
    help: "Rules that refused an object (docs/admission.md); one object may break several",
    labels: ["kind", "rule"],
  },
  {
    name: "autopool_admission_duration_seconds",
    type: "histogram",
    help: "Time from an admission request's last byte to its answer",
    labels: ["kind", "webhook"],
    // From a rule's pure thought to the longest that an API server waits.
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  {
    name: "autopool_admission_certificate_expiry_seconds",
    type: "gauge",
    help: "When the webhook's certificate ends, in Unix time; it is renewed after two thirds of its life; absent where none is served",
    labels: [],
  },
] as const satisfies readonly Metric[];
