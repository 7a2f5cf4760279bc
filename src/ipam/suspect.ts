/**
 * A pod that may have left addresses behind, with the records that speak for it.
 * @module
 */

import type { PooledAddress } from "./endpoint-addresses.ts";
import type { Holder } from "./holder-reader.ts";

/** A record in a pool, and when it was first seen to be missing in which version of the endpoint. */
export interface SuspectRecord extends PooledAddress {
  readonly lacking?: { readonly version: string; readonly since: number };
}

export class Suspect implements Holder {
  readonly namespace: string;
  readonly name: string;
  readonly podUid: string;
  /** Known from pools; what the endpoint lists comes to it when it is read. */
  readonly records = new Map<string, SuspectRecord>();
  /** An event says that the pod is ending or gone. */
  isEnding = false;
  /** Looks that ended with "not yet". */
  looks = 0;

  constructor({ namespace, name, podUid }: Holder) {
    this.namespace = namespace;
    this.name = name;
    this.podUid = podUid;
  }

  /** What it is queued under. */
  get key(): string {
    return holderKey(this);
  }

  /** `namespace/name`. */
  get pod(): string {
    return `${this.namespace}/${this.name}`;
  }

  has(pool: string, addresses: readonly bigint[]): boolean {
    return addresses.every((address) => this.records.has(recordKey({ pool, address })));
  }

  /** Adds records; those that are known keep what was seen of them. */
  note(pool: string, addresses: readonly bigint[]): void {
    for (const address of addresses) {
      const key = recordKey({ pool, address });
      if (!this.records.has(key)) this.records.set(key, { pool, address });
    }
  }
}

/** Key of a holder: the UID alone would do, but for records and endpoints without one. */
export function holderKey({ podUid, namespace, name }: Holder): string {
  return `${podUid} ${namespace}/${name}`;
}

/** Key of an address in a pool. */
export function recordKey({ pool, address }: PooledAddress): string {
  return `${pool} ${address}`;
}

/** Returns the holder of records for this pod; `key` is `namespace/name`. */
export function holderOf(key: string, podUid: string): Holder {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1), podUid };
}
