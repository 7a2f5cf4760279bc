/**
 * The ADD of one NIC (ipam §2): from a pod's name to its addresses, the same ones however often it is asked.
 *
 * Pools are written before the endpoint (ipam §4). Killed in between, the next ADD of the pod finds the records by its UID and uses
 * them first; an endpoint that has the NIC is the answer, and then no pool is looked at.
 * @module
 */

import type { AddAnswer, AddArgs } from "../api/agent-protocol.ts";
import type { EndpointInterface, SpiderEndpoint } from "../api/endpoint.ts";
import type { Pod } from "../api/pod.ts";
import type { Clock } from "../clock.ts";
import type { Cluster, KubeObject, ObjectRef } from "../cluster/cluster.ts";
import { AddressClaims } from "./address-claims.ts";
import { PoolWait, type WaitReason } from "./auto-pool-wait.ts";
import { IpamError, type PoolCatalog } from "./candidate.ts";
import { addressesOf } from "./endpoint-addresses.ts";
import { answerOf, indexFor, itemsOf, named, withAll, withoutNumbers } from "./endpoint-items.ts";
import { EndpointInDoubt, type EndpointStep, EndpointStore } from "./endpoint-store.ts";
import type { KeyedMutex } from "./keyed-mutex.ts";
import { NicPlan } from "./nic-plan.ts";
import type { PoolCommits } from "./pool-commits.ts";
import { changedMeanwhile, guarded, isLeftTo, isOf, newEndpoint, recordName, type Seeker, statusOf } from "./seeker.ts";
import { ofDeadPod, SeekerReader } from "./seeker-reader.ts";
import { ServedPods } from "./served-pods.ts";
import type { IpamSettings } from "./settings.ts";
import { adopt, takeOver } from "./static-adoption.ts";
import { isVirtualMachine } from "./static-holder.ts";

/** What an agent knows without asking. */
export interface AllocatorCaches {
  pod(ref: ObjectRef): Pod | undefined;
  namespace(name: string): KubeObject | undefined;
  /** The node that the agent runs on. */
  node(): KubeObject | undefined;
  readonly catalog: PoolCatalog;
  /** Calls back at every change of a pool, until the returned function is called. */
  onPoolChange(listener: () => void): () => void;
  /** Calls back when the pod of this UID is deleted or ends, until the returned function is called. */
  onPodEnd(uid: string, listener: () => void): () => void;
}

export interface AllocatorOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: IpamSettings;
  readonly caches: AllocatorCaches;
  readonly commits: PoolCommits;
  /** The pods that are being served, shared with the releaser. */
  readonly turns: KeyedMutex;
  /** Tells the users of a pod something. */
  readonly warn: (pod: Pod, reason: WaitReason, message: string) => void;
}

/** One ADD. */
interface Addition {
  readonly seeker: Seeker;
  readonly plan: NicPlan;
  readonly wait: PoolWait;
  readonly signal: AbortSignal;
}

export class Allocator {
  readonly #options: AllocatorOptions;
  readonly #store: EndpointStore;
  readonly #seekers: SeekerReader;
  readonly #served = new ServedPods();

  constructor(options: AllocatorOptions) {
    this.#options = options;
    this.#store = new EndpointStore(options);
    this.#seekers = new SeekerReader(options);
  }

  /**
   * Returns the addresses of all the pod's NICs, this one's among them.
   *
   * @param signal aborts when nobody waits for the answer any more; what was newly taken is given back then
   * @throws {IpamError} If the NIC cannot be served; the text is for the pod's users.
   */
  add(args: AddArgs, signal?: AbortSignal): Promise<AddAnswer> {
    const { podNamespace, podName } = args;
    return this.#options.turns.run(`${podNamespace}/${podName}`, () => this.#add(args, signal), signal);
  }

  async #add(args: AddArgs, signal: AbortSignal | undefined): Promise<AddAnswer> {
    if (args.matchMasterSubnet === true) {
      throw new IpamError(
        `wrong input, 'match_master_subnet' of the CNI configuration is not supported: set it to false, and name the IPPools that fit the master's subnet`,
      );
    }
    const seeker = await this.#seekers.read(args, signal);
    // A pod that is deleted must not wait for an address: its kubelet cannot end it while an ADD is under way.
    const ended = new AbortController();
    const stop = this.#options.caches.onPodEnd(seeker.uid, () => ended.abort(ofDeadPod(seeker)));
    try {
      return await this.#serve(args, seeker, signal ? AbortSignal.any([signal, ended.signal]) : ended.signal);
    } finally {
      stop();
    }
  }

  async #serve(args: AddArgs, seeker: Seeker, signal: AbortSignal): Promise<AddAnswer> {
    const { caches, settings } = this.#options;
    const plan = new NicPlan({ seeker, args, caches, settings });
    const addition = { seeker, plan, wait: this.#wait(seeker, settings.waitForPoolMs), signal };
    const isNew = this.#served.add(seeker.uid) && !seeker.isStatic && seeker.ref.name === seeker.pod.metadata.name;
    const created = isNew ? await this.#create({ ...addition, wait: this.#wait(seeker, 0) }) : undefined;
    if (created !== undefined) return answerOf(created);
    const found = await this.#store.read(seeker.ref, signal);
    const endpoint = found && (await this.#own(found, addition));
    const items = endpoint?.status?.current.ips ?? [];
    if (endpoint && indexFor(items, seeker.nic) >= 0) return answerOf(await this.#name(endpoint, addition));
    return answerOf(await this.#allocate(endpoint, items, addition));
  }

  #wait({ pod }: Seeker, patienceMs: number): PoolWait {
    const { clock, caches, warn } = this.#options;
    return new PoolWait({
      clock,
      patienceMs,
      onPoolChange: (listener) => caches.onPoolChange(listener),
      tell: (reason, message) => warn(pod, reason, message),
    });
  }

  /**
   * Serves a new pod without a look at what is there: its endpoint can be created only where there is none, and the read would cost
   * a third of all. Returns `undefined` where that does not do; nothing is left of the attempt then.
   */
  async #create(addition: Addition): Promise<readonly EndpointInterface[] | undefined> {
    try {
      return await this.#allocate(undefined, [], addition);
    } catch (error) {
      if (error instanceof EndpointInDoubt || addition.signal.aborted) throw error;
      return undefined;
    }
  }

  /** Returns the endpoint when it is this pod's; one that cannot become it is removed, and its records are left to the collector. */
  async #own(found: SpiderEndpoint, addition: Addition): Promise<SpiderEndpoint | undefined> {
    const { seeker, plan, wait, signal } = addition;
    const { commits, settings } = this.#options;
    const isTerminating = found.metadata.deletionTimestamp !== undefined;
    if (isTerminating || !isOf(found, seeker)) await this.#seekers.confirm(seeker, signal);
    if (!isTerminating && isLeftTo(found, seeker)) {
      const followsPools = !isVirtualMachine(seeker.top, settings);
      const wanted = () => plan.wantedPools(wait, signal);
      return adopt(found, { store: this.#store, commits, seeker, wanted, followsPools, signal });
    }
    if (!isTerminating && isOf(found, seeker)) return found;
    return this.#replace(found, addition);
  }

  /** Ends an endpoint. Where it is this very pod's, somebody deletes it under a living pod: then the next one says the same. */
  async #replace(found: SpiderEndpoint, { seeker, plan, wait, signal }: Addition): Promise<SpiderEndpoint | undefined> {
    const { commits } = this.#options;
    const wanted = () => plan.wantedPools(wait, signal);
    const own = isOf(found, seeker) ? (found.status?.current.ips ?? []) : [];
    const items = await takeOver(found, own, { commits, seeker, wanted, signal });
    const decide = (current: SpiderEndpoint | undefined): EndpointStep => {
      if (current && current.metadata.uid !== found.metadata.uid) throw changedMeanwhile(seeker);
      return "remove";
    };
    const left = await this.#store.revise(seeker.ref, found, decide, signal);
    if (left !== undefined) {
      throw new IpamError(
        `Cannot replace SpiderEndpoint "${recordName(seeker)}": it is being deleted, and finalizers ${JSON.stringify(left.metadata.finalizers)} keep it; whoever set them must let it go`,
      );
    }
    if (items.length === 0) return undefined;
    const append = (current: SpiderEndpoint | undefined) => this.#appending(current, items, seeker);
    return this.#store.revise(seeker.ref, undefined, append, signal);
  }

  /** Retrieval: the addresses are there; only the NIC's name may be missing. */
  async #name(endpoint: SpiderEndpoint, { seeker, signal }: Addition): Promise<readonly EndpointInterface[]> {
    const settled = await this.#store.revise(
      seeker.ref,
      endpoint,
      (current) => {
        const items = this.#itemsOf(current, seeker);
        if (indexFor(items, seeker.nic) < 0) throw changedMeanwhile(seeker);
        const renamed = named(items, seeker.nic);
        return renamed === items ? "done" : { patch: { status: statusOf(seeker, [...renamed]) } };
      },
      signal,
    );
    return this.#itemsOf(settled, seeker);
  }

  async #allocate(
    endpoint: SpiderEndpoint | undefined,
    items: readonly EndpointInterface[],
    { seeker, plan, wait, signal }: Addition,
  ): Promise<readonly EndpointInterface[]> {
    const { commits, caches } = this.#options;
    const { naming, candidates, wishes, routes } = plan.missing(items);
    const claims = new AddressClaims({
      commits,
      catalog: caches.catalog,
      request: plan.request,
      pod: recordName(seeker),
      podUid: seeker.uid,
      held: endpoint ? addressesOf(endpoint) : [],
      wait,
      signal,
    });
    try {
      const made = itemsOf(await claims.take(candidates, wishes), routes);
      const fresh = naming === "unnamed" ? withoutNumbers(made) : made;
      const decide = (current: SpiderEndpoint | undefined) => this.#appending(current, fresh, seeker);
      const settled = this.#itemsOf(await this.#store.revise(seeker.ref, endpoint, decide, signal), seeker);
      // What was taken for a lost address is another NIC's.
      if (indexFor(settled, seeker.nic) < 0) throw changedMeanwhile(seeker);
      return settled;
    } catch (error) {
      // An endpoint that may still be written must find its addresses in the pools.
      if (!(error instanceof EndpointInDoubt)) await claims.giveBack();
      throw error;
    }
  }

  #appending(current: SpiderEndpoint | undefined, fresh: readonly EndpointInterface[], seeker: Seeker): EndpointStep {
    if (current === undefined) return { create: newEndpoint(seeker, [...fresh]) };
    const items = this.#itemsOf(current, seeker);
    const all = withAll(items, fresh);
    if (all === undefined) throw changedMeanwhile(seeker);
    return all === items ? "done" : { patch: { ...guarded(current), status: statusOf(seeker, [...all]) } };
  }

  #itemsOf(current: SpiderEndpoint | undefined, seeker: Seeker): readonly EndpointInterface[] {
    if (current === undefined || current.metadata.deletionTimestamp !== undefined || !isOf(current, seeker)) {
      throw changedMeanwhile(seeker);
    }
    return current.status?.current.ips ?? [];
  }
}
