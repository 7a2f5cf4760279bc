/**
 * The text in a pool's `status.allocatedIPs`: which pod holds which address (spec §1.5.1).
 *
 * Whoever reads it must be certain: text that cannot be read is an error, never "no address in use".
 * @module
 */

import { type Family, parseAddress } from "../address/address.ts";
import { type RangeSet, toRangeSet } from "../address/range-set.ts";

/** Who holds an address. */
export interface Allocation {
  /** `namespace/name`. */
  readonly pod: string;
  readonly podUid: string;
}

/**
 * Parses the text; absent and null mean that no address is in use. Keys are kept as they are written.
 * @throws {SyntaxError} If it is anything but a JSON object of `{pod, podUid}`; "" is an error, as in the reference.
 */
export function parseAllocatedIPs(text: string | null | undefined): Map<string, Allocation> {
  const allocations = new Map<string, Allocation>();
  if (text === null || text === undefined) return allocations;
  for (const [address, value] of Object.entries(parseObject(text))) {
    const { pod, podUid } = (value ?? {}) as Partial<Allocation>;
    if (typeof pod !== "string" || typeof podUid !== "string") {
      throw new SyntaxError(`Cannot parse allocatedIPs: the record of "${address}" lacks pod or podUid`);
    }
    allocations.set(address, { pod, podUid });
  }
  return allocations;
}

/** Formats allocations with keys in byte-wise order and no white space; `undefined` (field absent) where there are none. */
export function formatAllocatedIPs(allocations: ReadonlyMap<string, Allocation>): string | undefined {
  if (allocations.size === 0) return undefined;
  const records = [...allocations.keys()].sort().map((address) => {
    const { pod, podUid } = allocations.get(address) as Allocation;
    return `${JSON.stringify(address)}:${JSON.stringify({ pod, podUid })}`;
  });
  return `{${records.join(",")}}`;
}

/**
 * Returns the addresses in use.
 * @throws {SyntaxError} If the text or an address in it cannot be parsed.
 */
export function allocatedRanges(text: string | null | undefined, family: Family): RangeSet {
  const addresses = [...parseAllocatedIPs(text).keys()].map((key) => parseAddress(key, family));
  return toRangeSet(addresses.map((address) => ({ first: address, last: address })));
}

function parseObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`Cannot parse allocatedIPs ${JSON.stringify(text)}: ${(error as Error).message}`);
  }
  // Go decodes "null" into an empty map.
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new SyntaxError(`Cannot parse allocatedIPs ${JSON.stringify(text)}: it is not a JSON object`);
  }
  return value;
}
