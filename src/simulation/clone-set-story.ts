/**
 * Both walks: a CloneSet in a manual pool, then one with automatic pools that is made larger than they are.
 * @module
 */

import type { Pod } from "../api/pod.ts";
import { pods, spiderIPPools, spiderSubnets } from "../api/resources.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { cloneSets } from "./clone-set.ts";
import { NAMESPACE, type Step } from "./step.ts";
import { manualCloneSet, manualPool } from "./walk-1.ts";
import { walkCloneSet, walkSubnets } from "./walk-2.ts";
import type { Workload } from "./workload.ts";

/** Both CloneSets have this name. */
const app = walkCloneSet.metadata.name;
const ref = { namespace: NAMESPACE, name: app };

const create = (user: Cluster, cloneSet: Workload): Promise<Workload> =>
  user.create(cloneSets, { ...cloneSet, metadata: { ...cloneSet.metadata, namespace: NAMESPACE } });
const scale = (user: Cluster, replicas: number): Promise<Workload> =>
  user.patch(cloneSets, ref, { spec: { replicas } });

/** A CloneSet of fewer replicas ends what does not run first: so the pod that is to go is ended, too. */
async function endOne(user: Cluster): Promise<void> {
  const { items } = await user.list<Pod>(pods, { namespace: NAMESPACE, labelSelector: `app=${app}` });
  const first = items.find(({ status }) => status?.phase === "Running");
  if (first) await user.delete(pods, { namespace: NAMESPACE, name: first.metadata.name });
  await scale(user, 5);
}

/** Walk 1, its end, walk 2, and what comes of too many pods. */
export const cloneSetStory: readonly Step[] = [
  {
    heading: "A manual pool of 11 addresses, and a CloneSet whose 3 pods name it",
    command: "kubectl apply -f manual.yaml",
    app,
    async act(user) {
      await user.create(spiderIPPools, manualPool);
      await create(user, manualCloneSet);
    },
  },
  {
    heading: "The CloneSet is deleted: its addresses are free, the pool is kept",
    command: `kubectl delete cloneset ${app}`,
    app,
    act: (user) => user.delete(cloneSets, ref, { propagationPolicy: "Background" }),
  },
  {
    heading: "Two subnets that automatic pools can be cut from",
    command: "kubectl apply -f subnets.yaml",
    async act(user) {
      for (const subnet of walkSubnets) await user.create(spiderSubnets, subnet);
    },
  },
  {
    heading: 'A CloneSet with 3 replicas and ippool-ip-number "5": a pool of 5 addresses in each family, 3 in use',
    command: "kubectl apply -f automatic.yaml",
    app,
    act: (user) => create(user, walkCloneSet),
  },
  {
    heading: "The CloneSet is scaled to 5: all addresses are in use",
    command: `kubectl scale cloneset ${app} --replicas 5`,
    app,
    act: (user) => scale(user, 5),
  },
  {
    heading: "The CloneSet is scaled to 6: it is not native, so its pools are pinned to 5, and the sixth pod waits",
    command: `kubectl scale cloneset ${app} --replicas 6`,
    app,
    lookMs: 60_000,
    act: (user) => scale(user, 6),
  },
  {
    heading: "One of the five ends: the sixth starts, with its address",
    command: `kubectl delete $(kubectl get pod -l app=${app} -o name | head -n 1); kubectl scale cloneset ${app} --replicas 5`,
    app,
    act: endOne,
  },
];
