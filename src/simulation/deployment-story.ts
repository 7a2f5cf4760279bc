/**
 * The life of a Deployment: its pool follows its replicas, goes with it, or is kept for the next one of its name.
 * @module
 */

import { ANNOTATION } from "../api/names.ts";
import { deployments } from "../api/resources.ts";
import { type Clock, toTimestamp } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { NAMESPACE, type Step } from "./step.ts";
import type { Workload } from "./workload.ts";

const app = "web";
const ref = { namespace: NAMESPACE, name: app };

function deployment(reclaim: "true" | "false"): Workload {
  const labels = { app };
  const annotations = {
    [ANNOTATION.subnet]: '{"ipv4": ["subnet-demo-v4"]}',
    [ANNOTATION.ipNumber]: "+1",
    [ANNOTATION.reclaim]: reclaim,
  };
  return {
    metadata: { ...ref, labels },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels, annotations } } },
  };
}

const create = (reclaim: "true" | "false") => (user: Cluster) => user.create(deployments, deployment(reclaim));
const remove = (user: Cluster): Promise<void> => user.delete(deployments, ref, { propagationPolicy: "Background" });
const scale = (replicas: number) => (user: Cluster) => user.patch(deployments, ref, { spec: { replicas } });

/** A new annotation on the template is how `kubectl rollout restart` makes a Deployment replace its pods. */
function restart(user: Cluster, clock: Clock): Promise<Workload> {
  const annotations = { "kubectl.kubernetes.io/restartedAt": toTimestamp(clock.now()) };
  return user.patch<Workload>(deployments, ref, { spec: { template: { metadata: { annotations } } } });
}

/** With `ippool-reclaim "true"`, then with "false". It needs the subnets of walk 2. */
export const deploymentStory: readonly Step[] = [
  {
    heading: 'A Deployment with 2 replicas, ippool-ip-number "+1" and ippool-reclaim "true": a pool of 2 + 1',
    command: "kubectl apply -f web.yaml",
    app,
    act: create("true"),
  },
  {
    heading: "The Deployment is scaled up to 6: its pool grows to 6 + 1",
    command: "kubectl scale deployment web --replicas 6",
    app,
    act: scale(6),
  },
  {
    heading: "The Deployment is scaled down to 4: its pool shrinks to 4 + 1 as soon as their pods have ended",
    command: "kubectl scale deployment web --replicas 4",
    app,
    act: scale(4),
  },
  {
    heading: "The Deployment is rolled: other pods, the same pool; they wait for addresses until old pods have ended",
    command: "kubectl rollout restart deployment web",
    app,
    act: restart,
  },
  {
    heading: 'The Deployment is deleted: with ippool-reclaim "true" its pool goes, after its last pod',
    command: "kubectl delete deployment web",
    app,
    act: remove,
  },
  {
    heading: 'The Deployment comes back, now with ippool-reclaim "false"',
    command: "kubectl apply -f web-retain.yaml",
    app,
    act: create("false"),
  },
  {
    heading: 'The Deployment is deleted: with ippool-reclaim "false" its pool stays',
    command: "kubectl delete deployment web",
    app,
    act: remove,
  },
  {
    heading: "A Deployment of the same name is created: it takes the pool over, with the same addresses",
    command: "kubectl apply -f web-retain.yaml",
    app,
    act: create("false"),
  },
];
