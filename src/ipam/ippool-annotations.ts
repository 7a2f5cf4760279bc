/**
 * The annotations that name pools: `ippools` and `ippool` on pods, the defaults on namespaces (ipam §2.3, §2.10).
 *
 * Grammar only; whether the pools exist is for others to see. Pure.
 * @module
 */

import type { Family } from "../address/address.ts";
import {
  decodeBoolean,
  decodeObject,
  decodeText,
  decodeTexts,
  type Members,
  parseJson,
  parseObjects,
  type Refuse,
} from "../api/go-json.ts";
import { ANNOTATION } from "../api/names.ts";
import { clip } from "../api/quote.ts";
import { malformed } from "./malformed-annotation.ts";

/** Names by family, in the order in which they are written; they may be wildcards, and may be empty. */
export type NamesByFamily = Readonly<Record<Family, readonly string[]>>;

/** What `ippools` says about one NIC. */
export interface PoolsOfNic {
  /** The item's index as text (`"0"`, `"1"`, …) where the annotation names no NICs. */
  readonly nic: string;
  readonly names: NamesByFamily;
  readonly cleanGateway: boolean;
}

/** What `ippools` says. */
export interface PoolsOfNics {
  /** Every item names its NIC. */
  readonly named: boolean;
  readonly nics: readonly PoolsOfNic[];
}

/**
 * Parses `ippools`.
 * @param nic the NIC that is being added; it must be in the list where the list names NICs
 * @throws {IpamError} If the value cannot be read, is empty, or names only some NICs, one twice, or this one not at all.
 */
export function parsePoolsOfNics(value: string, nic: string): PoolsOfNics {
  const refuse = malformed("Pod", ANNOTATION.pools, value);
  const items = parseObjects(value, refuse).map((members) => ({
    nic: decodeText(members, "interface", refuse),
    names: decodeNames(members, refuse),
    cleanGateway: decodeBoolean(members, "cleangateway", refuse),
  }));
  if (items.length === 0) throw refuse("value requires at least one item");
  const named = items.filter((item) => item.nic !== "").length;
  if (named === 0) return { named: false, nics: items.map((item, index) => ({ ...item, nic: String(index) })) };
  if (named < items.length) throw refuse("NIC should be either all specified or all unspecified");
  const seen = new Set<string>();
  for (const item of items) {
    if (seen.has(item.nic)) throw refuse(`duplicate interface ${clip(item.nic)}`);
    seen.add(item.nic);
  }
  if (!seen.has(nic)) throw refuse(`interface ${nic} must be specified`);
  return { named: true, nics: items };
}

/**
 * Parses `ippool`: the pools of whatever NIC is being added.
 * @throws {IpamError} If the value cannot be read.
 */
export function parsePools(value: string): NamesByFamily {
  const refuse = malformed("Pod", ANNOTATION.pool, value);
  return decodeNames(decodeObject(parseJson(value, refuse) ?? {}, "it", refuse), refuse);
}

/**
 * Parses a default of a namespace; none where the annotation is absent.
 * @throws {IpamError} If the value is no JSON array of strings.
 */
export function parseNamespaceDefault(annotation: string, value: string | undefined): string[] {
  if (value === undefined) return [];
  const refuse = malformed("Namespace", annotation, value);
  return decodeTexts(parseJson(value, refuse), "it must be a JSON array of pool names", refuse);
}

function decodeNames(members: Members, refuse: Refuse): NamesByFamily {
  const names = (field: string): string[] =>
    decodeTexts(members.get(field), `"${field}" must be an array of pool names`, refuse);
  return { 4: names("ipv4"), 6: names("ipv6") };
}
