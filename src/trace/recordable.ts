/**
 * What of an object may be in a trace: nothing that others have written on it.
 *
 * The caches hold no more of workloads and pods than matters. Of our own kinds they hold all, and people's tools leave whole copies
 * of an object, and whatever else, in annotations.
 * @module
 */

import type { KubeObject } from "../cluster/cluster.ts";
import { ownAnnotations } from "../observe/workload.ts";

/** Returns the object without the annotations of others. */
export function recordable(object: object | KubeObject): object {
  const { metadata } = object as Partial<KubeObject>;
  const annotations = metadata?.annotations;
  if (!metadata || !annotations) return object;
  const own = ownAnnotations(annotations);
  if (Object.keys(own).length === Object.keys(annotations).length) return object;
  return { ...object, metadata: { ...metadata, annotations: own } };
}
