/**
 * From refusals and complaints to Kubernetes Events on the objects that people look at: the application and its pool.
 * @module
 */

import { notice } from "./act/notices.ts";
import type { Recorder, Regarding } from "./act/recorder.ts";
import { API_VERSION } from "./api/names.ts";
import { spiderIPPools } from "./api/resources.ts";
import type { Clock } from "./clock.ts";
import type { Complaint } from "./observe/demand.ts";
import type { Life } from "./observe/pool-life.ts";

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

export interface TellerOptions {
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Why the machine of a key cannot go on at this moment. */
  standing(key: string): Refusal | undefined;
}

/** The addresses that a smaller pool has to give back are in use until its pods have ended, which is nothing to speak of at once. */
const patienceMs: Readonly<Record<string, number>> = { ShrinkBlocked: 10_000 };

export class Teller {
  readonly #options: TellerOptions;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** Tells a machine's refusal, if it still stands after the time in which it may pass by itself. */
  refusalInTime(life: Life, refusal: Refusal): void {
    const { clock, standing } = this.#options;
    const patience = patienceMs[refusal.reason];
    if (patience === undefined) this.refusal(life, refusal);
    else {
      clock.after(patience, () => {
        const now = standing(life.key);
        if (now?.reason === refusal.reason) this.refusal(life, now);
      });
    }
  }

  /** Tells a machine's refusal on the application that wants the pool, and on the pool if it is there. */
  refusal({ wanted, pool }: Life, { reason, message }: Refusal): void {
    // An application may have several pools; what its machine cannot say is which one it is.
    const text =
      reason === "ScalingDisabled" && pool
        ? notice(reason, { pool: pool.metadata.name, text: message }).message
        : message;
    const told: Regarding[] = [];
    if (wanted) told.push(wanted.application);
    if (pool) {
      const { name, uid = "" } = pool.metadata;
      told.push({ apiVersion: API_VERSION, kind: spiderIPPools.kind, name, uid });
    }
    for (const regarding of told) this.#options.recorder.record({ regarding, type: "Warning", reason, message: text });
  }

  /** Tells what is wrong with an application's annotations. */
  complaint({ reason, text, regarding }: Complaint): void {
    const { kind, name } = regarding;
    const told =
      reason === "InvalidAnnotation"
        ? notice("InvalidAnnotation", { reason: text })
        : notice("FixedNumberRequired", { kind, name, reason: text });
    this.#options.recorder.record({ regarding, ...told });
  }
}
