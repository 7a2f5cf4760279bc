/**
 * What selection says for one ADD, asked once and only when it is needed, and what of it is still to be allocated.
 *
 * It knows the three ways of several NICs (ipam §2.10): one at each ADD, all of them by name at the first, or all of them without
 * names at the first. Another ADD never gets the first item again (A00013).
 * @module
 */

import type { AddArgs } from "../api/agent-protocol.ts";
import type { EndpointInterface } from "../api/endpoint.ts";
import { ANNOTATION } from "../api/names.ts";
import type { Route } from "../api/subnet.ts";
import type { KubeObject } from "../cluster/cluster.ts";
import { fingerprintOf, notMade, type PoolWait, poolsMadeFor } from "./auto-pool-wait.ts";
import { type AutoPoolWish, type Candidate, IpamError, type PoolCatalog } from "./candidate.ts";
import { FIRST_NIC } from "./endpoint-items.ts";
import type { Seeker } from "./seeker.ts";
import { customRoutes, type Naming, type Selection, selectPools } from "./selection.ts";
import type { SelectionRequest } from "./selection-request.ts";
import type { IpamSettings } from "./settings.ts";
import type { WantedPools } from "./wanted-pools.ts";

export interface NicPlanOptions {
  readonly seeker: Seeker;
  readonly args: AddArgs;
  readonly caches: {
    namespace(name: string): KubeObject | undefined;
    node(): KubeObject | undefined;
    readonly catalog: PoolCatalog;
  };
  readonly settings: IpamSettings;
}

/** What is to be allocated now. */
export interface MissingAddresses {
  readonly naming: Naming;
  readonly candidates: readonly Candidate[];
  readonly wishes: readonly AutoPoolWish[];
  /** Those that no NIC of the pod has yet. */
  readonly routes: readonly Route[];
}

export class NicPlan {
  readonly request: SelectionRequest;
  readonly #catalog: PoolCatalog;
  #selection: Selection | undefined;

  constructor({ seeker, args, caches, settings }: NicPlanOptions) {
    const { pod, nic, top, ref } = seeker;
    const { defaultIPv4IPPool: ipv4 = [], defaultIPv6IPPool: ipv6 = [], cleanGateway = false } = args;
    this.#catalog = caches.catalog;
    this.request = {
      pod,
      nic,
      top,
      namespace: caches.namespace(ref.namespace),
      node: caches.node(),
      netconf: { ipv4, ipv6, cleanGateway },
      settings,
    };
  }

  /**
   * Returns what the NICs need that the endpoint does not have.
   * @throws {IpamError} If selection refuses, or the NIC's is none of the items of a list without names.
   */
  missing(items: readonly EndpointInterface[]): MissingAddresses {
    const { naming, candidates, wishes } = this.#select();
    const { pod, nic } = this.request;
    const count = new Set(candidates.map((candidate) => candidate.nic)).size;
    if (naming === "unnamed" && (items.length > 0 || nic !== FIRST_NIC)) throw noItem(nic, count, items.length);
    const isThere = (name: string): boolean => items.some((item) => item.interface === name);
    const given = items.flatMap(({ routes = [] }) => routes);
    const isNew = ({ dst, gw }: Route): boolean => !given.some((route) => route.dst === dst && route.gw === gw);
    return {
      naming,
      candidates: naming === "unnamed" ? candidates : candidates.filter((candidate) => !isThere(candidate.nic)),
      wishes,
      routes: customRoutes(pod).filter(isNew),
    };
  }

  /**
   * Returns the pools that the NICs may have; waits for automatic ones until there is at least one of each.
   * @throws {IpamError} If selection refuses, or a pool has not been made when the patience is at its end.
   */
  async wantedPools(wait: PoolWait, signal: AbortSignal | undefined): Promise<WantedPools> {
    const { naming, candidates, wishes } = this.#select();
    const made: WantedPools["candidates"][number][] = [];
    for (const wish of wishes) {
      const find = () => poolsMadeFor(wish, this.request.top, this.#catalog);
      const fingerprint = () => fingerprintOf(find());
      const message = notMade(wish, this.request.top);
      while (find().length === 0) {
        const change = { fingerprint, seen: "", reason: "WaitingForPool", message } as const;
        if (!(await wait.change(change, signal))) throw new IpamError(message);
      }
      const { nic, family } = wish;
      made.push({ nic, family, pools: find().map(({ metadata }) => metadata.name) });
    }
    return { naming, candidates: [...candidates, ...made] };
  }

  #select(): Selection {
    this.#selection ??= selectPools(this.request, this.#catalog);
    return this.#selection;
  }
}

function noItem(nic: string, count: number, taken: number): IpamError {
  const list = `Pod annotation '${ANNOTATION.pools}' lists ${count} NIC${count === 1 ? "" : "s"} without names`;
  const why =
    taken > 0 ? `all of them have been given` : `the first of them is ${FIRST_NIC}, which has not been added yet`;
  return new IpamError(
    `wrong input, no item is left for interface ${nic}: ${list}, and ${why}; list one item for each NIC`,
  );
}
