/**
 * The application of both walks, as its manifests write it: a CloneSet whose pods name what they want addresses from.
 * @module
 */

import type { Workload } from "./workload.ts";

const app = "custom-kruise-cloneset";

/** Returns the CloneSet with these annotations on its pods. */
export function walkApplication(annotations: Readonly<Record<string, string>>): Workload {
  return {
    apiVersion: "apps.kruise.io/v1alpha1",
    kind: "CloneSet",
    metadata: { name: app },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app } },
      template: {
        metadata: { annotations, labels: { app } },
        spec: {
          containers: [
            {
              name: app,
              image: "busybox",
              imagePullPolicy: "IfNotPresent",
              command: ["/bin/sh", "-c", "trap : TERM INT; sleep infinity & wait"],
            },
          ],
        },
      },
    },
  };
}
