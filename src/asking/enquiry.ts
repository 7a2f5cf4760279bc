/**
 * Everything that an explanation looks at: the snapshot, and the operator's and the agent's functions bound to it. Pure.
 * @module
 */

import type { Application } from "../api/application.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import type { PoolCatalog } from "../ipam/candidate.ts";
import type { IpamSettings } from "../ipam/settings.ts";
import type { DemandSettings, Existence } from "../observe/demand.ts";
import { workloadKey } from "../observe/workload.ts";
import { Applications } from "./applications.ts";
import { PodsAtHand } from "./pods-at-hand.ts";
import type { Snapshot } from "./snapshot.ts";
import { SubnetView } from "./subnet-view.ts";
import { Verdicts } from "./verdicts.ts";

export interface EnquiryOptions {
  readonly snapshot: Snapshot;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly demand: DemandSettings;
  readonly ipam: IpamSettings;
  readonly existence?: (application: Omit<Application, "uid">) => Existence;
}

export class Enquiry {
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly ipam: IpamSettings;
  readonly applications: Applications;
  readonly verdicts: Verdicts;
  readonly subnets: SubnetView;
  readonly pods: PodsAtHand;
  readonly catalog: PoolCatalog;

  constructor({ snapshot, now, demand, ipam, existence }: EnquiryOptions) {
    this.snapshot = snapshot;
    this.now = now;
    this.ipam = ipam;
    const { families } = demand;
    this.applications = new Applications(snapshot, demand, existence);
    this.verdicts = new Verdicts(snapshot, { now, families });
    this.subnets = new SubnetView(snapshot, this.verdicts);
    // Whoever asks why wants to know what is, not what is about to be collected.
    this.pods = new PodsAtHand(snapshot, { now, gcDelayMs: 0, families });
    this.catalog = {
      get: (name) => snapshot.pools.get(name),
      values: () => snapshot.pools.values(),
      ofApplication: (top): Iterable<SpiderIPPool> => snapshot.pools.ofApplication(workloadKey(top)),
    };
  }
}
