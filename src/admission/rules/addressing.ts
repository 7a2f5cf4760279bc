/**
 * The part of `spec` that subnets and pools share, read element by element: family, CIDR, `ips`, `excludeIPs`.
 *
 * Whatever can be read is read, so that everything wrong is found at once. A wrong element is named itself (`spec.ips[3]`; the
 * reference names `spec.subnet`). Overlapping elements are fine: the defaults merge them.
 * @module
 */

import { type Family, familyOf } from "../../address/address.ts";
import { type Cidr, parseCidr } from "../../address/cidr.ts";
import { formatRange, parseRange, type Range } from "../../address/range.ts";
import { EMPTY, type RangeSet, subtract, toRangeSet } from "../../address/range-set.ts";
import type { SpiderSubnetSpec } from "../../api/subnet.ts";
import { type Findings, PER_LIST_MAX } from "./findings.ts";
import { reasonOf } from "./reason.ts";

/** What the API server would say of the label is harder to understand. */
const NO_LABEL = `a subnet that begins with "::" has no name for the labels by which pools and subnets are found; take a narrower one, such as fd00::/8`;

/** A spec as far as it could be read. */
export interface Addressing {
  /** `undefined` where neither `subnet` nor `ipVersion` tells. */
  readonly family: Family | undefined;
  /** `undefined` where `spec.subnet` is wrong. */
  readonly cidr: Cidr | undefined;
  /** Elements of `spec.ips` by index; `undefined` for a wrong one. */
  readonly ips: readonly (Range | undefined)[];
  readonly included: RangeSet;
  readonly excluded: RangeSet;
  /** `ips` without `excludeIPs`. */
  readonly total: RangeSet;
  /** Whether every element could be read, so that the sets are what the author means. */
  readonly isComplete: boolean;
}

/** Specs with nothing wrong: the same object is judged anew for every state of the world, and a long list takes its time. */
const faultless = new WeakMap<SpiderSubnetSpec, Addressing>();

/** Reads a spec and finds what is wrong with `subnet`, `ips` and `excludeIPs` themselves. */
export function readAddressing(spec: SpiderSubnetSpec, findings: Findings): Addressing {
  const known = faultless.get(spec);
  if (known) return known;
  const addressing = read(spec, findings);
  if (addressing.isComplete && !hasNoLabel(spec.subnet)) faultless.set(spec, addressing);
  return addressing;
}

function read(spec: SpiderSubnetSpec, findings: Findings): Addressing {
  const cidr = readCidr(spec.subnet ?? "", findings);
  const family = cidr?.family ?? familyFromText(spec);
  if (family === undefined) {
    return { family, cidr, ips: [], included: EMPTY, excluded: EMPTY, total: EMPTY, isComplete: false };
  }
  const ips = readElements("ips", spec.ips, family, cidr, findings);
  const excludeIPs = readElements("excludeIPs", spec.excludeIPs, family, cidr, findings);
  const [included, excluded] = [toRangeSet(present(ips)), toRangeSet(present(excludeIPs))];
  const isComplete = cidr !== undefined && !ips.includes(undefined) && !excludeIPs.includes(undefined);
  return { family, cidr, ips, included, excluded, total: subtract(included, excluded), isComplete };
}

/**
 * Reads elements of `spec.ips` or `spec.excludeIPs`, inside a CIDR where there is one; gives up where so many are wrong that nobody
 * would read on.
 */
export function readElements(
  name: "ips" | "excludeIPs",
  texts: readonly string[] | null | undefined,
  family: Family,
  cidr: Cidr | undefined,
  findings: Findings,
): (Range | undefined)[] {
  const elements: (Range | undefined)[] = [];
  let wrong = 0;
  for (const text of texts ?? []) {
    const range = tryRange(text, family);
    const field = (): string => `spec.${name}[${elements.length}]`;
    if (typeof range === "string") {
      const rule = name === "ips" ? "ips-format" : "exclude-ips-format";
      findings.refuse(rule, field(), text, `invalid IP range format in IPv${family}: ${range}`);
    } else if (cidr && (range.first < cidr.range.first || range.last > cidr.range.last)) {
      findings.refuse(name === "ips" ? "ips-in-cidr" : "exclude-ips-in-cidr", field(), text, notPertaining(cidr));
    } else {
      elements.push(range);
      continue;
    }
    elements.push(undefined);
    if (++wrong === PER_LIST_MAX) break;
  }
  return elements;
}

/** Says that something lies outside the subnet. */
export function notPertaining({ canonical, range, family }: Cidr): string {
  return `not pertains to the 'spec.subnet' ${canonical}: its addresses are ${formatRange(range, family)}`;
}

function readCidr(text: string, findings: Findings): Cidr | undefined {
  try {
    const cidr = parseCidr(text);
    if (hasNoLabel(text)) {
      findings.refuse("subnet-label", "spec.subnet", text, NO_LABEL);
    }
    return cidr;
  } catch (error) {
    const reason = reasonOf(error, text);
    const example = /canonical/.test(reason) ? "" : ", such as 10.0.0.0/16 or fd00::/64";
    findings.refuse("subnet-canonical", "spec.subnet", text, `invalid CIDR format: ${reason}${example}`);
    return undefined;
  }
}

function hasNoLabel(cidr: string): boolean {
  return cidr.startsWith("::");
}

function familyFromText({ ipVersion, subnet }: SpiderSubnetSpec): Family | undefined {
  if (ipVersion === 4 || ipVersion === 6) return ipVersion;
  return subnet ? familyOf(subnet) : undefined;
}

function tryRange(text: string, family: Family): Range | string {
  try {
    return parseRange(text, family);
  } catch (error) {
    return wholeSubnet(text) ?? reasonOf(error, text);
  }
}

/** Whoever writes a CIDR means all of its addresses. */
function wholeSubnet(text: string): string | undefined {
  try {
    const { range, family } = parseCidr(text);
    return `a CIDR is not taken here; write "${formatRange(range, family)}"`;
  } catch {
    return undefined;
  }
}

function present(ranges: readonly (Range | undefined)[]): Range[] {
  return ranges.filter((range) => range !== undefined);
}
