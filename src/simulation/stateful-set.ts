/**
 * The simulated StatefulSet controller: pods with numbers, made in order, ended in reverse, replaced one at a time.
 *
 * It follows the policy OrderedReady: nothing is done while a pod of a lower number is not ready, or one is still ending.
 * @module
 */

import type { Pod } from "../api/pod.ts";
import { pods, statefulSets } from "../api/resources.ts";
import type { Controller, World } from "./controller.ts";
import { isReady, podFor, templateHash } from "./pod.ts";
import { countReplicas, replicasOf, type Workload } from "./workload.ts";

const REVISION_LABEL = "controller-revision-hash";

export const statefulSetController: Controller<Workload> = {
  resource: statefulSets,
  owns: [pods],
  async reconcile(object, world) {
    await proceed(object, world);
    await countReplicas(world, { resource: statefulSets, object }, world.owned<Pod>(pods, object));
    return undefined;
  },
};

/** Does the one thing that comes next. */
async function proceed(object: Workload, world: World): Promise<void> {
  const { template, updateStrategy } = object.spec;
  const replicas = replicasOf(object);
  const revision = templateHash(template);
  const byOrdinal = new Map(world.owned<Pod>(pods, object).map((pod) => [ordinalOf(pod), pod]));
  for (let ordinal = 0; ordinal < replicas; ordinal += 1) {
    const pod = byOrdinal.get(ordinal);
    if (!pod) {
      const name = `${object.metadata.name}-${ordinal}`;
      const labels = { [REVISION_LABEL]: revision, "statefulset.kubernetes.io/pod-name": name };
      await world.create(pods, podFor({ resource: statefulSets, object }, { name, template, labels }));
      return;
    }
    if (!isReady(pod)) return;
  }
  const fromLast = [...byOrdinal].sort(([a], [b]) => b - a).map(([, pod]) => pod);
  const surplus = fromLast.find((pod) => ordinalOf(pod) >= replicas);
  const outdated = fromLast.find(({ metadata }) => metadata.labels?.[REVISION_LABEL] !== revision);
  const next = surplus ?? (updateStrategy?.type === "OnDelete" ? undefined : outdated);
  if (next) await world.delete(pods, next);
}

function ordinalOf({ metadata: { name } }: Pod): number {
  return Number(name.slice(name.lastIndexOf("-") + 1));
}
