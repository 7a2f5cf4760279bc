/**
 * Looks through the records of one pool for those whose holder does not seem to be there any more.
 *
 * A suspicion only: it comes from caches, which may be behind. What it costs grows with the records of this one pool.
 * @module
 */

import { parseAllocatedIPs } from "../api/allocated-ips.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import { addressOf } from "./endpoint-addresses.ts";
import type { Holder } from "./holder-reader.ts";

/** A holder and the addresses of one pool that its records name. */
export interface PoolHolder extends Holder {
  readonly pool: string;
  readonly addresses: readonly bigint[];
}

/**
 * Returns the holders of a pool's addresses, each once. What names no pod (not `namespace/name`) or no address is left out.
 *
 * @throws {SyntaxError} If the pool's text cannot be read: nothing may be concluded from it.
 */
export function holdersOf(pool: SpiderIPPool): PoolHolder[] {
  const holders = new Map<string, PoolHolder & { addresses: bigint[] }>();
  for (const [text, { pod, podUid }] of parseAllocatedIPs(pool.status?.allocatedIPs)) {
    const address = addressOf(text);
    const slash = pod.indexOf("/");
    if (address === undefined || slash < 1 || slash === pod.length - 1) continue;
    const key = `${podUid} ${pod}`;
    const holder = holders.get(key);
    if (holder) holder.addresses.push(address);
    else {
      const [namespace, name] = [pod.slice(0, slash), pod.slice(slash + 1)];
      holders.set(key, { namespace, name, podUid, pool: pool.metadata.name, addresses: [address] });
    }
  }
  return [...holders.values()];
}
