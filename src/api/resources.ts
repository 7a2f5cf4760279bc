/**
 * The resources that we list, watch, read or write.
 * @module
 */

import type { Resource } from "../cluster/cluster.ts";
import { GROUP, VERSION } from "./names.ts";

const ours = { group: GROUP, version: VERSION } as const;
const apps = { group: "apps", version: "v1", namespaced: true } as const;
const batch = { group: "batch", version: "v1", namespaced: true } as const;
const admission = { group: "admissionregistration.k8s.io", version: "v1", namespaced: false } as const;
const core = { group: "", version: "v1" } as const;

export const spiderIPPools: Resource = { ...ours, plural: "spiderippools", kind: "SpiderIPPool", namespaced: false };
export const spiderSubnets: Resource = { ...ours, plural: "spidersubnets", kind: "SpiderSubnet", namespaced: false };
export const spiderEndpoints: Resource = {
  ...ours,
  plural: "spiderendpoints",
  kind: "SpiderEndpoint",
  namespaced: true,
};
export const spiderReservedIPs: Resource = {
  ...ours,
  plural: "spiderreservedips",
  kind: "SpiderReservedIP",
  namespaced: false,
};

export const deployments: Resource = { ...apps, plural: "deployments", kind: "Deployment" };
export const replicaSets: Resource = { ...apps, plural: "replicasets", kind: "ReplicaSet" };
export const statefulSets: Resource = { ...apps, plural: "statefulsets", kind: "StatefulSet" };
export const daemonSets: Resource = { ...apps, plural: "daemonsets", kind: "DaemonSet" };
export const jobs: Resource = { ...batch, plural: "jobs", kind: "Job" };
export const cronJobs: Resource = { ...batch, plural: "cronjobs", kind: "CronJob" };

export const pods: Resource = { ...core, plural: "pods", kind: "Pod", namespaced: true };
/** The core group's Events: one write with a count in it, and what `kubectl get events` and `describe` show. */
export const events: Resource = { ...core, plural: "events", kind: "Event", namespaced: true };
export const nodes: Resource = { ...core, plural: "nodes", kind: "Node", namespaced: false };
export const namespaces: Resource = { ...core, plural: "namespaces", kind: "Namespace", namespaced: false };
export const configMaps: Resource = { ...core, plural: "configmaps", kind: "ConfigMap", namespaced: true };
export const secrets: Resource = { ...core, plural: "secrets", kind: "Secret", namespaced: true };
export const leases: Resource = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  kind: "Lease",
  namespaced: true,
};
export const customResourceDefinitions: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

export const validatingWebhookConfigurations: Resource = {
  ...admission,
  plural: "validatingwebhookconfigurations",
  kind: "ValidatingWebhookConfiguration",
};
export const mutatingWebhookConfigurations: Resource = {
  ...admission,
  plural: "mutatingwebhookconfigurations",
  kind: "MutatingWebhookConfiguration",
};
