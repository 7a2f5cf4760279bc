/**
 * What pools and subnets alike need besides what users write: label, finalizer and family, until they are let go.
 *
 * A webhook may fill them in as the reference's does; what has come past it gets them by a patch, which is conditional on the
 * version that was looked at. Pure.
 * @module
 */

import { type Family, familyOf } from "../address/address.ts";
import { cidrLabel } from "../address/cidr.ts";
import { FINALIZER } from "../api/names.ts";
import type { KubeObject } from "../cluster/cluster.ts";

/** A pool or a subnet. */
interface AddressObject extends KubeObject {
  readonly spec: { readonly subnet: string; readonly ipVersion?: Family };
}

/** A merge patch with what is missing. */
export interface FillingPatch {
  readonly metadata: {
    readonly resourceVersion: string | undefined;
    readonly labels?: Record<string, string>;
    readonly finalizers?: readonly string[];
  };
  readonly spec?: { readonly ipVersion: Family };
}

/**
 * Returns the patch that fills in what is missing; `undefined` where nothing is.
 * @param cidrKey key of the label that names the subnet's CIDR
 */
export function fillingPatch({ metadata, spec }: AddressObject, cidrKey: string): FillingPatch | undefined {
  const { resourceVersion, labels = {}, finalizers = [] } = metadata;
  const label = cidrLabel(spec.subnet);
  const isLabelled = labels[cidrKey] === label || label.startsWith("-"); // "::/0" gives no valid label
  const hasFinalizer = finalizers.includes(FINALIZER);
  if (isLabelled && hasFinalizer && spec.ipVersion !== undefined) return undefined;
  return {
    metadata: {
      resourceVersion,
      ...(isLabelled ? {} : { labels: { [cidrKey]: label } }),
      ...(hasFinalizer ? {} : { finalizers: [...finalizers, FINALIZER] }),
    },
    ...(spec.ipVersion === undefined ? { spec: { ipVersion: familyOf(spec.subnet) } } : {}),
  };
}

/** Tells whether an object is being deleted and waits for us to let it go. */
export function waitsForUs({ metadata: { deletionTimestamp, finalizers } }: KubeObject): boolean {
  return deletionTimestamp !== undefined && finalizers?.includes(FINALIZER) === true;
}

/** Returns the patch that lets an object go. */
export function lettingGoPatch({ metadata: { resourceVersion, finalizers = [] } }: KubeObject): object {
  return { metadata: { resourceVersion, finalizers: finalizers.filter((other) => other !== FINALIZER) } };
}
