/**
 * Looks out for a running `spiderpool-controller`, beside which autopool must not act: both would cut pools for the same applications
 * (spec §7.6, §8.3).
 *
 * Two things tell of one: its Deployment has ready pods, or a pod of its name renews the Lease of its election. One that comes later is
 * seen, too. What is left behind by one that has ended (a Deployment scaled to 0, an old Lease) is none.
 * @module
 */

import { deployments, leases } from "./api/resources.ts";
import { type Clock, fromTimestamp } from "./clock.ts";
import { type Cluster, hasCode, type KubeObject } from "./cluster/cluster.ts";
import type { NamedChange } from "./cluster/reflected-store.ts";
import { type Reflector, type ReflectorState, startReflector } from "./cluster/reflector.ts";
import { holderOf, type Lease } from "./leadership/lease.ts";
import type { Log } from "./log.ts";

/** A spiderpool-controller runs in this cluster; the message says where, and what to do. */
export class RivalError extends Error {
  override readonly name = "RivalError";
}

export interface RivalsOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

interface Deployment extends KubeObject {
  readonly status?: { readonly readyReplicas?: number };
}

const RIVAL = "spiderpool-controller";
const LEASE = "spiderpool-controller-leases";
/** Clocks differ; one that has not renewed its lease for longer does not run, whatever they say. */
const FRESH_MS = 60_000;
const CURE = "scale it to 0 first, see docs/install.md";

export class Rivals {
  /** Resolves when it is known that there is none; rejects, with {@link RivalError}, if there is one. */
  readonly absent: Promise<void>;
  /** Rejects as soon as one is seen. */
  readonly found: Promise<never>;
  readonly #options: RivalsOptions;
  readonly #found = Promise.withResolvers<never>();
  readonly #reflectors: readonly Reflector<KubeObject>[];
  /** Resolves when the leases have been looked at, or may not be. */
  readonly #leasesSeen = Promise.withResolvers<void>();

  /** Begins to look. */
  constructor(options: RivalsOptions) {
    this.#options = options;
    this.found = this.#found.promise;
    this.found.catch(() => {});
    const { cluster, clock, random } = options;
    const shared = { cluster, clock, random };
    this.#reflectors = [
      startReflector<Deployment>({
        ...shared,
        resource: deployments,
        fieldSelector: `metadata.name=${RIVAL}`,
        onEvent: (change) => this.#takeDeployment(change),
      }) as Reflector<KubeObject>,
      startReflector<Lease>({
        ...shared,
        resource: leases,
        fieldSelector: `metadata.name=${LEASE}`,
        onEvent: (change) => this.#takeLease(change),
        onSync: () => this.#leasesSeen.resolve(),
        onState: (state) => this.#note(state),
      }) as Reflector<KubeObject>,
    ];
    const looked = Promise.all([this.#reflectors[0]?.synced, this.#leasesSeen.promise]);
    this.absent = Promise.race([looked.then(() => {}), this.found]);
    this.absent.catch(() => {});
  }

  async stop(): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()));
  }

  #takeDeployment({ type, object: { metadata, status } }: NamedChange<Deployment>): void {
    const count = status?.readyReplicas ?? 0;
    if (type === "deleted" || count === 0) return;
    const pods = count === 1 ? "1 ready pod" : `${count} ready pods`;
    this.#fail(`its Deployment "${metadata.namespace}/${metadata.name}" has ${pods}`);
  }

  #takeLease({ type, object, previous }: NamedChange<Lease>): void {
    const holder = holderOf(object);
    if (type === "deleted" || !holder?.startsWith(RIVAL)) return;
    const renewed = object.spec?.renewTime;
    const isRenewing = previous !== undefined && previous.spec?.renewTime !== renewed;
    const agoMs = Math.abs(this.#options.clock.now() - fromTimestamp(renewed ?? ""));
    if (!isRenewing && !(agoMs < FRESH_MS)) return;
    const { namespace, name } = object.metadata;
    this.#fail(`its pod "${holder}" holds Lease "${namespace}/${name}"`);
  }

  /** Who may not look at leases elsewhere has the Deployments to go by. */
  #note(state: ReflectorState): void {
    if (state.phase !== "waiting" || !hasCode(state.error, 403)) return;
    this.#options.log.warn("leases cannot be looked at", { error: state.error });
    this.#leasesSeen.resolve();
  }

  #fail(reason: string): void {
    this.#found.reject(new RivalError(`Cannot run beside ${RIVAL}: ${reason}; ${CURE}`));
  }
}
