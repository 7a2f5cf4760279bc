/**
 * An address as people paste it: with brackets, port, prefix length, zone, in capitals, or as IPv4 inside IPv6.
 *
 * Objects are read strictly (`src/address`), since two programs must not read them differently; a question may be put loosely.
 * @module
 */

import { type Family, familyOf, parseAddress } from "../address/address.ts";

/** One address of either family. */
export interface AnyAddress {
  readonly family: Family;
  readonly value: bigint;
}

const mapped = /^(?:::|(?:0{1,4}:){5})ffff:(\d+(?:\.\d+){3})$/i;

/**
 * Reads an address in any spelling that names exactly one.
 * @throws {SyntaxError} If it is no address.
 */
export function readAddress(text: string): AnyAddress {
  const bare = bareOf(text);
  if (bare === "") throw new SyntaxError(`Cannot look for address "${text}": it is empty`);
  if (!bare.includes(":") && /[^\d.]/.test(bare)) {
    throw new SyntaxError(
      `Cannot look for address "${text}": it is none; for what has a name, ask "autopool explain ${text}"`,
    );
  }
  const family = familyOf(bare);
  try {
    return { family, value: parseAddress(bare, family) };
  } catch (error) {
    const reason = (error as Error).message.replace(/^.*?": /, "");
    throw new SyntaxError(`Cannot look for address "${text}": ${reason}`, { cause: error });
  }
}

function bareOf(text: string): string {
  const [, bracketed] = /^\s*\[([^\]]*)\](?::\d+)?\s*$/.exec(text) ?? [];
  const [, withPort] = /^\s*(\d+(?:\.\d+){3}):\d+\s*$/.exec(text) ?? [];
  const inner = (bracketed ?? withPort ?? text)
    .trim()
    .replace(/\/\d+$/, "")
    .replace(/%.*$/, "");
  return mapped.exec(inner)?.[1] ?? inner.toLowerCase();
}
