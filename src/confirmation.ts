/**
 * The last question before something is taken away: is it certain, at this moment and by UID, that nobody wants it?
 *
 * The caches may be behind. That an application's end was seen for its very UID is certain, since UIDs never come back; all
 * else is read from the API server. What cannot be found out is no permission (docs/lifecycle.md, invariant 6).
 * @module
 */

import type { Standing } from "./act/record-sweeper.ts";
import type { Application } from "./api/application.ts";
import { type Cluster, hasCode } from "./cluster/cluster.ts";
import { isContent } from "./observe/demand.ts";
import type { Observer } from "./observe/observer.ts";
import type { Life } from "./observe/pool-life.ts";
import { isNativeKind, workloadKey } from "./observe/workload.ts";
import type { Reconciler } from "./reconciler.ts";

export class Confirmation {
  readonly #cluster: Cluster;
  readonly #observer: Observer;
  readonly #reconciler: Reconciler;
  readonly #nameOf: (key: string) => string | undefined;
  /** Whose pool a machine spoke of last. */
  readonly #applications = new Map<string, Application>();

  constructor(
    cluster: Cluster,
    observer: Observer,
    reconciler: Reconciler,
    nameOf: (key: string) => string | undefined,
  ) {
    this.#cluster = cluster;
    this.#observer = observer;
    this.#reconciler = reconciler;
    this.#nameOf = nameOf;
  }

  /** Notes whose pool a machine speaks of. */
  note({ key, wanted, owner }: Life): void {
    const application = (wanted ?? owner)?.application;
    if (application) this.remember(key, application);
  }

  remember(key: string, application: Application): void {
    this.#applications.set(key, application);
  }

  applicationOf(key: string): Application | undefined {
    return this.#applications.get(key);
  }

  forget(key: string): void {
    this.#applications.delete(key);
  }

  /**
   * Tells whether the pool of a machine is certainly not wanted.
   * @throws {Error} If that cannot be told now; it is asked again later.
   */
  async ofPool(key: string): Promise<boolean> {
    if (key.includes("#")) return true; // a second object of a pool that has its successor
    const application = this.#applications.get(key);
    if (!application) return false;
    const name = workloadKey(application);
    const { wish, lives } = this.#observer.observe(name);
    const { demand } = wish;
    if (demand.kind === "unknown") throw new Error(`Cannot tell yet what "${name}" wants`);
    if (lives.some((life) => life.key === key && life.wanted)) return false;
    // There is nothing to keep.
    if (isContent(wish)) return !lives.some((life) => life.key === key && life.pool);
    // It is there, and what it asks for is something else.
    if (demand.kind === "wants" || this.#observer.applications.workload(name)) return true;
    if (this.#observer.applications.hasEnded(application.uid)) return true;
    if (await this.#exists(application)) throw new Error(`Cannot give up a pool of "${name}": it exists`);
    return true;
  }

  /** Tells what becomes of a record without a pool. */
  async ofRecord(application: Omit<Application, "uid">, subnet: string, pool: string): Promise<Standing> {
    const name = workloadKey(application);
    const { wish, lives } = this.#observer.observe(name);
    if (wish.demand.kind === "unknown") return "unknown";
    if (wish.demand.kind === "keeps") return isContent(wish) ? "unwanted" : "unknown";
    if (wish.demand.kind === "wants") {
      const here = lives.filter((life) => life.wanted && life.subnet === subnet);
      const names = here.map((life) => life.pool?.metadata.name ?? this.#nameOf(life.key));
      if (names.includes(pool)) return "wanted";
      // Its pool has no name yet, or its machine is not there yet.
      if (names.includes(undefined) || here.some(({ key }) => !this.#reconciler.entry(key))) return "unknown";
      return "unwanted";
    }
    // Of other kinds the pods are what wants pools.
    const isNative = isNativeKind(application.apiVersion, application.kind);
    if (!isNative || this.#observer.applications.workload(name)) return "unwanted";
    return (await this.#exists(application)) ? "unknown" : "unwanted";
  }

  async #exists({ apiVersion, kind, namespace, name }: Omit<Application, "uid">): Promise<boolean> {
    const resource = await this.#cluster.resolve(apiVersion, kind);
    if (!resource) throw new Error(`Cannot look for ${kind} "${namespace}/${name}": its kind is not served`);
    try {
      await this.#cluster.get(resource, resource.namespaced ? { namespace, name } : { name });
      return true;
    } catch (error) {
      if (hasCode(error, 404)) return false;
      throw error;
    }
  }
}
