/**
 * One pool's life as it stands, and what hinders it: the machine's state, and what the ledger would answer if it were asked now.
 *
 * The same functions decide that the operator decides with, so nothing here can come to another end than it. Pure.
 * @module
 */

import type { Facts } from "../../machines/events.ts";
import { scalingDisabled } from "../../machines/questions.ts";
import { pathOf, restore } from "../../machines/step.ts";
import { bytesOf, ledgerBytesMax, planLedger, type Want } from "../act/ledger-plan.ts";
import { notice } from "../act/notices.ts";
import { freePoolName } from "../act/pool-names.ts";
import type { Family } from "../address/address.ts";
import { EMPTY, formatRanges, type RangeSet } from "../address/range-set.ts";
import { applicationText } from "../api/application.ts";
import { rangesOf } from "../api/ippool.ts";
import { ANNOTATION } from "../api/names.ts";
import { poolName } from "../api/pool-name.ts";
import type { Life } from "../observe/pool-life.ts";
import { addressCount } from "./naming.ts";
import { cureOf, type Obstacle, obstacleOf } from "./obstacle.ts";
import type { Snapshot } from "./snapshot.ts";
import { type SubnetView, usedRanges } from "./subnet-view.ts";

export interface LifeView {
  /** Key of the pool's machine. */
  readonly key: string;
  readonly interface: string;
  readonly family: Family;
  readonly subnet: string;
  /** Name that the pool has or would get. */
  readonly pool: string;
  readonly exists: boolean;
  /** As in `autopool graph`: `created.managed`. */
  readonly state: string;
  /** Absent where it is not known, or nobody wants it. */
  readonly wanted?: number;
  readonly size: number;
  readonly inUse: number;
  readonly obstacles: readonly Obstacle[];
}

/** Looks at one life. */
export function viewLife(snapshot: Snapshot, subnets: SubnetView, life: Life): LifeView {
  const { key, native, subnet, wanted, pool, owner, poolFact, workloadFact } = life;
  const named = wanted ?? owner;
  const facts: Facts = { workload: workloadFact, pool: poolFact, refusal: undefined };
  const state = pathOf(restore({ native }, facts));
  const name = pool?.metadata.name ?? (wanted ? freeNameOf(snapshot, subnets, life) : "");
  const observed = poolFact === "gone" ? undefined : poolFact;
  return {
    key,
    interface: named?.interface ?? "",
    family: named?.family ?? 4,
    subnet,
    pool: name,
    exists: pool !== undefined,
    state,
    ...(wanted && { wanted: wanted.desired }),
    size: observed?.size ?? 0,
    inUse: observed?.inUse ?? 0,
    obstacles: obstaclesOf(snapshot, subnets, life, facts, state, name),
  };
}

function obstaclesOf(
  snapshot: Snapshot,
  subnets: SubnetView,
  life: Life,
  facts: Facts,
  state: string,
  name: string,
): Obstacle[] {
  const { wanted, pool, poolFact } = life;
  const observed = poolFact === "gone" ? undefined : poolFact;
  const about = name;
  if (state === "created.pinned") {
    const text = scalingDisabled({ context: facts, event: { type: "capacity.changed" } });
    return text === undefined ? [] : [obstacleOf(notice("ScalingDisabled", { pool: name, text }), { about })];
  }
  if (state === "orphaned.reclaiming" && observed && observed.inUse > 0) {
    const message = `Pool ${name} is being deleted and goes when ${addressCount(observed.inUse)} in use ${observed.inUse === 1 ? "is" : "are"} free`;
    return [{ reason: "InUse", message, about, passes: true, helps: ["Nothing: it goes with the last of its pods"] }];
  }
  if (!wanted || (state !== "pending" && state !== "scaling")) return [];
  const { desired } = wanted;
  if (observed && desired < observed.size && observed.inUse > desired) {
    const { size, inUse } = observed;
    const told = notice("ShrinkBlocked", { pool: name, size, wanted: desired, inUse });
    const enough = `or set "${ANNOTATION.ipNumber}" so that it is ${inUse} at least, where the pods are to stay`;
    return [obstacleOf(told, { about, passes: true, helps: [...cureOf(told.reason), enough] })];
  }
  const hindered = ledgerObstacle(subnets, life, name);
  const taken = pool ? [] : nameObstacle(snapshot, life, name);
  return [...(hindered ? [hindered] : []), ...taken];
}

/** What the ledger would answer to the pool's want. */
function ledgerObstacle(subnets: SubnetView, life: Life, name: string): Obstacle | undefined {
  const { subnet, wanted, pool } = life;
  if (!wanted) return undefined;
  const { situation, refusal } = subnets.situation(subnet);
  if (refusal) return obstacleOf(refusal, { about: name, subnet });
  if (!situation) return undefined;
  const { family } = situation;
  if (family !== wanted.family) {
    const told = notice("SubnetWrongFamily", { subnet, wanted: wanted.family, actual: family });
    return obstacleOf(told, { about: name, subnet });
  }
  const want = wantOf(life, name);
  const { book, answers } = planLedger(situation, [want], []);
  const [answer] = answers;
  const bytes = bytesOf(book);
  if (bytes > ledgerBytesMax) {
    return obstacleOf(notice("LedgerFull", { subnet, bytes, bytesMax: ledgerBytesMax }), { about: name, subnet });
  }
  if (answer?.kind === "short") {
    const { free, needed } = answer;
    const [most] = subnets.spares(subnet, pool?.metadata.name);
    const spare = most && { pool: most.pool, count: most.spare };
    const told = notice("InsufficientAddresses", { subnet, free, needed, ...(spare && { spare }) });
    return obstacleOf(told, { about: name, subnet, missing: needed - free, helps: [] });
  }
  if (answer?.kind === "conflict") {
    const addresses = formatRanges(answer.addresses, family).join(", ");
    const reason = `addresses ${addresses} of pool ${name} are in use and recorded for another pool`;
    return obstacleOf(notice("SubnetInvalid", { subnet, reason }), { about: name, subnet });
  }
  return undefined;
}

/** Returns what the operator would ask the ledger for. */
export function wantOf({ key, wanted, pool }: Life, name: string): Want {
  const family = wanted?.family ?? 4;
  const held: RangeSet = pool ? rangesOf(pool, family) : EMPTY;
  return {
    pool: name,
    key,
    application: wanted ? applicationText(wanted.application) : "",
    family,
    size: wanted?.desired ?? 0,
    inUse: pool ? usedRanges(pool, family) : EMPTY,
    avoid: EMPTY,
    held,
    isAbsent: !pool,
  };
}

/** Returns the name that a new pool gets. */
export function freeNameOf(snapshot: Snapshot, subnets: SubnetView, { subnet, wanted }: Life): string {
  if (!wanted) return "";
  return freePoolName(wanted, {
    isTaken: (name) => snapshot.pools.get(name) !== undefined,
    recordedFor: (name) => {
      const entry = subnets.book(subnet)?.entries.get(name);
      return entry && (entry.application ?? null);
    },
  });
}

function nameObstacle(snapshot: Snapshot, { wanted }: Life, name: string): Obstacle[] {
  if (!wanted) return [];
  const { family, application, interface: nic } = wanted;
  const first = poolName({ family, application, interface: nic, attempt: 0 });
  const other = snapshot.pools.get(first);
  if (first === name || !other || other.metadata.deletionTimestamp !== undefined) return [];
  return [obstacleOf(notice("PoolNameTaken", { pool: first }), { about: name, passes: true })];
}
