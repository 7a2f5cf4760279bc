/**
 * Which controller a pod belongs to in the end (ipam §3.6).
 *
 * Two levels at most are climbed: a Deployment's ReplicaSets and a CronJob's Jobs are steps on the way, every other controller is
 * the top, whoever may stand above it. Only such steps are read, and only their metadata.
 * @module
 */

import type { Application } from "../api/application.ts";
import { controllerOf } from "../api/controller-reference.ts";
import type { Pod } from "../api/pod.ts";
import { cronJobs, deployments, jobs, replicaSets } from "../api/resources.ts";
import type { Clock } from "../clock.ts";
import { apiVersionOf, type Cluster, type KubeObject, type OwnerReference, type Resource } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import { IpamError } from "./candidate.ts";

/** A kind of controller that may itself be controlled by an application, and the kind of that. */
const STEPS: readonly (readonly [step: Resource, top: Resource])[] = [
  [replicaSets, deployments],
  [jobs, cronJobs],
];

/** A step's owner changes only where somebody orphans it and another adopts it, so a while may pass until that is seen. */
const KEPT_MS = 30_000;
/** Applications that start pods on one node within that time. */
const KEPT_MAX = 1000;

/** Finds pods' top controllers; remembers for half a minute who controls the steps on the way. */
export class TopControllers {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  /** By the step's UID, oldest first; `undefined` where nobody of note controls it. */
  readonly #kept = new Map<string, { readonly owner: OwnerReference | undefined; readonly since: number }>();

  constructor({ cluster, clock }: { readonly cluster: Cluster; readonly clock: Clock }) {
    this.#cluster = cluster;
    this.#clock = clock;
  }

  /**
   * Finds the controller at the top; it is the pod itself (`v1`, `Pod`) where it has none.
   * @throws {IpamError} If a step on the way does not exist any more: then the pod is about to go, too.
   */
  async of(pod: Pod, signal?: AbortSignal): Promise<Application> {
    const { namespace = "", name, uid = "", ownerReferences } = pod.metadata;
    const controller = controllerOf(ownerReferences);
    if (controller === undefined) return { apiVersion: "v1", kind: "Pod", namespace, name, uid };
    const [step, top] = STEPS.find(([resource]) => isOf(controller, resource)) ?? [];
    const above = step && top && (await this.#ownerOf(pod, step, controller, signal));
    return topOf(namespace, above && isOf(above, top) ? above : controller);
  }

  async #ownerOf(pod: Pod, resource: Resource, { name, uid }: OwnerReference, signal?: AbortSignal) {
    const kept = this.#kept.get(uid);
    if (kept !== undefined && this.#clock.now() - kept.since < KEPT_MS) return kept.owner;
    const { namespace = "" } = pod.metadata;
    const options = { metadataOnly: true, ...(signal && { signal }) };
    const found = await find<KubeObject>(this.#cluster, resource, { namespace, name }, options);
    if (found?.metadata.uid !== uid) throw gone(pod, resource, name);
    const owner = controllerOf(found.metadata.ownerReferences);
    this.#keep(uid, owner);
    return owner;
  }

  #keep(uid: string, owner: OwnerReference | undefined): void {
    this.#kept.delete(uid);
    this.#kept.set(uid, { owner, since: this.#clock.now() });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function topOf(namespace: string, { apiVersion, kind, name, uid }: OwnerReference): Application {
  return { apiVersion, kind, namespace, name, uid };
}

function isOf({ apiVersion, kind }: OwnerReference, resource: Resource): boolean {
  return kind === resource.kind && apiVersion === apiVersionOf(resource);
}

function gone({ metadata }: Pod, { kind }: Resource, name: string): IpamError {
  return new IpamError(
    `failed to get the top controller of the Pod ${metadata.namespace}/${metadata.name}: its ${kind} "${name}" does not exist any more`,
  );
}
