/**
 * The owner reference that names an object's controller.
 * @module
 */

import type { OwnerReference } from "../cluster/cluster.ts";

/** Returns the owner reference that is marked as the controller; there is at most one. */
export function controllerOf(owners: readonly OwnerReference[] | undefined): OwnerReference | undefined {
  return owners?.find((owner) => owner.controller === true);
}
