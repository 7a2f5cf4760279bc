/**
 * The one Lease of an election: watched, read anew on demand, and written only over the version that was seen last.
 *
 * Promises that of two replicas that write at once one wins, and the other is refused. Every request ends within `limitMs`, answered or
 * not. Decides nothing about who leads.
 * @module
 */

import { leases } from "../api/resources.ts";
import type { Clock } from "../clock.ts";
import type { Cluster, ObjectRef } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import { type Reflector, type ReflectorState, startReflector } from "../cluster/reflector.ts";
import type { Lease } from "./lease.ts";

export interface LeaseStoreOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly ref: ObjectRef & { readonly namespace: string };
  readonly limitMs: number;
  /** Told of each state of the lease, `undefined` where there is none; first when it has been read for the first time. */
  onSeen(lease: Lease | undefined): void;
  onState(state: ReflectorState): void;
}

export class LeaseStore {
  readonly #options: LeaseStoreOptions;
  readonly #reflector: Reflector<Lease>;
  #current: Lease | undefined;

  constructor(options: LeaseStoreOptions) {
    this.#options = options;
    const { cluster, clock, random, ref, onState } = options;
    this.#reflector = startReflector<Lease>({
      cluster,
      clock,
      random,
      resource: leases,
      namespace: ref.namespace,
      // A role may then allow this lease by its name and no other.
      fieldSelector: `metadata.name=${ref.name}`,
      onEvent: ({ type, object }) => this.#see(type === "deleted" ? undefined : object),
      onSync: () => {
        if (this.#reflector.size === 0) this.#see(undefined);
      },
      onState,
    });
  }

  /** The lease as last seen. */
  get current(): Lease | undefined {
    return this.#current;
  }

  /** Reads the lease as it is at this moment. */
  async read(): Promise<void> {
    const { cluster, ref } = this.#options;
    const lease = await this.#limited((signal) => find<Lease>(cluster, leases, ref, { signal }));
    if (lease) this.#reflector.learn(lease);
    else this.#see(undefined);
  }

  /**
   * Writes the lease over the version that it was made of, or as a new one.
   *
   * @throws {ApiError} With code 409 or 404 if it is another one by now
   */
  async write(lease: Lease): Promise<void> {
    const { cluster } = this.#options;
    const isNew = lease.metadata.resourceVersion === undefined;
    const written = await this.#limited((signal) =>
      isNew ? cluster.create(leases, lease, { signal }) : cluster.update(leases, lease, { signal }),
    );
    // What the watch has told meanwhile may be later.
    this.#reflector.learn(written);
  }

  stop(): Promise<void> {
    return this.#reflector.stop();
  }

  #see(lease: Lease | undefined): void {
    this.#current = lease;
    this.#options.onSeen(lease);
  }

  async #limited<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ending = new AbortController();
    const cancel = this.#options.clock.after(this.#options.limitMs, () => ending.abort());
    try {
      return await request(ending.signal);
    } finally {
      cancel();
    }
  }
}
