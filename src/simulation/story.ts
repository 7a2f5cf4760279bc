/**
 * What the demo does, step by step: walk 2, then the life of a Deployment. Only what a user of `kubectl` could do.
 * @module
 */

import { ANNOTATION } from "../api/names.ts";
import { deployments, spiderSubnets } from "../api/resources.ts";
import { type Clock, toTimestamp } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { cloneSets } from "./clone-set.ts";
import { walkCloneSet, walkSubnets } from "./walk-2.ts";
import type { Workload } from "./workload.ts";

/** One thing that a user does. */
export interface Step {
  /** What happens and what to look for, one line. */
  readonly heading: string;
  /** What the user would type. */
  readonly command: string;
  act(user: Cluster, clock: Clock): Promise<unknown>;
}

const namespace = "default";
const web = { namespace, name: "web" };
const cloneSet = { namespace, name: walkCloneSet.metadata.name };

function webDeployment(reclaim: "true" | "false"): Workload {
  const labels = { app: web.name };
  const annotations = {
    [ANNOTATION.subnet]: '{"ipv4": ["subnet-demo-v4"]}',
    [ANNOTATION.ipNumber]: "+1",
    [ANNOTATION.reclaim]: reclaim,
  };
  return {
    metadata: { ...web, labels },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels, annotations } } },
  };
}

const createWeb = (reclaim: "true" | "false") => (user: Cluster) => user.create(deployments, webDeployment(reclaim));
const deleteWeb = (user: Cluster): Promise<void> => user.delete(deployments, web, { propagationPolicy: "Background" });
const scaleWeb = (replicas: number) => (user: Cluster) => user.patch(deployments, web, { spec: { replicas } });

/** A new annotation on the template is how `kubectl rollout restart` makes a Deployment replace its pods. */
function restartWeb(user: Cluster, clock: Clock): Promise<Workload> {
  const annotations = { "kubectl.kubernetes.io/restartedAt": toTimestamp(clock.now()) };
  return user.patch<Workload>(deployments, web, { spec: { template: { metadata: { annotations } } } });
}

/** The whole story. */
export const story: readonly Step[] = [
  {
    heading: "Two subnets that pools can be cut from",
    command: "kubectl apply -f subnets.yaml",
    async act(user) {
      for (const subnet of walkSubnets) await user.create(spiderSubnets, subnet);
    },
  },
  {
    heading: 'A CloneSet with 3 replicas and ippool-ip-number "5": a pool of 5 addresses in each family',
    command: "kubectl apply -f automatic.yaml",
    act: (user) => user.create(cloneSets, { ...walkCloneSet, metadata: { ...walkCloneSet.metadata, namespace } }),
  },
  {
    heading: "The CloneSet is scaled to 7: it is not native, so its pools are pinned and keep their 5 addresses",
    command: `kubectl scale cloneset ${cloneSet.name} --replicas 7`,
    act: (user) => user.patch(cloneSets, cloneSet, { spec: { replicas: 7 } }),
  },
  {
    heading: 'A Deployment with 2 replicas, ippool-ip-number "+1" and ippool-reclaim "true": a pool of 2 + 1',
    command: "kubectl apply -f web.yaml",
    act: createWeb("true"),
  },
  {
    heading: "The Deployment is scaled up to 6: its pool grows to 6 + 1",
    command: "kubectl scale deployment web --replicas 6",
    act: scaleWeb(6),
  },
  {
    heading: "The Deployment is scaled down to 4: its pool shrinks to 4 + 1",
    command: "kubectl scale deployment web --replicas 4",
    act: scaleWeb(4),
  },
  {
    heading: "The Deployment is rolled: another ReplicaSet, other pods, the same pool",
    command: "kubectl rollout restart deployment web",
    act: restartWeb,
  },
  {
    heading: 'The Deployment is deleted: with ippool-reclaim "true" its pool goes',
    command: "kubectl delete deployment web",
    act: deleteWeb,
  },
  {
    heading: 'The Deployment comes back, now with ippool-reclaim "false"',
    command: "kubectl apply -f web-retain.yaml",
    act: createWeb("false"),
  },
  {
    heading: 'The Deployment is deleted: with ippool-reclaim "false" its pool stays',
    command: "kubectl delete deployment web",
    act: deleteWeb,
  },
  {
    heading: "A Deployment of the same name is created: it takes the pool over, with the same addresses",
    command: "kubectl apply -f web-retain.yaml",
    act: createWeb("false"),
  },
];
