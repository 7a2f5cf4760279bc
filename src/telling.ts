/**
 * From refusals and complaints to Kubernetes Events on the objects that people look at: the application and its pool.
 * @module
 */

import { notice } from "./act/notices.ts";
import type { Recorder, Regarding } from "./act/recorder.ts";
import { API_VERSION } from "./api/names.ts";
import { spiderIPPools } from "./api/resources.ts";
import type { Complaint } from "./observe/demand.ts";
import type { Life } from "./observe/pool-life.ts";

/** Tells a machine's refusal on the application that wants the pool, and on the pool if it is there. */
export function tellRefusal(recorder: Recorder, life: Life, refusal: { reason: string; message: string }): void {
  const { wanted, pool } = life;
  const { reason } = refusal;
  // An application may have several pools; what its machine cannot say is which one it is.
  const message =
    reason === "ScalingDisabled" && pool
      ? notice(reason, { pool: pool.metadata.name, text: refusal.message }).message
      : refusal.message;
  const told: Regarding[] = [];
  if (wanted) told.push(wanted.application);
  if (pool) {
    const { name, uid = "" } = pool.metadata;
    told.push({ apiVersion: API_VERSION, kind: spiderIPPools.kind, name, uid });
  }
  for (const regarding of told) recorder.record({ regarding, type: "Warning", reason, message });
}

/** Tells what is wrong with an application's annotations. */
export function tellComplaint(recorder: Recorder, { reason, text, regarding }: Complaint): void {
  const { kind, name } = regarding;
  const told =
    reason === "InvalidAnnotation"
      ? notice("InvalidAnnotation", { reason: text })
      : notice("FixedNumberRequired", { kind, name, reason: text });
  recorder.record({ regarding, ...told });
}
