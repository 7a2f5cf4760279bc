/**
 * Recent Warning Events of the objects that a question is about.
 * @module
 */

import { events } from "../api/resources.ts";
import { fromTimestamp } from "../clock.ts";
import { type Cluster, hasCode, type KubeObject } from "../cluster/cluster.ts";

/** An object that Events may speak of; cluster-scoped ones are told of in `default`. */
export interface ToldOf {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export interface Warned {
  /** When last, as the API writes it. */
  readonly at: string;
  readonly count: number;
  readonly reason: string;
  /** `Deployment/web`. */
  readonly object: string;
  readonly message: string;
}

/** As the core group writes it; newer writers leave `lastTimestamp` out. */
interface CoreEvent extends KubeObject {
  readonly involvedObject: { readonly kind: string; readonly name: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
}

const pageSize = 100;

/** Reads the warnings about some objects, newest first; none where Events cannot be read. */
export async function readWarnings(
  cluster: Cluster,
  objects: readonly ToldOf[],
  signal: AbortSignal,
): Promise<Warned[]> {
  const lists = await Promise.all(objects.map((object) => readOf(cluster, object, signal)));
  return lists.flat().sort((a, b) => fromTimestamp(b.at) - fromTimestamp(a.at));
}

async function readOf(
  cluster: Cluster,
  { kind, namespace = "default", name }: ToldOf,
  signal: AbortSignal,
): Promise<Warned[]> {
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name},type=Warning`;
  try {
    const { items } = await cluster.list<CoreEvent>(events, { namespace, fieldSelector, limit: pageSize, signal });
    return items.map(toWarned);
  } catch (error) {
    if (hasCode(error, 403, 404)) return [];
    throw error;
  }
}

function toWarned(event: CoreEvent): Warned {
  const { involvedObject, reason = "", message = "", count, series, lastTimestamp, eventTime, metadata } = event;
  return {
    at: series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "",
    count: series?.count ?? count ?? 1,
    reason,
    object: `${involvedObject.kind}/${involvedObject.name}`,
    message,
  };
}
