/**
 * The annotation `routes`: routes that a pod wants beside those of its pools (ipam §2.8).
 * @module
 */

import { familyOf, formatAddress, parseAddress } from "../address/address.ts";
import { decodeText, parseObjects } from "../api/go-json.ts";
import { ANNOTATION } from "../api/names.ts";
import type { Pod } from "../api/pod.ts";
import { clip } from "../api/quote.ts";
import type { Route } from "../api/subnet.ts";
import { malformed } from "./malformed-annotation.ts";

/**
 * Returns the routes of the annotation, in its order and canonical; none where it is absent.
 * @throws {IpamError} If the value cannot be read, or destination and gateway of a route are not of one family.
 */
export function customRoutes(pod: Pod): Route[] {
  const value = pod.metadata.annotations?.[ANNOTATION.routes];
  if (value === undefined) return [];
  const refuse = malformed("Pod", ANNOTATION.routes, value);
  return parseObjects(value, refuse).map((members) => {
    const [dst, gw] = [decodeText(members, "dst", refuse), decodeText(members, "gw", refuse)];
    const route = canonicalRoute(dst, gw);
    if (route === undefined) throw refuse(`invalid route format 'dst: ${clip(dst)}, gw: ${clip(gw)}'`);
    return route;
  });
}

function canonicalRoute(dst: string, gw: string): Route | undefined {
  const [, address, digits] = /^([^/]*)\/(0|[1-9]\d{0,2})$/.exec(dst) ?? [];
  if (address === undefined || digits === undefined) return undefined;
  const family = familyOf(address);
  const free = (family === 4 ? 32 : 128) - Number(digits);
  if (free < 0) return undefined;
  try {
    // Bits behind the prefix are cleared, as Go's reader does: the kernel takes no such destination.
    const network = (parseAddress(address, family) >> BigInt(free)) << BigInt(free);
    return {
      dst: `${formatAddress(network, family)}/${digits}`,
      gw: formatAddress(parseAddress(gw, family), family),
    };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
