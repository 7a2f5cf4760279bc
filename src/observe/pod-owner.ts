/**
 * What a pod's metadata says about an application that is not native (DESIGN §4): its owner and its annotations.
 *
 * Controllers that Kubernetes does not ship are known to us by their pods only. The owner is the one that the pod names; it is
 * not followed further up (spec §3.6). Pure; reads metadata alone, so that pods can be watched without spec and status.
 * @module
 */

import { controllerOf } from "../api/controller-reference.ts";
import { ANNOTATION } from "../api/names.ts";
import { AnnotationError, parseAddressNumber } from "../api/pool-annotations.ts";
import type { KubeObject } from "../cluster/cluster.ts";
import { isThirdParty, ownAnnotations } from "./workload.ts";

/** The controller that a pod names as its owner. */
export interface PodOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** A pod of a non-native application: all that a cache keeps of it. */
export interface PinnedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** As the API server writes it. */
  readonly createdAt: string;
  /** It has a deletionTimestamp. */
  readonly terminating: boolean;
  readonly owner: PodOwner;
  /** `ipam.spidernet.io/*` only. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Returns what the cache keeps of a pod; `undefined` unless its controller is a non-native application. */
export function toPinnedPod(pod: KubeObject): PinnedPod | undefined {
  const { metadata } = pod;
  const owner = controllerOf(metadata.ownerReferences);
  if (owner === undefined || !isApplication(owner.apiVersion, owner.kind)) return undefined;
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    uid: metadata.uid ?? "",
    createdAt: metadata.creationTimestamp ?? "",
    terminating: metadata.deletionTimestamp !== undefined,
    owner: { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name, uid: owner.uid },
    annotations: ownAnnotations(metadata.annotations),
  };
}

/**
 * Returns why a pinned pool cannot be made with these annotations; `undefined` where nothing is wrong with the number.
 *
 * The size of a pinned pool never changes, so it cannot depend on replicas: absent and `+N` are refused (DESIGN §4; the
 * reference takes `+N` for N without a word).
 */
export function checkPinned(annotations: Readonly<Record<string, string>>): string | undefined {
  const value = annotations[ANNOTATION.ipNumber];
  try {
    const number = parseAddressNumber(value);
    if (number?.fixed) return undefined;
    if (number === undefined)
      return `annotation "${ANNOTATION.ipNumber}" is absent; it must be a plain number like "5"`;
    return `annotation "${ANNOTATION.ipNumber}" is "${value}"; it must be a plain number like "${number.count}", without "+"`;
  } catch (error) {
    if (error instanceof AnnotationError) return error.message;
    throw error;
  }
}

/** Of the core group only ReplicationController runs an application; a static pod's owner is its Node. */
function isApplication(apiVersion: string, kind: string): boolean {
  if (apiVersion === "v1") return kind === "ReplicationController";
  return isThirdParty(apiVersion, kind);
}
