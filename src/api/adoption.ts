/**
 * Adoption: how a manual pool comes to belong to the subnet of its CIDR (spec §6.1).
 *
 * The pool gets an owner reference and a label, and inherits what it lacks, once: what a person takes away afterwards stays away.
 * A subnet that is made again under the same name takes over; another controller's pool is left alone. Pure.
 * @module
 */

import type { OwnerReference } from "../cluster/cluster.ts";
import { controllerOf } from "./controller-reference.ts";
import { isAutoPool, type SpiderIPPool } from "./ippool.ts";
import { API_VERSION, GROUP, LABEL } from "./names.ts";
import { spiderSubnets } from "./resources.ts";
import type { SpiderSubnet } from "./subnet.ts";

/** The parts of a pool that change when a subnet adopts it; a merge patch. */
export interface Adoption {
  readonly metadata: { readonly labels?: Record<string, string>; readonly ownerReferences?: readonly OwnerReference[] };
  readonly spec?: Pick<SpiderIPPool["spec"], "gateway" | "routes">;
}

/** Returns the owner reference of what belongs to a subnet: it goes with the subnet, and the subnet waits for it. */
export function subnetReference({ metadata }: SpiderSubnet): OwnerReference {
  const { name, uid = "" } = metadata;
  return { apiVersion: API_VERSION, kind: spiderSubnets.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Name of the subnet that a pool belongs to: the owner reference says it of manual pools, the label of automatic ones. */
export function ownerSubnetOf(pool: SpiderIPPool): string | undefined {
  if (isAutoPool(pool)) return pool.metadata.labels?.[LABEL.ownerSubnet];
  const controller = controllerOf(pool.metadata.ownerReferences);
  return controller && isSubnet(controller) ? controller.name : undefined;
}

/** Tells whether this very subnet object, not a namesake before it, controls the pool. */
export function isControlledBy(pool: SpiderIPPool, subnet: SpiderSubnet): boolean {
  const controller = controllerOf(pool.metadata.ownerReferences);
  return controller !== undefined && isSubnet(controller) && controller.uid === subnet.metadata.uid;
}

/** Returns the controller that keeps a subnet from adopting a pool, if there is one. */
export function foreignController(pool: SpiderIPPool, subnet: SpiderSubnet): OwnerReference | undefined {
  const controller = controllerOf(pool.metadata.ownerReferences);
  return controller && !isReferenceTo(controller, subnet) ? controller : undefined;
}

/** Returns what adoption changes; `undefined` where the pool is adopted already, or is somebody else's. */
export function adoptionOf(pool: SpiderIPPool, subnet: SpiderSubnet): Adoption | undefined {
  if (foreignController(pool, subnet)) return undefined;
  const { name } = subnet.metadata;
  const { ownerReferences = [], labels = {} } = pool.metadata;
  const label = labels[LABEL.ownerSubnet] === name ? {} : { labels: { [LABEL.ownerSubnet]: name } };
  if (isControlledBy(pool, subnet)) return label.labels ? { metadata: label } : undefined;
  const others = ownerReferences.filter((reference) => !isReferenceTo(reference, subnet));
  const inherited = inheritedBy(pool, subnet);
  return {
    metadata: { ...label, ownerReferences: [...others, subnetReference(subnet)] },
    ...(Object.keys(inherited).length > 0 && { spec: inherited }),
  };
}

/** An explicit empty list of routes is a wish to have none. */
function inheritedBy({ spec }: SpiderIPPool, { spec: of }: SpiderSubnet): NonNullable<Adoption["spec"]> {
  return {
    ...((spec.gateway ?? undefined) === undefined && of.gateway !== undefined && { gateway: of.gateway }),
    ...((spec.routes ?? undefined) === undefined && of.routes?.length && { routes: of.routes }),
  };
}

/** Identity of a controller is group, kind and name; UIDs change when it is made again. */
function isReferenceTo(reference: OwnerReference, subnet: SpiderSubnet): boolean {
  return isSubnet(reference) && reference.name === subnet.metadata.name;
}

function isSubnet({ apiVersion, kind }: OwnerReference): boolean {
  return kind === spiderSubnets.kind && apiVersion.startsWith(`${GROUP}/`);
}
