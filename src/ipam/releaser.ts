/**
 * The DEL of a pod's NIC, and the release of all that a pod has (ipam §3.1, §3.7).
 *
 * Nothing is released but what the endpoint of that very UID lists, and only when the API server says at that moment that the pod
 * may use it no more. Everything else, such as what nobody has asked to release, is the collector's.
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import type { BatchDelArgs, DelArgs, PodArgs } from "../api/agent-protocol.ts";
import { controllerOf } from "../api/controller-reference.ts";
import type { SpiderEndpoint } from "../api/endpoint.ts";
import { isAlive, type Pod } from "../api/pod.ts";
import type { Clock } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { IpamError } from "./candidate.ts";
import { addressesOf, byPool, type PooledAddress } from "./endpoint-addresses.ts";
import { indexFor } from "./endpoint-items.ts";
import { type EndpointStep, EndpointStore } from "./endpoint-store.ts";
import type { KeyedMutex } from "./keyed-mutex.ts";
import { findPod, isSamePod } from "./pod-reader.ts";
import type { PoolCommits } from "./pool-commits.ts";
import { isStaticEndpoint, isVirtualMachine, keepsAddresses, type StaticSettings } from "./static-holder.ts";

/** Addresses that were given back. */
export interface Released {
  /** `namespace/name` of the endpoint. */
  readonly pod: string;
  readonly podUid: string;
  readonly addresses: readonly PooledAddress[];
}

export interface ReleaserOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: StaticSettings;
  readonly commits: Pick<PoolCommits, "release">;
  /** Told of what has been released; many a request releases nothing. */
  onReleased(released: Released): void;
  /** The pods that are being served, shared with the allocator. */
  readonly turns: KeyedMutex;
}

/** A pod that is named by a CNI request. */
interface Named {
  /** As the API server has it; absent where it has none of that name and UID. */
  readonly pod: Pod | undefined;
  /** "" where nobody knows it. */
  readonly uid: string;
  /** Of the endpoint. */
  readonly ref: { readonly namespace: string; readonly name: string };
}

export class Releaser {
  readonly #options: ReleaserOptions;
  readonly #store: EndpointStore;

  constructor(options: ReleaserOptions) {
    this.#options = options;
    this.#store = new EndpointStore(options);
  }

  /** Releases the addresses of all the pod's NICs with the first one's DEL; of a pod that lives on, or whose successor gets them, none. */
  del(args: DelArgs, signal?: AbortSignal): Promise<void> {
    return this.#inTurn(args, signal, async ({ pod, uid, ref }) => {
      if (pod && isAlive(pod)) return;
      const endpoint = await this.#endpointOf(ref, uid, signal);
      if (endpoint === undefined) return;
      const items = endpoint.status?.current.ips ?? [];
      if (items.length > 0 && indexFor(items, args.ifName) < 0) return;
      const { cluster, settings } = this.#options;
      if (await keepsAddresses(cluster, endpoint, settings)) return;
      await this.#release(endpoint, uid, signal);
      await this.#store.revise(ref, endpoint, (current) => (isSame(current, endpoint) ? "remove" : "done"), signal);
    });
  }

  /**
   * Releases all that the pod has, whether or not it lives: the CNI plugin asks for it where it could not use what it was given.
   *
   * Fixed addresses stay where it is about a conflict: the next one would be another one (in the reference nobody sets
   * that flag, ipam §8, B9).
   */
  batchDel(args: BatchDelArgs, signal?: AbortSignal): Promise<"done" | "stateful-forbidden" | "stateless-forbidden"> {
    return this.#inTurn(args, signal, async ({ uid, ref }) => {
      const endpoint = await this.#endpointOf(ref, uid, signal);
      if (endpoint === undefined) return "done";
      if (args.isReleaseConflictIPs === true && isStaticEndpoint(endpoint, this.#options.settings)) {
        return "stateful-forbidden";
      }
      const empty = (current: SpiderEndpoint | undefined): EndpointStep => {
        if (current?.status?.current.ips.length === 0 || !isSame(current, endpoint)) return "done";
        return { patch: { status: { current: { ips: [] } } } };
      };
      await this.#store.revise(ref, endpoint, empty, signal);
      await this.#release(endpoint, uid, signal);
      return "done";
    });
  }

  #inTurn<T>(args: PodArgs, signal: AbortSignal | undefined, task: (named: Named) => Promise<T>): Promise<T> {
    const { podNamespace, podName } = args;
    return this.#options.turns.run(
      `${podNamespace}/${podName}`,
      async () => task(await this.#find(args, signal)),
      signal,
    );
  }

  async #find({ podNamespace: namespace, podName: name, podUID }: PodArgs, signal?: AbortSignal): Promise<Named> {
    const { cluster, settings } = this.#options;
    const found = await findPod(cluster, { namespace, name }, signal);
    const pod = found && (podUID === "" || isSamePod(found, podUID)) ? found : undefined;
    const controller = controllerOf(pod?.metadata.ownerReferences);
    const isMachine = controller && isVirtualMachine({ ...controller, namespace }, settings);
    const ref = { namespace, name: isMachine ? controller.name : name };
    return { pod, uid: pod?.metadata.uid ?? podUID, ref };
  }

  /** Returns the endpoint if it is about this pod. */
  async #endpointOf(ref: Named["ref"], uid: string, signal?: AbortSignal): Promise<SpiderEndpoint | undefined> {
    // Who has no UID may be anybody.
    const endpoint = uid === "" ? undefined : await this.#store.read(ref, signal);
    return endpoint?.status?.current?.uid === uid ? endpoint : undefined;
  }

  async #release(endpoint: SpiderEndpoint, podUid: string, signal?: AbortSignal): Promise<void> {
    const { commits, onReleased } = this.#options;
    const held = byPool(addressesOf(endpoint));
    const results = await Promise.allSettled(
      [...held].map(async ([pool, addresses]) => {
        const freed = await commits.release(pool, { podUid, addresses }, signal);
        return freed.map((address) => ({ pool, address }));
      }),
    );
    const { namespace, name } = endpoint.metadata;
    const addresses = results.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
    if (addresses.length > 0) onReleased({ pod: `${namespace}/${name}`, podUid, addresses });
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }
}

/**
 * Tells whether an endpoint still is what it was; another pod's is none of our business.
 * @throws {IpamError} If the same pod has other addresses by now.
 */
function isSame(current: SpiderEndpoint | undefined, before: SpiderEndpoint): boolean {
  if (current?.metadata.uid !== before.metadata.uid) return false;
  const [now, then] = [current?.status?.current, before.status?.current];
  if (now?.uid !== then?.uid) return false;
  if (isDeepStrictEqual(now?.ips, then?.ips)) return true;
  const { namespace, name } = before.metadata;
  throw new IpamError(
    `Cannot release the addresses of SpiderEndpoint "${namespace}/${name}": somebody has changed it meanwhile`,
  );
}
