/**
 * A StatefulSet: each of its pods keeps its address, through deletion and re-creation, while its number is wanted.
 * @module
 */

import { ANNOTATION } from "../api/names.ts";
import { pods, statefulSets } from "../api/resources.ts";
import { NAMESPACE, type Step } from "./step.ts";
import type { Workload } from "./workload.ts";

const app = "db";
const labels = { app };

const statefulSet: Workload = {
  metadata: { namespace: NAMESPACE, name: app, labels },
  spec: {
    replicas: 3,
    selector: { matchLabels: labels },
    template: {
      metadata: {
        labels,
        annotations: { [ANNOTATION.subnet]: '{"ipv4": ["subnet-demo-v4"]}', [ANNOTATION.ipNumber]: "+1" },
      },
    },
  },
};

/** It needs the subnets of walk 2. */
export const statefulSetStory: readonly Step[] = [
  {
    heading: "A StatefulSet with 3 replicas: its pods start one after the other",
    command: "kubectl apply -f db.yaml",
    app,
    act: (user) => user.create(statefulSets, statefulSet),
  },
  {
    heading: "Two of its pods are deleted: they come back, possibly on other nodes, with the addresses that they had",
    command: "kubectl delete pod db-0 db-1",
    app,
    async act(user) {
      for (const name of ["db-1", "db-0"]) await user.delete(pods, { namespace: NAMESPACE, name });
    },
  },
];
