/**
 * Puts objects into a cluster: those that are not there are created, the others made to say what is wanted.
 *
 * What others have added to an object stays (labels, annotations, rules that Kubernetes fills in), and so does the authority in webhook
 * configurations, without which nobody could write until the operator has put it back.
 * @module
 */

import { type Cluster, hasCode, type KubeObject, type ObjectRef, type Resource } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";

/** What became of an object. */
export type Applied = "created" | "configured" | "unchanged";

interface Configuration extends KubeObject {
  readonly webhooks?: readonly Webhook[];
}

interface Webhook {
  readonly name: string;
  readonly clientConfig: { readonly caBundle?: string };
}

/**
 * Applies one object.
 * @throws {ApiError | UnknownOutcome} If the API server refuses it, or does not answer.
 */
export async function applyObject(cluster: Cluster, object: KubeObject): Promise<Applied> {
  const { apiVersion = "", kind = "" } = object;
  const { name, namespace } = object.metadata;
  const resource = await cluster.resolve(apiVersion, kind);
  if (!resource) throw new Error(`Cannot apply ${kind} "${name}": the API server does not serve ${apiVersion}`);
  const ref: ObjectRef = { name, ...(resource.namespaced && namespace !== undefined && { namespace }) };
  for (;;) {
    const before = await find<KubeObject>(cluster, resource, ref);
    if (before) return change(cluster, resource, ref, before, object);
    try {
      await cluster.create(resource, object);
      return "created";
    } catch (error) {
      // Somebody was faster.
      if (!hasCode(error, 409)) throw error;
    }
  }
}

async function change(
  cluster: Cluster,
  resource: Resource,
  ref: ObjectRef,
  before: KubeObject,
  object: KubeObject,
): Promise<Applied> {
  const after = await cluster.patch<KubeObject>(resource, ref, withAuthority(object, before));
  return after.metadata.resourceVersion === before.metadata.resourceVersion ? "unchanged" : "configured";
}

function withAuthority(object: Configuration, before: Configuration): Configuration {
  if (!object.webhooks) return object;
  const authorities = new Map(before.webhooks?.map(({ name, clientConfig }) => [name, clientConfig.caBundle]));
  return {
    ...object,
    webhooks: object.webhooks.map((webhook) => {
      const caBundle = authorities.get(webhook.name);
      if (caBundle === undefined) return webhook;
      return { ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } };
    }),
  };
}
