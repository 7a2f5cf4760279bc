/**
 * Simulated pods: made from a template for an owner, and the questions that controllers ask of them.
 * @module
 */

import { createHash } from "node:crypto";
import type { Pod } from "../api/pod.ts";
import { apiVersionOf, type KubeObject, type Resource } from "../cluster/cluster.ts";

export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: object;
}

/**
 * Finalizer that stands for the grace period: a real API server keeps a deleted pod until its kubelet has ended it, the memory
 * cluster would drop it at once.
 */
export const KUBELET_FINALIZER = "simulation/kubelet";

/** Kubernetes' own alphabet for generated names: no vowels, so no words. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** Returns a pod for an owner; its annotations are the template's, which is all that makes it an application's. */
export function podFor(
  { resource, object }: { readonly resource: Resource; readonly object: KubeObject },
  { name, template, labels }: { name: string; template: PodTemplate; labels: Readonly<Record<string, string>> },
): Pod {
  return {
    metadata: {
      name,
      namespace: object.metadata.namespace ?? "default",
      labels: { ...template.metadata?.labels, ...labels },
      annotations: { ...template.metadata?.annotations },
      ownerReferences: [ownerReferenceTo(resource, object)],
      finalizers: [KUBELET_FINALIZER],
    },
    spec: { ...template.spec },
  };
}

/** Returns the reference that makes `object` the controller of what carries it. */
export function ownerReferenceTo(
  resource: Resource,
  { metadata: { name, uid = "" } }: KubeObject,
): { apiVersion: string; kind: string; name: string; uid: string; controller: true; blockOwnerDeletion: true } {
  const { kind } = resource;
  return { apiVersion: apiVersionOf(resource), kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Tells whether a pod counts as a replica: it has not been deleted. */
export function isActive(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined;
}

export function isReady(pod: Pod): boolean {
  return isActive(pod) && pod.status?.phase === "Running";
}

/** Returns the name of a template's content: equal templates have equal ones. */
export function templateHash(template: PodTemplate): string {
  const digest = createHash("sha256").update(JSON.stringify(template)).digest();
  return [...digest.subarray(0, 10)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/** Returns five letters and digits to make a name unique. */
export function randomSuffix(random: () => number): string {
  return Array.from({ length: 5 }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join("");
}
