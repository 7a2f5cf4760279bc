/**
 * One IP address as text and as a BigInt.
 *
 * Everything that computes with addresses works on the BigInt; text is for people and for the API. Text comes out in one
 * form only, the canonical one of RFC 5952, so that equal addresses are equal strings. Reading is strict: whatever two
 * programs could read differently (leading zeros, IPv4-mapped IPv6, zones) is refused. Knows nothing of Kubernetes.
 * @module
 */

import { Address4, Address6 } from "ip-address";
import { readPlainIPv4, readPlainIPv6 } from "./plain-text.ts";

/** The IP version: 4 or 6, as `spec.ipVersion` writes it. */
export type Family = 4 | 6;

/** The highest address of each family. */
export const LAST_ADDRESS: Readonly<Record<Family, bigint>> = { 4: (1n << 32n) - 1n, 6: (1n << 128n) - 1n };

/** Tells the family that a text would have if it is an address, a range or a CIDR: a colon makes it IPv6. */
export function familyOf(text: string): Family {
  return text.includes(":") ? 6 : 4;
}

/**
 * Parses one address.
 *
 * IPv4-mapped IPv6 (`::ffff:10.0.0.1`) is refused: the reference takes it for IPv4 in one place and fails on it late in
 * another, and the API server's own `isIP` does not take it either.
 * @param family the family it must have; absent means either
 * @throws {SyntaxError} If the text is no single address, or one of the other family.
 */
export function parseAddress(text: string, family?: Family): bigint {
  const actual = familyOf(text);
  if (family !== undefined && actual !== family) throw refusal(text, family, `it is no IPv${family} address`);
  const plain = actual === 4 ? readPlainIPv4(text) : readPlainIPv6(text);
  const value = plain ?? readWithLibrary(text, actual);
  if (actual === 6 && value <= 0xffff_ffffffffn && value >> 32n === 0xffffn) {
    const inner = formatAddress(value & 0xffffffffn, 4);
    throw refusal(text, actual, `it is an IPv4-mapped IPv6 address; write "${inner}" in an IPv4 object instead`);
  }
  return value;
}

/**
 * Formats an address in its canonical form: dotted decimal, or RFC 5952 (lower case, longest run of zeros compressed).
 * @throws {RangeError} If the value lies outside the family's address space.
 */
export function formatAddress(value: bigint, family: Family): string {
  if (value < 0n || value > LAST_ADDRESS[family]) {
    throw new RangeError(`Cannot format address ${value}: it lies outside the IPv${family} address space`);
  }
  if (family === 6) return formatIPv6(value);
  const bits = Number(value);
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

/** The groups of the address that is being written; one for all, since pools of a hundred thousand are written at every look. */
const groups = new DataView(new ArrayBuffer(16));
const GROUPS = 8;

function formatIPv6(value: bigint): string {
  groups.setBigUint64(0, value >> 64n);
  groups.setBigUint64(8, value & 0xffffffffffffffffn);
  const length = longestZeroRun();
  // RFC 5952 §4.2.2: one single zero group is written out.
  if (length < 2) return joined(0, GROUPS);
  const begin = zeroRun(length);
  return `${joined(0, begin)}::${joined(begin + length, GROUPS)}`;
}

function joined(from: number, to: number): string {
  let text = "";
  for (let index = from; index < to; index++) {
    text += `${index === from ? "" : ":"}${groups.getUint16(2 * index).toString(16)}`;
  }
  return text;
}

function longestZeroRun(): number {
  let [longest, length] = [0, 0];
  for (let index = 0; index < GROUPS; index++) {
    length = groups.getUint16(2 * index) === 0 ? length + 1 : 0;
    if (length > longest) longest = length;
  }
  return longest;
}

/** Returns where the first run of so many zeros begins (RFC 5952 §4.2.3). */
function zeroRun(wanted: number): number {
  let length = 0;
  for (let index = 0; index < GROUPS; index++) {
    length = groups.getUint16(2 * index) === 0 ? length + 1 : 0;
    if (length === wanted) return index - wanted + 1;
  }
  return GROUPS;
}

function readWithLibrary(text: string, family: Family): bigint {
  if (text === "") throw refusal(text, family, "it is empty");
  if (/\s/.test(text)) throw refusal(text, family, "it has a space; leave it out");
  if (text.includes("/")) throw refusal(text, family, "it has a prefix length; leave out the part from the slash on");
  if (text.includes("%")) throw refusal(text, family, "it has a zone; leave out the part from the percent sign on");
  try {
    return (family === 4 ? new Address4(text) : new Address6(text)).bigInt();
  } catch (error) {
    throw refusal(text, family, reasonOf(error));
  }
}

function refusal(text: string, family: Family, reason: string): SyntaxError {
  return new SyntaxError(`Cannot parse IPv${family} address "${text}": ${reason}`);
}

/** The library's reason as the second half of our own sentence: no capital at the start, no full stop. */
function reasonOf(error: unknown): string {
  const message = (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
  return /^[A-Z][a-z]/.test(message) ? message.charAt(0).toLowerCase() + message.slice(1) : message;
}
