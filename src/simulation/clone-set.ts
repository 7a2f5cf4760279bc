/**
 * The simulated controller of OpenKruise's CloneSet: a kind that Kubernetes does not ship, and so the example of a non-native one.
 *
 * Its pods are its own, without a ReplicaSet between; a new template replaces them a few at a time (update type `ReCreate`).
 * @module
 */

import type { Pod } from "../api/pod.ts";
import { pods } from "../api/resources.ts";
import type { Resource } from "../cluster/cluster.ts";
import type { Controller } from "./controller.ts";
import { isActive, isReady, templateHash } from "./pod.ts";
import { countReplicas, keepReplicas, replicasOf, toPods, type Workload } from "./workload.ts";

export const cloneSets: Resource = {
  group: "apps.kruise.io",
  version: "v1alpha1",
  plural: "clonesets",
  kind: "CloneSet",
  namespaced: true,
};

const REVISION_LABEL = "controller-revision-hash";

export const cloneSetController: Controller<Workload> = {
  resource: cloneSets,
  owns: [pods],
  async reconcile(object, world) {
    const owner = { resource: cloneSets, object };
    const revision = templateHash(object.spec.template);
    await keepReplicas(world, owner, { [REVISION_LABEL]: revision });
    const owned = world.owned<Pod>(pods, object);
    for (const pod of replaceable(object, owned, revision)) await world.delete(pods, pod);
    await countReplicas(world, owner, owned);
    return undefined;
  },
};

/** Returns the pods of other templates that may go now: all that are not ready, and of the others as many as may be missing. */
function replaceable(object: Workload, owned: readonly Pod[], revision: string): Pod[] {
  const replicas = replicasOf(object);
  const maxUnavailable = toPods(object.spec.updateStrategy?.maxUnavailable ?? "20%", replicas, Math.ceil);
  const readyCount = owned.filter(isReady).length;
  const outdated = owned.filter((pod) => isActive(pod) && pod.metadata.labels?.[REVISION_LABEL] !== revision);
  const ready = outdated.filter(isReady).slice(0, Math.max(0, readyCount - replicas + maxUnavailable));
  return [...outdated.filter((pod) => !isReady(pod)), ...ready];
}
