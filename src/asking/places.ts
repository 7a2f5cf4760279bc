/**
 * Short names for where objects of each kind are.
 * @module
 */

import { nodes, pods, spiderEndpoints, spiderIPPools, spiderReservedIPs, spiderSubnets } from "../api/resources.ts";
import type { ObjectRef, Resource } from "../cluster/cluster.ts";
import type { Place } from "./snapshot.ts";

const clusterScoped =
  (resource: Resource) =>
  (name: string): Place => ({ resource, ref: { name } });

export const subnetPlace = clusterScoped(spiderSubnets);
export const poolPlace = clusterScoped(spiderIPPools);
export const reservedPlace = clusterScoped(spiderReservedIPs);
export const nodePlace = clusterScoped(nodes);

/** @param ref its name is the pod's, or a virtual machine's */
export function podPlace({ namespace = "", name }: ObjectRef): Place {
  return { resource: pods, ref: { namespace, name } };
}

export function endpointPlace({ namespace = "", name }: ObjectRef): Place {
  return { resource: spiderEndpoints, ref: { namespace, name } };
}
