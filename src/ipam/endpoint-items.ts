/**
 * What an endpoint says about each NIC: made out of the addresses that were taken, and read again as the answer to an ADD.
 *
 * The answer is made of the endpoint alone, so the first ADD and every later one say the same. Pure.
 * @module
 */

import { type Family, formatAddress, parseAddress } from "../address/address.ts";
import { parseCidr } from "../address/cidr.ts";
import type { AddAnswer, IpConfig, RouteConfig } from "../api/agent-protocol.ts";
import type { EndpointInterface } from "../api/endpoint.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import type { Route } from "../api/subnet.ts";

/** One address that was taken for a NIC. */
export interface NicAddress {
  /** The NIC's name, or its number where the annotation names none. */
  readonly nic: string;
  readonly family: Family;
  readonly cleanGateway: boolean;
  readonly pool: SpiderIPPool;
  readonly address: bigint;
}

/** The NIC that is always the first one of a list without names (ipam §2.10). */
export const FIRST_NIC = "eth0";

const FAMILIES: readonly Family[] = [4, 6];
const DEFAULT_ROUTE: Readonly<Record<Family, string>> = { 4: "0.0.0.0/0", 6: "::/0" };

/**
 * Makes the items of the NICs, in the order in which the NICs first appear.
 *
 * @param custom routes that the pod wants; each goes to the first NIC whose subnet its gateway is in, and nowhere if there is none
 * @throws {SyntaxError} If a pool's subnet cannot be read.
 */
export function itemsOf(addresses: readonly NicAddress[], custom: readonly Route[]): EndpointInterface[] {
  const ordered = FAMILIES.flatMap((family) => addresses.filter((address) => address.family === family));
  const nics = [...new Set(addresses.map(({ nic }) => nic))];
  const subnets = nics.flatMap((nic) => ordered.filter((address) => address.nic === nic));
  const wanted = new Map<string, Route[]>();
  for (const route of custom) {
    const nic = subnets.find(({ pool }) => isInSubnet(route.gw, pool.spec.subnet))?.nic;
    if (nic !== undefined) wanted.set(nic, [...(wanted.get(nic) ?? []), route]);
  }
  return nics.map((nic) => {
    const own = ordered.filter((address) => address.nic === nic);
    const pooled = own.flatMap(({ pool }) => pool.spec.routes ?? []);
    const routes = [...pooled, ...(wanted.get(nic) ?? [])].map(({ dst, gw }) => ({ dst, gw }));
    return {
      interface: nic,
      ...Object.assign({}, ...own.map(fieldsOf)),
      vlan: 0,
      // For the NIC as a whole: the reference takes it from whichever family came first (ipam §8, B14).
      cleanGateway: own.some(({ cleanGateway }) => cleanGateway),
      ...(routes.length === 0 ? {} : { routes }),
    };
  });
}

/** Gives items that are told by their numbers the names that they are stored with: the first one's is known, the others come. */
export function withoutNumbers(items: readonly EndpointInterface[]): EndpointInterface[] {
  return items.map((item, index) => ({ ...item, interface: index === 0 ? FIRST_NIC : "" }));
}

/** Returns the index of the NIC's item: its own, or else the first that has no name yet; -1 where there is none. */
export function indexFor(items: readonly EndpointInterface[], nic: string): number {
  const own = items.findIndex((item) => item.interface === nic);
  return own >= 0 ? own : items.findIndex((item) => item.interface === "");
}

/** Returns the items with the NIC's name on its item; the same array where nothing has to be named. */
export function named(items: readonly EndpointInterface[], nic: string): readonly EndpointInterface[] {
  const index = indexFor(items, nic);
  if (items[index]?.interface !== "") return items;
  return items.map((item, i) => (i === index ? { ...item, interface: nic } : item));
}

/**
 * Returns the items with those behind them that are not there yet; the same array where all are there, and `undefined` where one
 * of the NICs has other addresses already.
 */
export function withAll(
  items: readonly EndpointInterface[],
  fresh: readonly EndpointInterface[],
): readonly EndpointInterface[] | undefined {
  const missing = fresh.filter((item) => !items.some((other) => sameAddresses(item, other)));
  if (missing.length === 0) return items;
  // A list without names is written as a whole.
  const isList = fresh.some((item) => item.interface === "");
  if (isList && items.length > 0) return undefined;
  if (missing.some((item) => items.some((other) => other.interface === item.interface))) return undefined;
  return [...items, ...missing];
}

function sameAddresses(a: EndpointInterface, b: EndpointInterface): boolean {
  return a.ipv4 === b.ipv4 && a.ipv6 === b.ipv6 && a.ipv4Pool === b.ipv4Pool && a.ipv6Pool === b.ipv6Pool;
}

/** Makes the answer: all NICs, IPv4 before IPv6; a NIC without a name is called by its number. */
export function answerOf(items: readonly EndpointInterface[]): AddAnswer {
  const nics = items.map((item, index) => ({ item, nic: item.interface === "" ? String(index) : item.interface }));
  const ips = nics.flatMap(({ item, nic }) => FAMILIES.flatMap((family) => configOf(item, nic, family) ?? []));
  const routes = nics.flatMap(({ item, nic }) => routesOf(item, nic));
  return { ips, ...(routes.length === 0 ? {} : { routes }) };
}

function fieldsOf({ family, pool, address }: NicAddress): Partial<EndpointInterface> {
  const { name } = pool.metadata;
  const text = `${formatAddress(address, family)}/${parseCidr(pool.spec.subnet).prefix}`;
  const gateway = pool.spec.gateway || undefined;
  return family === 4
    ? { ipv4: text, ipv4Pool: name, ...(gateway && { ipv4Gateway: gateway }) }
    : { ipv6: text, ipv6Pool: name, ...(gateway && { ipv6Gateway: gateway }) };
}

function configOf(item: EndpointInterface, nic: string, version: Family): IpConfig | undefined {
  const { address, pool, gateway } = ofFamily(item, version);
  if (!address) return undefined;
  return {
    version,
    address,
    nic,
    ...(pool && { ipPool: pool }),
    ...(gateway && { gateway }),
    ...(item.vlan && { vlan: item.vlan }),
    ...(item.mac && { mac: item.mac }),
  };
}

/** The default routes first, so that a route of the user's may shadow them. */
function routesOf(item: EndpointInterface, ifName: string): RouteConfig[] {
  const defaults = FAMILIES.flatMap((family) => {
    const { address, gateway } = ofFamily(item, family);
    return address && gateway && !item.cleanGateway ? [{ ifName, dst: DEFAULT_ROUTE[family], gw: gateway }] : [];
  });
  return [...defaults, ...(item.routes ?? []).map(({ dst, gw }) => ({ ifName, dst, gw }))];
}

function ofFamily(item: EndpointInterface, family: Family) {
  return family === 4
    ? { address: item.ipv4, pool: item.ipv4Pool, gateway: item.ipv4Gateway }
    : { address: item.ipv6, pool: item.ipv6Pool, gateway: item.ipv6Gateway };
}

function isInSubnet(gateway: string, subnet: string): boolean {
  const { family, range } = parseCidr(subnet);
  try {
    const address = parseAddress(gateway, family);
    return range.first <= address && address <= range.last;
  } catch (error) {
    // Of the other family.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
