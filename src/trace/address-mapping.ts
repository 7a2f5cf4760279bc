/**
 * Other addresses in the place of the real ones, so that all arithmetic on them stays the same.
 *
 * Whole networks are moved: family, order, distances and what lies in what are kept. Addresses outside of all networks move with a
 * small network around them. What is no address is made unreadable, and stays no address. Pure.
 * @module
 */

import { type Family, familyOf, formatAddress, LAST_ADDRESS, parseAddress } from "../address/address.ts";
import { masked } from "./masking.ts";

interface Block {
  readonly first: bigint;
  readonly size: bigint;
}

interface Move extends Block {
  readonly to: bigint;
}

/** Where moved networks begin: carrier-grade NAT, and the documentation prefix of RFC 9637. */
const BEGIN: Readonly<Record<Family, bigint>> = { 4: parseAddress("100.64.0.0"), 6: parseAddress("3fff::") };
/** Bits of the network around a lone address, and of the largest network that is moved. */
const LONE_BITS: Readonly<Record<Family, number>> = { 4: 8, 6: 64 };
const BITS_MAX: Readonly<Record<Family, number>> = { 4: 24, 6: 104 };
const WIDTH: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };
const FAMILIES: readonly Family[] = [4, 6];

/** Takes down the addresses that there are; {@link AddressBook.moved} then says where each goes. */
export class AddressBook {
  readonly #blocks: Readonly<Record<Family, Block[]>> = { 4: [], 6: [] };
  readonly #lone: Readonly<Record<Family, Set<bigint>>> = { 4: new Set(), 6: new Set() };

  /** A CIDR; what is none is passed over. */
  noteNetwork(text: string): void {
    const block = blockOf(text);
    if (block) this.#blocks[block.family].push(block);
  }

  noteAddress(text: string): void {
    const found = readAddress(text);
    if (found) this.#lone[found.family].add(found.value);
  }

  /** @throws {RangeError} If there are more networks than fit. */
  moved(): AddressMapping {
    const moves = FAMILIES.map((family) => {
      const networks = outermost(this.#blocks[family]);
      const lone = [...this.#lone[family]]
        .filter((value) => !networks.some((block) => isIn(value, block)))
        .map((value) => aligned(value, LONE_BITS[family]));
      return [family, placed(outermost([...networks, ...lone]), family)] as const;
    });
    return new AddressMapping(Object.fromEntries(moves) as unknown as Record<Family, Move[]>);
  }
}

export class AddressMapping {
  readonly #moves: Readonly<Record<Family, readonly Move[]>>;

  constructor(moves: Readonly<Record<Family, readonly Move[]>>) {
    this.#moves = moves;
  }

  /** One address. One that is not in its canonical form, which counts as a difference, stays so. */
  address(text: string): string {
    const found = readAddress(text);
    if (!found) return masked(text);
    const { family, value } = found;
    const move = this.#moves[family].find((block) => isIn(value, block));
    const moved = move ? value - move.first + move.to : value;
    const canonical = formatAddress(moved, family);
    return formatAddress(value, family) === text ? canonical : spelledOut(moved);
  }

  /** A CIDR. The whole address space and the like stay as they are. */
  network(text: string): string {
    const block = blockOf(text);
    if (!block) return /^(?:0\.0\.0\.0|::)\/\d+$/.test(text) ? text : masked(text);
    const [address = "", prefix] = text.split("/");
    return `${this.address(address)}/${prefix}`;
  }
}

/** Blocks that lie in no other one, in their order. Blocks of powers of two lie in each other or apart. */
function outermost(blocks: readonly Block[]): Block[] {
  const sorted = blocks.toSorted((a, b) => compare(a.first, b.first) || compare(b.size, a.size));
  const outer: Block[] = [];
  for (const block of sorted) {
    const last = outer.at(-1);
    if (!last || !isIn(block.first, last)) outer.push(block);
  }
  return outer;
}

function placed(blocks: readonly Block[], family: Family): Move[] {
  let next = BEGIN[family];
  return blocks.map((block) => {
    const { size } = block;
    next = ((next + size - 1n) / size) * size;
    // A network that stood there already would not look moved.
    while (blocks.some((other) => overlap(other, { first: next, size }))) next += size;
    const move = { ...block, to: next };
    next += size;
    if (next > LAST_ADDRESS[family])
      throw new RangeError(`Cannot redact the addresses: IPv${family} has no room for them`);
    return move;
  });
}

function blockOf(text: string): (Block & { readonly family: Family }) | undefined {
  const [, address = "", prefix = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const found = readAddress(address);
  if (!found) return undefined;
  const bits = WIDTH[found.family] - Number(prefix);
  if (bits < 0 || bits > BITS_MAX[found.family]) return undefined;
  return { ...aligned(found.value, bits), family: found.family };
}

function aligned(value: bigint, bits: number): Block {
  const size = 1n << BigInt(bits);
  return { first: (value / size) * size, size };
}

function readAddress(text: string): { readonly family: Family; readonly value: bigint } | undefined {
  try {
    const family = familyOf(text);
    return { family, value: parseAddress(text, family) };
  } catch {
    return undefined;
  }
}

/** An IPv6 address as nobody formats it. */
function spelledOut(value: bigint): string {
  const digits = value.toString(16).toUpperCase().padStart(32, "0");
  return (digits.match(/.{4}/g) as string[]).join(":");
}

function isIn(value: bigint, { first, size }: Block): boolean {
  return value >= first && value < first + size;
}

function overlap(a: Block, b: Block): boolean {
  return a.first < b.first + b.size && b.first < a.first + a.size;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
