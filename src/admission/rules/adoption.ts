/**
 * Which subnet a pool belongs to, and what it has from it: owner reference, label, gateway and routes (spec §6.1).
 *
 * A pool belongs to the subnet with the same CIDR, never to one that merely contains it. Nothing un-adopts a pool, and what it has
 * inherited is its own from then on.
 * @module
 */

import { controllerOf } from "../../api/controller-reference.ts";
import type { SpiderIPPool } from "../../api/ippool.ts";
import { API_VERSION, LABEL } from "../../api/names.ts";
import { spiderSubnets } from "../../api/resources.ts";
import type { OwnerReference } from "../../cluster/cluster.ts";
import { withMetadata } from "./defaults.ts";
import type { KnownSubnet, World } from "./world.ts";

/** Returns the subnet of a pool: that of its CIDR, first the one that its controller reference names. */
export function subnetOf({ metadata, spec }: SpiderIPPool, world: World): KnownSubnet | undefined {
  if (!world.enableSubnet) return undefined;
  const owner = controllerOf(metadata.ownerReferences);
  const named = owner?.kind === spiderSubnets.kind ? world.subnet(owner.name) : undefined;
  if (named && named.cidr.canonical === spec.subnet) return named;
  for (const subnet of world.subnets()) if (subnet.cidr.canonical === spec.subnet) return subnet;
  return undefined;
}

/**
 * Returns the pool with owner reference, label and what it inherits; the same one where it is adopted already, where there is no
 * such subnet or where somebody else controls it. An explicit empty list of routes inherits none.
 */
export function withSubnet(pool: SpiderIPPool, world: World): SpiderIPPool {
  const subnet = subnetOf(pool, world);
  if (subnet === undefined || subnet.object.metadata.deletionTimestamp !== undefined) return pool;
  const { name, uid } = subnet.object.metadata;
  const owners = pool.metadata.ownerReferences ?? [];
  const controller = controllerOf(owners);
  const isOurs = controller?.kind === spiderSubnets.kind && controller.name === name;
  // Files have no UID; there adoption shows in what is inherited.
  const mayOwn = controller === undefined && uid !== undefined;
  if (controller !== undefined && !isOurs) return pool;
  if (!mayOwn && pool.metadata.labels?.[LABEL.ownerSubnet] === name) return pool;
  const adopted = withMetadata(pool, {
    labels: { ...pool.metadata.labels, [LABEL.ownerSubnet]: name },
    ...(mayOwn ? { ownerReferences: [...owners, ownerReference(name, uid)] } : {}),
  });
  const { gateway, routes } = subnet.object.spec;
  return {
    ...adopted,
    spec: {
      ...pool.spec,
      ...((pool.spec.gateway ?? undefined) === undefined && gateway ? { gateway } : {}),
      ...((pool.spec.routes ?? undefined) === undefined && routes && routes.length > 0 ? { routes } : {}),
    },
  };
}

function ownerReference(name: string, uid: string): OwnerReference {
  return { apiVersion: API_VERSION, kind: spiderSubnets.kind, name, uid, controller: true, blockOwnerDeletion: true };
}
