/**
 * What an automatic pool looks like: the parts of the object that autopool owns, and whether a pool still has them.
 *
 * Spec §2.2 and §4.2. Gateway and routes are copied from the subnet once, at creation, and belong to people from then on;
 * everything else in `AutoPoolShape` is ours and put back when somebody changes it. Pure.
 * @module
 */

import type { Family } from "../address/address.ts";
import { cidrLabel } from "../address/cidr.ts";
import { formatRanges, type RangeSet } from "../address/range-set.ts";
import type { OwnerReference } from "../cluster/cluster.ts";
import { subnetReference } from "./adoption.ts";
import { type Application, gvLabel, nameLabel, podAffinityFor } from "./application.ts";
import type { LabelSelector, SpiderIPPool } from "./ippool.ts";
import { ANNOTATION, API_VERSION, FINALIZER, LABEL } from "./names.ts";
import { spiderIPPools } from "./resources.ts";
import type { SpiderSubnet } from "./subnet.ts";

/** For whom and from what a pool is made. */
export interface AutoPoolOwner {
  readonly application: Application;
  readonly interface: string;
  readonly family: Family;
  readonly reclaim: boolean;
  /** Normalised text of `ippool-ip-number`: `5` or `+5`. */
  readonly number: string;
}

/** The parts of the object that are ours. */
export interface AutoPoolShape {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly ownerReference: OwnerReference;
  readonly podAffinity: LabelSelector;
}

/** Returns the labels, annotation, owner reference and affinity that the pool must have. */
export function shapeOf(owner: AutoPoolOwner, subnet: SpiderSubnet): AutoPoolShape {
  const { application } = owner;
  return {
    labels: {
      [LABEL.poolCidr]: cidrLabel(subnet.spec.subnet),
      [LABEL.ownerSubnet]: subnet.metadata.name,
      [LABEL.applicationGv]: gvLabel(application.apiVersion),
      [LABEL.applicationKind]: application.kind,
      [LABEL.applicationNamespace]: application.namespace,
      [LABEL.applicationName]: nameLabel(application.name),
      [LABEL.applicationUid]: application.uid,
      [LABEL.interface]: owner.interface,
      [LABEL.ipVersion]: `IPv${owner.family}`,
      [LABEL.reclaim]: String(owner.reclaim),
    },
    annotations: { [ANNOTATION.ipNumber]: owner.number },
    ownerReference: subnetReference(subnet),
    podAffinity: podAffinityFor(application),
  };
}

/** Returns the object to create. */
export function newPool(name: string, owner: AutoPoolOwner, subnet: SpiderSubnet, ips: RangeSet): SpiderIPPool {
  const shape = shapeOf(owner, subnet);
  const { gateway, routes } = subnet.spec;
  return {
    apiVersion: API_VERSION,
    kind: spiderIPPools.kind,
    metadata: {
      name,
      labels: shape.labels,
      annotations: shape.annotations,
      finalizers: [FINALIZER],
      ownerReferences: [shape.ownerReference],
    },
    spec: {
      ipVersion: owner.family,
      subnet: subnet.spec.subnet,
      ips: formatRanges(ips, owner.family),
      ...(gateway === undefined ? {} : { gateway }),
      ...(routes === undefined ? {} : { routes }),
      podAffinity: shape.podAffinity,
    },
  };
}

/**
 * Returns the merge patch that gives an existing pool its shape and addresses, conditional on the version that was looked
 * at; `undefined` where the pool is as it should be. Labels, annotations and finalizers of others stay.
 */
export function correctionOf(
  pool: SpiderIPPool,
  owner: AutoPoolOwner,
  subnet: SpiderSubnet,
  ips: RangeSet,
): object | undefined {
  const shape = shapeOf(owner, subnet);
  const { metadata, spec } = pool;
  const labels = differing(shape.labels, metadata.labels);
  const annotations = differing(shape.annotations, metadata.annotations);
  const finalizers = metadata.finalizers ?? [];
  const ranges = formatRanges(ips, owner.family);
  const metadataPatch = {
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(finalizers.includes(FINALIZER) ? {} : { finalizers: [...finalizers, FINALIZER] }),
    ...(isOwnedBy(pool, shape.ownerReference) ? {} : { ownerReferences: [shape.ownerReference] }),
  };
  const specPatch = {
    ...(sameTexts(spec.ips ?? [], ranges) ? {} : { ips: ranges }),
    ...((spec.excludeIPs ?? []).length === 0 ? {} : { excludeIPs: null }),
    ...(sameAffinity(spec.podAffinity, shape.podAffinity)
      ? {}
      : { podAffinity: replacing(spec.podAffinity, shape.podAffinity) }),
  };
  if (Object.keys(metadataPatch).length === 0 && Object.keys(specPatch).length === 0) return undefined;
  return { metadata: { ...metadataPatch, resourceVersion: metadata.resourceVersion }, spec: specPatch };
}

/**
 * Returns how many addresses a pinned pool keeps. Its record, its `spec.ips` and its annotation all say it, and people may
 * have edited one of them: what two of them say counts, otherwise the number in the middle.
 */
export function keptSize(pool: SpiderIPPool | undefined, recorded: number, held: number): number {
  const text = pool?.metadata.annotations?.[ANNOTATION.ipNumber] ?? "";
  const asked = /^[0-9]{1,10}$/.test(text) ? Number(text) : recorded || held;
  return [recorded, held, asked].sort((a, b) => a - b)[1] as number;
}

/** A merge patch merges objects, so the members that have to go are named. */
function replacing(actual: LabelSelector | undefined, wanted: LabelSelector): object {
  const gone = Object.fromEntries(Object.keys(actual?.matchLabels ?? {}).map((key) => [key, null]));
  return { matchExpressions: null, matchLabels: { ...gone, ...wanted.matchLabels } };
}

function differing(wanted: Record<string, string>, actual: Record<string, string> | undefined) {
  const different = Object.entries(wanted).filter(([key, value]) => actual?.[key] !== value);
  return different.length === 0 ? undefined : Object.fromEntries(different);
}

function isOwnedBy(pool: SpiderIPPool, owner: OwnerReference): boolean {
  return (pool.metadata.ownerReferences ?? []).some(({ kind, uid }) => kind === owner.kind && uid === owner.uid);
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

function sameAffinity(actual: LabelSelector | undefined, wanted: LabelSelector): boolean {
  if ((actual?.matchExpressions ?? []).length > 0) return false;
  const [a, b] = [actual?.matchLabels ?? {}, wanted.matchLabels ?? {}];
  return differing(b, a) === undefined && Object.keys(a).length === Object.keys(b).length;
}
