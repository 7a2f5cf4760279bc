/**
 * Warnings on pods: what a kubelet or an agent has to say to whoever looks at one.
 * @module
 */

import { pods } from "../api/resources.ts";
import { apiVersionOf, type KubeObject } from "../cluster/cluster.ts";
import type { Recorder } from "./recorder.ts";

/** Records a Warning Event on a pod. */
export function warnPod(recorder: Recorder, { metadata }: KubeObject, reason: string, message: string): void {
  const { namespace = "", name, uid = "" } = metadata;
  const regarding = { apiVersion: apiVersionOf(pods), kind: pods.kind, namespace, name, uid };
  recorder.record({ regarding, type: "Warning", reason, message });
}
