/**
 * What is counted about admission: requests, which rules refused what, and how long answers took.
 *
 * Labels have few values each, whatever is asked: what we do not know is counted as `other`.
 * @module
 */

import { X509Certificate } from "node:crypto";
import { fromTimestamp } from "../clock.ts";
import { admissionTable } from "../metrics/admission-table.ts";
import { Meters } from "../metrics/meters.ts";

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
  /** Returns all numbers of the meters in Prometheus' text form. */
  metrics(): Promise<string>;
  count(answered: Answered): void;
  /** Notes until when the certificate (PEM) holds that is shown from now on. */
  shows(certificate: string): void;
}

const KINDS = new Set(["SpiderSubnet", "SpiderIPPool", "SpiderReservedIP"]);
const OPERATIONS = new Set(["CREATE", "UPDATE", "DELETE"]);

/** Returns counters that stand at nothing, of meters that may have others besides. */
export function createAdmissionMetrics(
  meters: Meters<(typeof admissionTable)[number]> = new Meters(admissionTable),
): AdmissionMetrics {
  return {
    contentType: meters.contentType,
    metrics: () => meters.metrics(),
    count({ kind: name, operation: verb, webhook, allowed, seconds, rules }) {
      const kind = KINDS.has(name) ? name : "other";
      const operation = OPERATIONS.has(verb) ? verb : "other";
      meters.inc("autopool_admission_requests_total", { kind, operation, webhook, allowed: String(allowed) });
      for (const rule of new Set(rules)) meters.inc("autopool_admission_refusals_total", { kind, rule });
      meters.observe("autopool_admission_duration_seconds", { kind, webhook }, seconds);
    },
    shows(certificate) {
      const endsAt = fromTimestamp(new X509Certificate(certificate).validTo) / 1000;
      meters.fill("autopool_admission_certificate_expiry_seconds", [[{}, endsAt]]);
    },
  };
}
