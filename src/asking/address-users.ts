/**
 * Who uses the addresses of a pool, in words. Pure.
 * @module
 */

import { formatAddress } from "../address/address.ts";
import { parseAllocatedIPs } from "../api/allocated-ips.ts";
import { familyOfPool, type SpiderIPPool } from "../api/ippool.ts";
import { addressOf } from "../ipam/endpoint-addresses.ts";
import type { Enquiry } from "./enquiry.ts";
import type { AddressUser } from "./explanation.ts";

/** Returns who has addresses of a pool, in their order; none where its record of use cannot be read. */
export function usersOf({ pods }: Enquiry, pool: SpiderIPPool): AddressUser[] {
  const family = familyOfPool(pool) ?? 4;
  const users: { address: bigint; user: AddressUser }[] = [];
  for (const [text, { pod: key, podUid }] of recordsOf(pool)) {
    const holding = pods.holding(key, podUid);
    const end = pods.endOf(holding);
    const isOwn = holding.pod?.metadata.uid === podUid;
    const phase = holding.pod?.status?.phase ?? "Pending";
    const over =
      end.state === "over" ? (holding.ownerWaits ? "kept for its next pod" : `over (${end.reason})`) : undefined;
    const node = isOwn ? holding.pod?.spec?.nodeName : undefined;
    const address = addressOf(text) ?? 0n;
    const state = over ?? (end.state === "ending" ? "ending" : phase);
    const user = {
      address: formatAddress(address, family),
      pool: pool.metadata.name,
      pod: key,
      state,
      ...(node && { node }),
    };
    users.push({ address, user });
  }
  return users.sort((a, b) => (a.address < b.address ? -1 : 1)).map(({ user }) => user);
}

function recordsOf(pool: SpiderIPPool): ReturnType<typeof parseAllocatedIPs> {
  try {
    return parseAllocatedIPs(pool.status?.allocatedIPs);
  } catch {
    return new Map();
  }
}
