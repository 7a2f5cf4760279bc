/**
 * The door of subnets, and of pools that have none: each is claimed in one ConfigMap before it is let in.
 *
 * The claims are written on condition of their version, so of two that collide one has to read the other's. What a claim stands
 * for is read from the API server where no watch has shown it: it is there and the rules judge by it, or it may still come and has
 * to be waited for, or it never will.
 * @module
 */

import { ON_THE_WAY_MS } from "../api/controlled-pools.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import { spiderIPPools, spiderSubnets } from "../api/resources.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { Clock } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import { type ClaimStore, type ClaimsState, createClaimStore, fits } from "./claim-store.ts";
import { type Claim, claimOf, hasCome, isOnItsWay, mayCollide, withClaim } from "./claims.ts";
import type { Gain } from "./gain.ts";
import { type LiveWorld, overlaid } from "./live-world.ts";
import { postponed } from "./postponed.ts";
import type { HeldRequest, Judge } from "./request.ts";
import type { Denial } from "./rules/refusal.ts";
import { knownPool, knownSubnet, type World } from "./rules/world.ts";
import { type Plan, WriteLine } from "./write-line.ts";

export interface ClaimDoorOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  /** Where the ConfigMap is. */
  readonly namespace: string;
  readonly world: LiveWorld;
  readonly judge: Judge;
}

/** What came of a request; `subnet` where a pool has one after all, whose ledger it belongs into. */
export type ClaimAnswer = Denial | "claimed" | { readonly subnet: string };

/** The object that a claim is for, read at most once for each plan; "coming" where the claim is only about to be written. */
type LookUp = (claim: Claim) => Promise<SpiderSubnet | SpiderIPPool | "coming" | undefined>;

export class ClaimDoor {
  readonly #options: ClaimDoorOptions;
  readonly #store: ClaimStore;
  readonly #line: WriteLine<ClaimsState, HeldRequest, ClaimAnswer>;

  constructor(options: ClaimDoorOptions) {
    const { cluster, clock, random, namespace } = options;
    this.#options = options;
    this.#store = createClaimStore(cluster, namespace);
    this.#line = new WriteLine({
      clock,
      random,
      read: () => this.#store.read(),
      known: (last) => last,
      plan: (state, requests) => this.#plan(state, requests),
    });
  }

  /** Claims what a subnet or pool gains; in a dry run it only looks whether that collides with what is on its way. */
  admit(request: HeldRequest, signal: AbortSignal): Promise<ClaimAnswer> {
    return this.#line.ask(request, signal);
  }

  async #plan(state: ClaimsState, requests: readonly HeldRequest[]): Promise<Plan<ClaimsState, ClaimAnswer>> {
    const now = this.#options.clock.now();
    const lookUp = this.#createLookUp(state);
    const answers: ClaimAnswer[] = [];
    let claims = state.claims;
    for (const request of requests) {
      const answer = await this.#judge(request, claims, lookUp, now);
      const next = answer === "claimed" && !request.isDryRun ? added(claims, claimOf(request.gain, now)) : claims;
      answers.push(next ? answer : postponed(request.gain.denied, "too much is being created: try again in a minute"));
      claims = next ?? claims;
    }
    return { answers, ...(claims !== state.claims && { write: () => this.#store.write(state, claims) }) };
  }

  async #judge(
    { wanted, gain, isRecorded = false, goneSubnet }: HeldRequest,
    claims: readonly Claim[],
    lookUp: LookUp,
    now: number,
  ): Promise<ClaimAnswer> {
    const { world, judge } = this.#options;
    const own = claimOf(gain, now);
    const [subnets, pools]: [SpiderSubnet[], SpiderIPPool[]] = [[], []];
    for (const claim of claims) {
      const isPassedOver = isRecorded && claim.kind === "SpiderSubnet";
      if (isPassedOver || !mayCollide(own, claim) || this.#isShown(claim)) continue;
      const object = await lookUp(claim);
      if (object === "coming" || isOnItsWay(claim, object, now)) return postponed(gain.denied, textOf(claim, now));
      if (!object) continue;
      if (claim.kind === "SpiderSubnet") subnets.push(object as SpiderSubnet);
      else pools.push(object as SpiderIPPool);
    }
    const read = {
      subnets: subnets.flatMap((subnet) => knownSubnet(subnet) ?? []),
      pools: pools.flatMap((pool) => knownPool(pool) ?? []),
    };
    const denial = judge(wanted, overlaid(world, read));
    if (denial || !belongsIntoLedger(gain, world)) return denial ?? "claimed";
    const found = subnets.find(({ spec }) => spec.subnet === gain.cidr.canonical)?.metadata.name;
    // The caches may know it by now, though they did not when the request came here.
    const known = world.subnetOfCidr(gain.cidr.canonical)?.name;
    const subnet = found ?? (known === goneSubnet ? undefined : known);
    return subnet === undefined ? "claimed" : { subnet };
  }

  /** Whether the caches know what became of a claim: then the rules do, or nobody need. */
  #isShown(claim: Claim): boolean {
    const { world } = this.#options;
    if (claim.uid !== undefined && world.hasDeparted(claim.uid)) return true;
    const object = claim.kind === "SpiderSubnet" ? world.subnet(claim.name)?.object : world.pool(claim.name);
    return object !== undefined && hasCome(claim, object);
  }

  #createLookUp(state: ClaimsState): LookUp {
    const { cluster } = this.#options;
    const written = new Set(state.claims);
    const looks = new Map<string, ReturnType<LookUp>>();
    return (claim) => {
      if (!written.has(claim)) return Promise.resolve("coming");
      const { kind, name } = claim;
      const key = `${kind}/${name}`;
      const resource = kind === "SpiderSubnet" ? spiderSubnets : spiderIPPools;
      const look = looks.get(key) ?? find<SpiderSubnet | SpiderIPPool>(cluster, resource, { name });
      looks.set(key, look);
      return look;
    };
  }
}

/** Whether what is gained is recorded in a ledger, where there is one; a pool that is still empty has only its CIDR to collide with. */
export function belongsIntoLedger({ kind, ranges }: Gain, { enableSubnet }: World): boolean {
  return kind === "SpiderIPPool" && enableSubnet && ranges.length > 0;
}

/** Returns the claims with one more; `undefined` where they are too many, even without those that need not be waited for. */
function added(claims: readonly Claim[], claim: Claim): readonly Claim[] | undefined {
  const kept = withClaim(claims, claim);
  if (fits(kept)) return kept;
  const waitedFor = withClaim(claims, claim, ON_THE_WAY_MS);
  return fits(waitedFor) ? waitedFor : undefined;
}

function textOf({ kind, name, generation, cidr, at }: Claim, now: number): string {
  const what = generation > 1 ? "changed" : "created";
  const since = Math.max(0, Math.round((now - at) / 1000));
  return `${kind} "${name}", which is being ${what} since ${since} s, has addresses of ${cidr.canonical}: try again in a minute`;
}
