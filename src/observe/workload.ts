/**
 * The table of native workload kinds, and what a cache keeps of a workload (spec §3.2, §3.3).
 *
 * Everything that differs between Deployment, ReplicaSet, StatefulSet, DaemonSet, Job and CronJob stands in one row each;
 * nothing else asks which kind it is. A {@link Workload} holds copies of small values, so that the object can go. Pure.
 * @module
 */

import { groupOf } from "../api/application.ts";
import { controllerOf } from "../api/controller-reference.ts";
import { cronJobs, daemonSets, deployments, jobs, replicaSets, statefulSets } from "../api/resources.ts";
import { apiVersionOf, type KubeObject, type OwnerReference, type Resource } from "../cluster/cluster.ts";

/** What a cache keeps of a workload: all that we need, and no more. */
export interface Workload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** As the API server writes it. */
  readonly createdAt: string;
  /** Pods it wants; `undefined` while nobody knows (a DaemonSet that its controller has not looked at yet). */
  readonly replicas: number | undefined;
  /** Of the pod template, `ipam.spidernet.io/*` only. */
  readonly annotations: Readonly<Record<string, string>>;
  /** False: its pods have no address of their own, or another native workload that owns it is the application. */
  readonly topmost: boolean;
  readonly hostNetwork: boolean;
}

/** The part of a pod template that we read. */
export interface PodTemplate {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: { readonly hostNetwork?: boolean };
}

/** One row of the table. */
export interface NativeKind {
  readonly resource: Resource;
  /** Pods that the object wants; `undefined` while nobody knows. */
  replicas(object: KubeObject): number | undefined;
  template(object: KubeObject): PodTemplate | undefined;
  /** The native kind whose objects, if they own this one, are the application in its place. */
  readonly ownedBy?: Resource;
}

interface JobSpec {
  readonly parallelism?: number | null;
  readonly completions?: number | null;
  readonly template?: PodTemplate;
}

/** The members that any of the six kinds has. */
interface AnyWorkload extends KubeObject {
  readonly spec?: JobSpec & { readonly replicas?: number | null; readonly jobTemplate?: { readonly spec?: JobSpec } };
  readonly status?: { readonly desiredNumberScheduled?: number; readonly observedGeneration?: number };
}

const specOf = (object: KubeObject): AnyWorkload["spec"] => (object as AnyWorkload).spec;
const jobSpecOf = (object: KubeObject): JobSpec | undefined => specOf(object)?.jobTemplate?.spec;
const specReplicas = (object: KubeObject): number => specOf(object)?.replicas ?? 0;
const specTemplate = (object: KubeObject): PodTemplate | undefined => specOf(object)?.template;

/** The kinds whose pools follow them. */
export const nativeKinds: readonly NativeKind[] = [
  { resource: deployments, replicas: specReplicas, template: specTemplate },
  { resource: replicaSets, replicas: specReplicas, template: specTemplate, ownedBy: deployments },
  { resource: statefulSets, replicas: specReplicas, template: specTemplate },
  { resource: daemonSets, replicas: scheduledReplicas, template: specTemplate },
  { resource: jobs, replicas: (object) => jobReplicas(specOf(object)), template: specTemplate, ownedBy: cronJobs },
  {
    resource: cronJobs,
    replicas: (object) => jobReplicas(jobSpecOf(object)),
    template: (object) => jobSpecOf(object)?.template,
  },
];

/** What the names of all our annotations begin with. */
const ANNOTATION_PREFIX = "ipam.spidernet.io/";

/** Kinds that pods may have above them without being third-party (spec §3.6), and the API versions they are looked for in. */
const OWN_KINDS: ReadonlySet<string> = new Set(["Pod", ...nativeKinds.map((native) => native.resource.kind)]);
const OWN_VERSIONS: ReadonlySet<string> = new Set(["v1", "apps/v1", "batch/v1"]);

/** Returns what a cache keeps of an object of that kind. List items carry no apiVersion and kind; the row has them. */
export function toWorkload(native: NativeKind, object: KubeObject): Workload {
  const { metadata } = object;
  const template = native.template(object);
  const hostNetwork = template?.spec?.hostNetwork === true;
  return {
    apiVersion: apiVersionOf(native.resource),
    kind: native.resource.kind,
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    uid: metadata.uid ?? "",
    resourceVersion: metadata.resourceVersion ?? "",
    createdAt: metadata.creationTimestamp ?? "",
    replicas: native.replicas(object),
    annotations: ownAnnotations(template?.metadata?.annotations),
    topmost: !hostNetwork && !isOwnedBy(metadata.ownerReferences, native.ownedBy),
    hostNetwork,
  };
}

/** Tells whether objects of this kind are in the table, so that their pools follow them. */
export function isNativeKind(apiVersion: string, kind: string): boolean {
  return nativeKinds.some(({ resource }) => resource.kind === kind && apiVersionOf(resource) === apiVersion);
}

/** Tells whether a pod's owner is third-party as the reference has it (spec §3.6); `apps/v1 CloneSet` is. */
export function isThirdParty(apiVersion: string, kind: string): boolean {
  return !OWN_VERSIONS.has(apiVersion) || !OWN_KINDS.has(kind);
}

/** Returns `namespace/kind.group/name`, without the dot for the core group: `default/Deployment.apps/web`. */
export function workloadKey(workload: Pick<Workload, "apiVersion" | "kind" | "namespace" | "name">): string {
  const group = groupOf(workload.apiVersion);
  return `${workload.namespace}/${workload.kind}${group === "" ? "" : `.${group}`}/${workload.name}`;
}

/** Copies the annotations that are ours. */
export function ownAnnotations(annotations: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const own: Record<string, string> = {};
  for (const name in annotations) {
    const value = annotations[name];
    if (value !== undefined && name.startsWith(ANNOTATION_PREFIX)) own[name] = value;
  }
  return own;
}

/** Zero before the controller has looked would shrink a pool that is restored; so it is unknown, not zero. */
function scheduledReplicas(object: KubeObject): number | undefined {
  const status = (object as AnyWorkload).status;
  return status?.observedGeneration ? (status.desiredNumberScheduled ?? 0) : undefined;
}

/** Completions win over parallelism, and a Job always has room for one pod (spec §3.3). */
function jobReplicas(spec: JobSpec | undefined): number {
  return (spec?.completions ?? spec?.parallelism ?? 1) || 1;
}

function isOwnedBy(owners: readonly OwnerReference[] | undefined, resource: Resource | undefined): boolean {
  const owner = controllerOf(owners);
  if (owner === undefined || resource === undefined) return false;
  return owner.kind === resource.kind && owner.apiVersion === apiVersionOf(resource);
}
