/**
 * What is filled in where people leave it out (spec §6.4.2, §7.1; ipam §1.2). Never rejects: what cannot be read stays as it is, and
 * the rules say why.
 * @module
 */

import { type Family, familyOf } from "../../address/address.ts";
import { cidrLabel, parseCidr, parseNetwork } from "../../address/cidr.ts";
import { normalTexts } from "../../address/normal-text.ts";
import { parseRange } from "../../address/range.ts";
import { FINALIZER } from "../../api/names.ts";
import type { KubeObject, ObjectMeta } from "../../cluster/cluster.ts";

/** The spec of all three kinds, as far as defaults go. */
interface Spec {
  ipVersion?: Family;
  subnet?: string;
  ips?: string[];
  excludeIPs?: string[];
}

/** Returns the object with our finalizer. */
export function withFinalizer<T extends KubeObject>(object: T): T {
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(FINALIZER)) return object;
  return withMetadata(object, { finalizers: [...finalizers, FINALIZER] });
}

/** Returns the object with a label that names its CIDR; the same one where the CIDR cannot be read or makes no label. */
export function withCidrLabel<T extends KubeObject & { spec: Spec }>(object: T, label: string): T {
  const value = labelOf(object.spec.subnet);
  if (value === undefined || object.metadata.labels?.[label] === value) return object;
  return withMetadata(object, { labels: { ...object.metadata.labels, [label]: value } });
}

/** Returns the object with this IP version where it has none. */
export function withFamily<T extends { spec: Spec }>(object: T, family: Family | undefined): T {
  if ((object.spec.ipVersion ?? undefined) !== undefined || family === undefined) return object;
  return { ...object, spec: { ...object.spec, ipVersion: family } };
}

/** Returns the family of a CIDR, canonical or not; `undefined` where it is none. */
export function familyOfCidr(text: string | undefined): Family | undefined {
  return familyIf(text, parseNetwork);
}

/** Returns the family of an element of `ips`; `undefined` where it cannot be read. */
export function familyOfElement(text: string | undefined): Family | undefined {
  return familyIf(text, parseRange);
}

/**
 * Returns the object with `ips` and `excludeIPs` sorted and merged where they have two elements or more. A single one stays as it is
 * written, as in the reference.
 */
export function withMergedRanges<T extends { spec: Spec }>(object: T): T {
  const { ipVersion } = object.spec;
  if (ipVersion !== 4 && ipVersion !== 6) return object;
  const merged: Spec = {};
  for (const field of ["ips", "excludeIPs"] as const) {
    const texts = object.spec[field] ?? [];
    const ranges = texts.length < 2 ? texts : mergedOrSame(texts, ipVersion);
    if (ranges.length !== texts.length || ranges.some((text, index) => text !== texts[index])) merged[field] = ranges;
  }
  return Object.keys(merged).length === 0 ? object : { ...object, spec: { ...object.spec, ...merged } };
}

/** Returns the object with other metadata. */
export function withMetadata<T extends KubeObject>(object: T, metadata: Partial<ObjectMeta>): T {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

function labelOf(subnet: string | undefined): string | undefined {
  try {
    const label = cidrLabel(parseCidr(subnet ?? "").canonical);
    return label.startsWith("-") ? undefined : label;
  } catch {
    return undefined;
  }
}

function familyIf(text: string | undefined, parse: (text: string, family: Family) => unknown): Family | undefined {
  if (!text) return undefined;
  try {
    parse(text, familyOf(text));
    return familyOf(text);
  } catch {
    return undefined;
  }
}

function mergedOrSame(texts: string[], family: Family): string[] {
  try {
    return normalTexts(texts, family);
  } catch {
    return texts;
  }
}
