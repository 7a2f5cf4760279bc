/**
 * Subnets in CIDR notation: what they cover, and how a label names them.
 * @module
 */

import { type Family, familyOf, formatAddress, LAST_ADDRESS, parseAddress } from "./address.ts";
import type { Range } from "./range.ts";

/** A subnet. */
export interface Cidr {
  readonly family: Family;
  /** From the network address to the last one; IPv4's broadcast address is part of it. */
  readonly range: Range;
  /** Prefix length: 0 to 32, or 0 to 128. */
  readonly prefix: number;
  /** The one text that names this subnet. */
  readonly canonical: string;
}

/**
 * Parses a subnet in its canonical form, the only one that the reference's webhook accepts (spec §6.4.3).
 *
 * Pools find their subnet by comparing texts, so two spellings of one subnet would be two subnets.
 * @throws {SyntaxError} If the text is no CIDR, or another one than its canonical form; the message then names that form.
 */
export function parseCidr(text: string): Cidr {
  const cidr = parseNetwork(text, familyOf(text));
  if (cidr.canonical !== text) {
    throw new SyntaxError(`Cannot parse CIDR "${text}": it is not in canonical form; write "${cidr.canonical}"`);
  }
  return cidr;
}

/**
 * Parses a CIDR in any form; bits behind the prefix are cleared, as Go's reader does. Destinations of routes may be written so.
 * @throws {SyntaxError} If the text is no CIDR of the family.
 */
export function parseNetwork(text: string, family: Family): Cidr {
  const [, address, digits] = /^([^/]*)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  if (address === undefined || digits === undefined) {
    throw new SyntaxError(`Cannot parse CIDR "${text}": it is not an address, a slash and a prefix length`);
  }
  const prefix = Number(digits);
  const bits = family === 4 ? 32 : 128;
  if (prefix > bits) throw new SyntaxError(`Cannot parse CIDR "${text}": the prefix length is above ${bits}`);
  let value: bigint;
  try {
    value = parseAddress(address, family);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`Cannot parse CIDR "${text}": ${error.message.replace(/^Cannot parse /, "")}`);
  }
  const free = BigInt(bits - prefix);
  const first = (value >> free) << free;
  const canonical = `${formatAddress(first, family)}/${prefix}`;
  return { family, range: { first, last: first + (LAST_ADDRESS[family] >> BigInt(prefix)) }, prefix, canonical };
}

/**
 * Returns the form of a subnet in the labels `subnet-cidr` and `ippool-cidr` (spec §1.6.5): `10.6.0.0/16` → `10-6-0-0-16`.
 *
 * The first three dots, seven colons and the first slash become dashes. `::/0` and its like, where the text begins with a
 * colon, give no valid label value, as in the reference.
 */
export function cidrLabel(text: string): string {
  const left = { ".": 3, ":": 7, "/": 1 };
  return text.replace(/[.:/]/g, (sign) => (left[sign as keyof typeof left]-- > 0 ? "-" : sign));
}
