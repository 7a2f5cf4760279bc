/**
 * The annotations of a pod template that ask for pools (spec §2.1): which subnets on which NIC, how many addresses, and
 * whether the pools go with the application.
 *
 * The grammar is the reference's, whose JSON reader is Go's: member names in any case, unknown members ignored, null is
 * absent, wrong types refused. What is refused, is refused with the annotation, its value and the reason. Pure.
 * @module
 */

import {
  decodeObject,
  decodeText,
  decodeTexts,
  type Members,
  parseJson,
  parseObjects,
  type Refuse,
} from "./go-json.ts";
import { ANNOTATION } from "./names.ts";
import { quote } from "./quote.ts";

/** The subnets that one NIC takes its addresses from; at least one of the two. */
export interface WantedInterface {
  readonly interface: string;
  /** Name of a SpiderSubnet. */
  readonly ipv4?: string;
  /** Name of a SpiderSubnet. */
  readonly ipv6?: string;
}

/** How many addresses: `N` (fixed) or `+N` (as many as there are replicas, and N more). */
export interface AddressNumber {
  readonly fixed: boolean;
  readonly count: number;
}

/** What the annotations ask for. */
export interface PoolAnnotations {
  readonly interfaces: readonly WantedInterface[];
  /** Absent where there is no `ippool-ip-number`: the setting's default applies to native kinds. */
  readonly number: AddressNumber | undefined;
  readonly reclaim: boolean;
}

/** An annotation that cannot be used. */
export class AnnotationError extends Error {
  override readonly name = "AnnotationError";
  readonly annotation: string;
  readonly value: string;
  /** Why, without annotation and value. */
  readonly reason: string;

  constructor(annotation: string, value: string, reason: string) {
    super(`Cannot use annotation "${annotation}" with value ${quote(value)}: ${reason}`);
    this.annotation = annotation;
    this.value = value;
    this.reason = reason;
  }
}

/** NIC of a `subnet` annotation that names none. */
const INTERFACE_DEFAULT = "eth0";
const NUMBER_MAX = 2 ** 31;
/** At most IFNAMSIZ - 1 characters; it becomes a label's value, which allows less than Linux does. */
const INTERFACE_PATTERN = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,13}[A-Za-z0-9])?$/;
const OBJECT_NAME_PATTERN = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
/** The texts that Go's `strconv.ParseBool` takes. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "TRUE", "true", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "FALSE", "false", "False"].map((text) => [text, false] as const),
]);

/** One item of the annotation as decoded; "" and absent are the same, as in Go. */
interface Item {
  readonly interface: string;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

/**
 * Returns what the annotations ask for; `undefined` where neither `subnets` nor `subnet` stands there, whatever else does.
 *
 * `subnets` hides `subnet`, whatever its value (spec §2.1.2).
 * @throws {AnnotationError} If one of them cannot be used.
 */
export function parsePoolAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
): PoolAnnotations | undefined {
  const several = annotations?.[ANNOTATION.subnets];
  const annotation = several === undefined ? ANNOTATION.subnet : ANNOTATION.subnets;
  const value = several ?? annotations?.[ANNOTATION.subnet];
  if (value === undefined) return undefined;
  const refuse = (reason: string): AnnotationError => new AnnotationError(annotation, value, reason);

  const items = several === undefined ? decodeOne(value, refuse) : decodeSeveral(value, refuse);
  const number = parseAddressNumber(annotations?.[ANNOTATION.ipNumber]);
  const reclaim = parseReclaim(annotations?.[ANNOTATION.reclaim]);
  const interfaces = items.map((item) => toWanted(item, refuse));
  refuseRepetitions(interfaces, refuse);
  return { interfaces, number, reclaim };
}

/**
 * Parses `ippool-ip-number`; `undefined` where it is absent.
 * @throws {AnnotationError} If it is neither `N` nor `+N` in decimal digits, up to 2³¹. The reference reads `5+3` as `+3`; that
 * is more likely a mistake than a wish, so it is refused.
 */
export function parseAddressNumber(value: string | undefined): AddressNumber | undefined {
  if (value === undefined) return undefined;
  const match = /^(\+?)([0-9]+)$/.exec(value);
  if (!match) {
    throw new AnnotationError(ANNOTATION.ipNumber, value, 'it must be a plain number like "5", or "+5"');
  }
  const count = Number(match[2]);
  if (count > NUMBER_MAX) {
    throw new AnnotationError(ANNOTATION.ipNumber, value, `it is above the maximum of ${NUMBER_MAX}`);
  }
  return { fixed: match[1] === "", count };
}

/** Formats a number as a pool's own annotation has it: `5` or `+5`. */
export function formatNumber(number: AddressNumber): string {
  return `${number.fixed ? "" : "+"}${number.count}`;
}

function parseReclaim(value: string | undefined): boolean {
  if (value === undefined) return true;
  const reclaim = BOOLEANS.get(value);
  if (reclaim === undefined) throw new AnnotationError(ANNOTATION.reclaim, value, 'it must be "true" or "false"');
  return reclaim;
}

function decodeSeveral(text: string, refuse: Refuse): Item[] {
  const items = parseObjects(text, refuse);
  if (items.length === 0) throw refuse("it names no subnet");
  return items.map((members) => decodeItem(members, refuse));
}

function decodeOne(text: string, refuse: Refuse): Item[] {
  const value = parseJson(text, refuse);
  if (value === null) throw refuse("it names no subnet");
  const item = decodeItem(decodeObject(value, "it", refuse), refuse);
  return [{ ...item, interface: item.interface || INTERFACE_DEFAULT }];
}

function decodeItem(members: Members, refuse: Refuse): Item {
  const names = (field: string): string[] =>
    decodeTexts(members.get(field), `"${field}" must be an array of subnet names`, refuse);
  return { interface: decodeText(members, "interface", refuse), ipv4: names("ipv4"), ipv6: names("ipv6") };
}

function toWanted(item: Item, refuse: Refuse): WantedInterface {
  if (item.interface === "") throw refuse('every item needs an "interface"');
  if (!INTERFACE_PATTERN.test(item.interface)) {
    throw refuse(
      `interface ${quote(item.interface)} must be 1 to 15 letters, digits, "-", "_" or ".", with a letter or digit at both ends`,
    );
  }
  const ipv4 = firstName(item.ipv4, "ipv4", refuse);
  const ipv6 = firstName(item.ipv6, "ipv6", refuse);
  if (ipv4 === undefined && ipv6 === undefined) {
    throw refuse(`interface "${item.interface}" has neither an "ipv4" nor an "ipv6" subnet`);
  }
  return {
    interface: item.interface,
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
  };
}

/** The reference uses the first name of a list only; the others stay ignored, for compatibility (spec §2.1.4). */
function firstName(names: readonly string[], field: string, refuse: Refuse): string | undefined {
  const name = names[0];
  if (name === undefined) return undefined;
  if (name === "") throw refuse(`the first subnet name in "${field}" is empty`);
  if (!OBJECT_NAME_PATTERN.test(name)) {
    throw refuse(`${quote(name)} in "${field}" is not the name of a SpiderSubnet (wildcards are not supported)`);
  }
  return name;
}

function refuseRepetitions(interfaces: readonly WantedInterface[], refuse: Refuse): void {
  for (const [index, wanted] of interfaces.entries()) {
    for (const other of interfaces.slice(0, index)) {
      if (other.interface === wanted.interface) throw refuse(`interface "${wanted.interface}" stands in it twice`);
      const subnet = sharedSubnet(other, wanted);
      if (subnet !== undefined) {
        throw refuse(`interfaces "${other.interface}" and "${wanted.interface}" both use subnet "${subnet}"`);
      }
    }
  }
}

function sharedSubnet(a: WantedInterface, b: WantedInterface): string | undefined {
  if (a.ipv4 !== undefined && a.ipv4 === b.ipv4) return a.ipv4;
  return a.ipv6 !== undefined && a.ipv6 === b.ipv6 ? a.ipv6 : undefined;
}
