/**
 * What can be wrong between subnets, pools, endpoints and pods: one name each, what it means and what helps.
 *
 * `always` holds at every instant, whoever crashes where, so two looks at one state of the objects suffice. `eventually` is what
 * operator and agents see to within seconds: it is a fault only where it stays.
 * @module
 */

import type { Place } from "./snapshot.ts";

/** One row. */
interface Row {
  readonly holds: "always" | "eventually";
  /** What is wrong, as a heading. */
  readonly title: string;
  /** What helps, for people; one sentence. */
  readonly cure: string;
}

const operatorMends = "The operator mends it when it runs; --repair does it now.";
const collectorMends = "The operator gives it back when it runs; --repair does it now.";
const choose = "Decide which of the two is to have the addresses, and take them out of the other.";

/** The table, by name. */
export const findingRows = {
  "ledger-unreadable": {
    holds: "eventually",
    title: "a subnet's record of pools cannot be read",
    cure: "The operator writes it anew from what pools have.",
  },
  "record-without-pool": { holds: "eventually", title: "a record has no pool", cure: operatorMends },
  "record-missing": { holds: "always", title: "a pool has no record in its subnet", cure: operatorMends },
  "record-too-small": {
    holds: "always",
    title: "a record has not all that its pool has",
    cure: "The operator adds the rest unless another pool has it; so does --repair.",
  },
  "record-too-large": {
    holds: "eventually",
    title: "a record has more than its pool",
    cure: "The operator makes the pool larger or the record smaller; see what it waits for with autopool explain.",
  },
  "record-outside-subnet": {
    holds: "always",
    title: "a record has addresses that its subnet does not list",
    cure: "Add the addresses to the SpiderSubnet again.",
  },
  "record-of-another": {
    holds: "eventually",
    title: "record and pool name different applications",
    cure: "Correct whichever is wrong; a pool's podAffinity says whom pods of it belong to.",
  },
  "records-overlap": { holds: "always", title: "two records have the same addresses", cure: choose },
  "subnet-refused": {
    holds: "eventually",
    title: "a subnet is not as it must be",
    cure: "Correct the field that the text names.",
  },
  "subnet-total-wrong": { holds: "eventually", title: "a subnet's totalIPCount is wrong", cure: operatorMends },
  "subnet-count-wrong": { holds: "eventually", title: "a subnet's allocatedIPCount is wrong", cure: operatorMends },
  "subnet-finalizer-missing": {
    holds: "eventually",
    title: "a subnet can be deleted while pools have its addresses",
    cure: operatorMends,
  },
  "pool-refused": {
    holds: "eventually",
    title: "a pool is not as it must be",
    cure: "Correct the field that the text names.",
  },
  "pool-subnet-missing": {
    holds: "eventually",
    title: "a pool's subnet does not exist",
    cure: "Create the SpiderSubnet again, or delete the pool when no pod uses it.",
  },
  "pool-outside-subnet": {
    holds: "always",
    title: "a pool has addresses that its subnet does not list",
    cure: "Add the addresses to the SpiderSubnet again.",
  },
  "pool-finalizer-missing": {
    holds: "eventually",
    title: "a pool can be deleted while pods have its addresses",
    cure: operatorMends,
  },
  "pool-labels-wrong": {
    holds: "eventually",
    title: "a pool's labels are not those of its application",
    cure: operatorMends,
  },
  "pool-owner-wrong": { holds: "eventually", title: "a pool does not belong to its subnet", cure: operatorMends },
  "pool-affinity-wrong": {
    holds: "eventually",
    title: "a pool's podAffinity is not its application's",
    cure: operatorMends,
  },
  "pool-total-wrong": { holds: "eventually", title: "a pool's totalIPCount is wrong", cure: operatorMends },
  "pool-count-wrong": { holds: "always", title: "a pool's allocatedIPCount is wrong", cure: "--repair counts anew." },
  "address-in-two-pools": { holds: "always", title: "two pools have the same addresses", cure: choose },
  "allocations-unreadable": {
    holds: "always",
    title: "a pool's record of use cannot be read",
    cure: "Correct status.allocatedIPs by hand; until then nothing of the pool is given out or taken back.",
  },
  "allocation-outside-pool": {
    holds: "always",
    title: "an address is in use that its pool does not have",
    cure: "Add the address to the pool again, or delete the pod.",
  },
  "allocation-without-pod": {
    holds: "eventually",
    title: "an address is recorded for a pod that can use it no more",
    cure: collectorMends,
  },
  "allocation-of-another-uid": {
    holds: "eventually",
    title: "an address is recorded for a predecessor of the pod",
    cure: collectorMends,
  },
  "allocation-without-endpoint": {
    holds: "eventually",
    title: "an address is recorded for a living pod whose endpoint does not list it",
    cure: "The operator gives it back after three minutes; or delete the pod.",
  },
  "address-allocated-twice": {
    holds: "always",
    title: "an address is recorded for two pods",
    cure: "Delete the pod that must not have it.",
  },
  "endpoint-without-pod": { holds: "eventually", title: "an endpoint has no pod", cure: collectorMends },
  "endpoint-of-another-uid": {
    holds: "eventually",
    title: "an endpoint speaks of a predecessor of the pod",
    cure: "Delete the pod: the next one is served anew.",
  },
  "endpoint-not-recorded": {
    holds: "eventually",
    title: "a pod's address is not recorded in its pool, so that another pod may be given it",
    cure: "--repair records it, unless another pod has it.",
  },
  "endpoint-recorded-for-another": {
    holds: "eventually",
    title: "a pod's address is recorded for another pod",
    cure: "Delete the pod that must not have it.",
  },
  "address-of-two-pods": {
    holds: "always",
    title: "two living pods have the same address",
    cure: "Delete the pod that must not have it: the one that the pool does not name.",
  },
  "pod-not-recorded": {
    holds: "always",
    title: "a pod has an address of a pool that has not recorded it",
    cure: "Find out who gave it to the pod; exclude it from the pool, or delete the pod.",
  },
  "reservation-refused": {
    holds: "eventually",
    title: "a reservation is not as it must be",
    cure: "Correct the field that the text names.",
  },
} as const satisfies Record<string, Row>;

export type FindingName = keyof typeof findingRows;

/** Whose address it is about, as a record or endpoint names it. */
export interface Holder {
  readonly namespace: string;
  readonly name: string;
  readonly podUid: string;
}

export interface Finding {
  readonly name: FindingName;
  /** What it is about: `SpiderIPPool web`. */
  readonly subject: string;
  /** What is wrong, with all numbers; a sentence without a full stop. */
  readonly text: string;
  /** What stays the same as long as it is the same fault, where the text has more in it; the text unless given. */
  readonly essence?: string;
  /** What it rests on: it is believed when these say so when they are read again. */
  readonly places: readonly Place[];
  /** Where this one takes a while though others of its name hold at every instant. */
  readonly holds?: "eventually";
  readonly subnet?: string;
  readonly pool?: string;
  readonly address?: bigint;
  readonly holder?: Holder;
}

/** Tells findings apart: one of each name for each subject. */
export function findingKey({ name, subject }: Finding): string {
  return `${name} ${subject}`;
}

/** What a check is told with. */
export interface CheckView {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How long a pod's end is left to the CNI plugin, in milliseconds. */
  readonly gcDelayMs: number;
  readonly families: readonly (4 | 6)[];
}

/** Takes a finding. */
export type Report = (finding: Finding) => void;
