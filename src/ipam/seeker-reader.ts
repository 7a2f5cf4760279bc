/**
 * From the words of a CNI request to the pod that it means: out of the node's cache where that has this very pod, else from the
 * API server, so that a successor of the same name is never taken for it (ipam §8, B20).
 * @module
 */

import type { AddArgs } from "../api/agent-protocol.ts";
import { isAlive, type Pod } from "../api/pod.ts";
import type { Clock } from "../clock.ts";
import type { Cluster, ObjectRef } from "../cluster/cluster.ts";
import { IpamError } from "./candidate.ts";
import { findPod, isSamePod } from "./pod-reader.ts";
import type { Seeker } from "./seeker.ts";
import type { IpamSettings } from "./settings.ts";
import { isStaticController, isVirtualMachine } from "./static-holder.ts";
import { TopControllers } from "./top-controller.ts";

export interface SeekerReaderOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly settings: IpamSettings;
  readonly caches: { pod(ref: ObjectRef): Pod | undefined };
}

export class SeekerReader {
  readonly #options: SeekerReaderOptions;
  readonly #tops: TopControllers;

  constructor(options: SeekerReaderOptions) {
    this.#options = options;
    this.#tops = new TopControllers(options);
  }

  /**
   * Finds the pod, and what it belongs to.
   * @throws {IpamError} If there is no such pod any more, or it may not be given addresses.
   */
  async read(args: AddArgs, signal: AbortSignal | undefined): Promise<Seeker> {
    const { settings } = this.#options;
    const { podNamespace: namespace, podName: name, podUID, ifName: nic } = args;
    const pod = await this.#find({ namespace, name }, podUID, signal);
    const { uid = "" } = pod.metadata;
    if (podUID !== "" && !isSamePod(pod, podUID)) {
      const text = `the one with UID ${podUID} is gone, the one that is there now has UID ${uid}`;
      throw new IpamError(`failed to get Pod ${namespace}/${name}: ${text}`);
    }
    if (!isAlive(pod)) throw dead(namespace, name);
    const top = await this.#tops.of(pod, signal);
    return {
      pod,
      uid,
      nodeName: pod.spec?.nodeName || settings.nodeName,
      nic,
      top,
      isStatic: isStaticController(top, settings),
      ref: { namespace, name: isVirtualMachine(top, settings) ? top.name : name },
    };
  }

  /**
   * Makes sure, past the cache, that this pod is there: only then may it take another one's place.
   * @throws {IpamError} If it is not.
   */
  async confirm({ ref: { namespace }, pod, uid }: Seeker, signal: AbortSignal | undefined): Promise<void> {
    const { name } = pod.metadata;
    const present = await findPod(this.#options.cluster, { namespace, name }, signal);
    if (present?.metadata.uid !== uid || !isAlive(present)) throw dead(namespace, name);
  }

  async #find(ref: { namespace: string; name: string }, uid: string, signal: AbortSignal | undefined): Promise<Pod> {
    const { cluster, caches } = this.#options;
    const cached = uid === "" ? undefined : caches.pod(ref);
    if (cached && isSamePod(cached, uid)) return cached;
    const pod = await findPod(cluster, ref, signal);
    if (pod === undefined) {
      throw new IpamError(`failed to get Pod ${ref.namespace}/${ref.name}: pods "${ref.name}" not found`);
    }
    return pod;
  }
}

/** Says that a pod is served no more. */
export function ofDeadPod({ pod: { metadata } }: Seeker): IpamError {
  return dead(metadata.namespace ?? "", metadata.name);
}

function dead(namespace: string, name: string): IpamError {
  return new IpamError(
    `dead Pod ${namespace}/${name}, we cannot allocate IP addresses to it: it has ended, is being deleted or has been replaced`,
  );
}
