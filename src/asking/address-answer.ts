/**
 * The answer to "who has this address": one verdict in a sentence, and everything that it rests on. Pure.
 * @module
 */

import { type Family, formatAddress } from "../address/address.ts";
import { applicationOfAffinity } from "../api/application.ts";
import { isAutoPool, type SpiderIPPool } from "../api/ippool.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { type AddressHolder, type HolderView, holdersOf } from "./address-holders.ts";
import { type Placed, placeOf, recordsWith, reservationsWith, type Standing } from "./address-places.ts";
import type { AnyAddress } from "./address-spelling.ts";
import { applicationLabel, recordLabel } from "./naming.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * `held`: a living pod has it. `kept`: for the next pod of that name. `leaked`: its pod is over. `contested`: more than one has it.
 * `unmanaged`: a pod has it that did not get it from us. `recorded`: the ledger gives it to a pool that does not have it.
 */
export type Verdict =
  | ("held" | "kept" | "leaked" | "contested" | "unmanaged")
  | ("gateway" | "reserved" | "excluded" | "free" | "recorded" | "unassigned" | "outside");

/** A subnet or pool, and how it has the address. */
export interface AddressPlace {
  readonly name: string;
  readonly cidr: string;
  readonly standing: Standing;
  /** Addresses that it gives out. */
  readonly total: bigint;
  readonly isTerminating: boolean;
}

export interface AddressPool extends AddressPlace {
  /** Absent for manual pools. */
  readonly application?: string;
  readonly state?: string;
  readonly inUse: number;
  readonly isDisabled: boolean;
}

export interface AddressRecord {
  readonly subnet: string;
  readonly pool: string;
  readonly application?: string;
}

export interface AddressAnswer {
  readonly address: string;
  readonly family: Family;
  readonly verdict: Verdict;
  /** One sentence without a full stop. */
  readonly summary: string;
  readonly holders: readonly AddressHolder[];
  readonly subnets: readonly AddressPlace[];
  readonly records: readonly AddressRecord[];
  readonly pools: readonly AddressPool[];
  /** Names of SpiderReservedIPs. */
  readonly reservedBy: readonly string[];
}

/** Answers who has an address. */
export function answerAddress(snapshot: Snapshot, address: AnyAddress, view: HolderView): AddressAnswer {
  const text = formatAddress(address.value, address.family);
  const holders = holdersOf(snapshot, address, view);
  const holding = new Set(holders.flatMap(({ pools }) => pools));
  const subnets = [...snapshot.subnets.values()].flatMap((subnet) => placeOf(subnet, address) ?? []);
  const pools = [...snapshot.pools.values()].flatMap((pool): Placed<SpiderIPPool>[] => {
    const place = placeOf(pool, address);
    const isHolding = holding.has(pool.metadata.name);
    // A pool of the same CIDR that has nothing to do with the address tells nothing.
    if (place && (place.standing !== "in-cidr" || isHolding)) return [place];
    return isHolding ? [{ object: pool, standing: "in-cidr", total: 0n }] : [];
  });
  const records = recordsWith(snapshot, address).map(({ subnet, pool, application }) => {
    const name = recordLabel(application);
    return { subnet, pool, ...(name !== undefined && { application: name }) };
  });
  const found = {
    holders,
    subnets: subnets.map(toPlace),
    records,
    pools: pools.map((place) => toPool(place)),
    reservedBy: reservationsWith(snapshot, address),
  };
  const { verdict, end } = judge(found);
  return { address: text, family: address.family, verdict, summary: `${text} ${end}`, ...found };
}

type Found = Omit<AddressAnswer, "address" | "family" | "verdict" | "summary">;

function judge({ holders, subnets, records, pools, reservedBy }: Found): { verdict: Verdict; end: string } {
  const [holder, ...others] = holders;
  if (holder && others.length > 0) return judgeHolders(holders);
  if (holder) return judgeHolder(holder);
  const pool = pools.find(({ standing }) => standing === "offered");
  const subnet = subnets.find(({ standing }) => standing === "offered");
  const gateway = [...subnets, ...pools].find(({ standing }) => standing === "gateway");
  const excluding = [...pools, ...subnets].find(({ standing }) => standing === "excluded");
  const [around] = subnets;
  const [record] = records;
  if (reservedBy.length > 0) {
    return { verdict: "reserved", end: `is reserved by SpiderReservedIP ${reservedBy.join(", ")}; no pod is given it` };
  }
  if (pool) return { verdict: "free", end: `is free: ${freeIn(pool)}` };
  if (record) return { verdict: "recorded", end: recordedFor(record) };
  if (gateway)
    return { verdict: "gateway", end: `is the gateway of ${gateway.name} (${gateway.cidr}); no pod is given it` };
  if (excluding) return { verdict: "excluded", end: `is excluded by ${excluding.name}; no pod is given it` };
  if (subnet) {
    return {
      verdict: "unassigned",
      end: `is free: no pool has it, and SpiderSubnet ${subnet.name} may give it to one`,
    };
  }
  if (around) {
    const end = `belongs to nobody: it lies in ${around.cidr}, but SpiderSubnet ${around.name} does not list it`;
    return { verdict: "outside", end };
  }
  return { verdict: "outside", end: "belongs to nobody: no SpiderSubnet and no SpiderIPPool has it" };
}

function judgeHolders(holders: readonly AddressHolder[]): { verdict: Verdict; end: string } {
  const alive = holders.filter(({ state }) => state === "alive" || state === "ending");
  const names = (alive.length > 1 ? alive : holders).map(({ pod, uid }) => `Pod ${pod} (UID ${uid})`).join(" and ");
  if (alive.length > 1) return { verdict: "contested", end: `is held by ${alive.length} pods at once: ${names}` };
  return { verdict: "contested", end: `has ${holders.length} claimants, ${alive.length} of them alive: ${names}` };
}

function judgeHolder({ pod, state, end, pools, nics, since }: AddressHolder): { verdict: Verdict; end: string } {
  const known = since === undefined ? "" : `, since ${since}`;
  if (pools.length === 0 && nics.length === 0) {
    return { verdict: "unmanaged", end: `is the address of Pod ${pod}, which did not get it from a SpiderIPPool` };
  }
  switch (state) {
    case "alive":
      return {
        verdict: "held",
        end: `is held by Pod ${pod}${nics.some(Boolean) ? `, NIC ${nics.join(", ")}` : ""}${known}`,
      };
    case "ending":
      return { verdict: "held", end: `is held by Pod ${pod}, which is ending${known}` };
    case "kept":
      return { verdict: "kept", end: `is kept for the next Pod ${pod}${known}: its controller still wants it` };
    case "over":
      return { verdict: "leaked", end: `is still recorded for Pod ${pod}, which can use it no more (${end})` };
  }
}

function freeIn({ name, application, isTerminating, isDisabled }: AddressPool): string {
  const owner = application === undefined ? "" : ` of ${application}`;
  if (isTerminating) return `pool ${name}${owner} has it, but is being deleted and gives out nothing`;
  if (isDisabled) return `pool ${name}${owner} has it, but is disabled and gives out nothing`;
  return `pool ${name}${owner} may give it to its next pod`;
}

function recordedFor({ subnet, pool, application }: AddressRecord): string {
  const owner = application === undefined ? "" : ` of ${application}`;
  return `is recorded in SpiderSubnet ${subnet} for pool ${pool}${owner}, which does not have it; no pod has it`;
}

function toPlace({ object, standing, total }: Placed<SpiderSubnet | SpiderIPPool>): AddressPlace {
  const { metadata, spec } = object;
  const isTerminating = metadata.deletionTimestamp !== undefined;
  return { name: metadata.name, cidr: spec.subnet, standing, total, isTerminating };
}

function toPool(place: Placed<SpiderIPPool>): AddressPool {
  const { object } = place;
  const application = isAutoPool(object) ? applicationOfAffinity(object) : undefined;
  return {
    ...toPlace(place),
    ...(application && { application: applicationLabel(application) }),
    ...(object.status?.state && { state: object.status.state }),
    inUse: object.status?.allocatedIPCount ?? 0,
    isDisabled: object.spec.disable === true,
  };
}
