/**
 * What the pool machine's guards ask of the facts, one small question each.
 *
 * Every question is put to what is known after the event, so that the answer does not depend on which fact came first.
 * @module
 */
import { type Facts, learn, type PoolEvent, type PoolFact, type WorkloadFact } from "./events.ts";

/** What is known, and the event that is being learned. */
export interface Situation {
  readonly context: Facts;
  readonly event: PoolEvent;
}

function workloadIn({ context, event }: Situation): WorkloadFact | undefined {
  const { workload } = learn(context, event);
  return workload === "gone" ? undefined : workload;
}

function poolIn({ context, event }: Situation): PoolFact | undefined {
  const { pool } = learn(context, event);
  return pool === "gone" ? undefined : pool;
}

/** The application is known to want the pool. */
export const isWanted = (situation: Situation): boolean => workloadIn(situation) !== undefined;

/** The application is known not to want the pool; not merely unseen. */
export const isUnwanted = ({ context, event }: Situation): boolean => learn(context, event).workload === "gone";

/** The pool object is known not to be there; not merely unseen. */
export const isAbsent = ({ context, event }: Situation): boolean => learn(context, event).pool === "gone";

/** The pool's own label says that it is to be deleted with its application. */
export const isReclaimed = (situation: Situation): boolean => poolIn(situation)?.reclaim === true;

/** Pool or record is known to differ from the wanted size. */
export function isOfWrongSize(situation: Situation): boolean {
  const [workload, pool] = [workloadIn(situation), poolIn(situation)];
  return !!workload && !!pool && (pool.size !== workload.desired || pool.reserved !== workload.desired);
}

/** Pool and record are known to have the wanted size. */
export function isOfRightSize(situation: Situation): boolean {
  const [workload, pool] = [workloadIn(situation), poolIn(situation)];
  return !!workload && !!pool && pool.size === workload.desired && pool.reserved === workload.desired;
}

/** The pool carries something that we did not write, or belongs to a predecessor of its application. */
export function hasDrifted(situation: Situation): boolean {
  const [workload, pool] = [workloadIn(situation), poolIn(situation)];
  if (!workload || !pool) return false;
  return pool.drifted || pool.owner !== workload.uid || pool.reclaim !== workload.reclaim;
}

/** The pool's addresses are not those of its record; one that is being deleted is left alone. */
export function isOutOfRecord(situation: Situation): boolean {
  const pool = poolIn(situation);
  return !!pool && !pool.terminating && pool.size !== pool.reserved;
}

/** The application wants the pool, which keeps its addresses, and something about it is not as it should be. */
export function isKeptAndAstray(situation: Situation): boolean {
  return isWanted(situation) && (hasDrifted(situation) || isOutOfRecord(situation));
}

/** The pool, which stays, has other addresses than its record, or as many others. */
export function isOutOfPlace(situation: Situation): boolean {
  const pool = poolIn(situation);
  return isOutOfRecord(situation) || (!!pool && !pool.terminating && pool.drifted);
}

/** The sentence for people where more or other addresses are asked for than a pinned pool will ever have. */
export function scalingDisabled(situation: Situation): string | undefined {
  const [workload, pool] = [workloadIn(situation), poolIn(situation)];
  if (!workload || !pool || isOutOfRecord(situation)) return undefined;
  const never = "pools of this kind of application are never scaled";
  if (workload.desired !== pool.reserved) {
    return `The pool keeps its ${pool.reserved} addresses although ${workload.desired} are asked for: ${never}`;
  }
  if ((workload.pods ?? 0) > pool.reserved) {
    return `There are more pods than the pool's ${pool.reserved} addresses: ${never}`;
  }
  return undefined;
}

/** How many addresses the pool should have: the parameter of `ensurePool`. */
export const desiredSize = (situation: Situation): { size: number } => ({ size: workloadIn(situation)?.desired ?? 0 });

/** Which pool object is to go: the parameter of `removePool`. */
export const poolUid = (situation: Situation): { uid: string } => ({ uid: poolIn(situation)?.uid ?? "" });
