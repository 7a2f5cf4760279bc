/**
 * The pools that an agent knows, by name and by the application that they were made for; kept up to date by its watch.
 * @module
 */

import { type Application, applicationOfPool, applicationText } from "../api/application.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import type { Change } from "../cluster/reflected-store.ts";
import type { PoolCatalog } from "../ipam/candidate.ts";

export class WatchedPools implements PoolCatalog {
  readonly #pools = new Map<string, SpiderIPPool>();
  /** Names of automatic pools by the application that their labels name. */
  readonly #names = new Map<string, Set<string>>();

  take({ type, object }: Pick<Change<SpiderIPPool>, "type" | "object">): void {
    const { name } = object.metadata;
    this.#forget(name);
    if (type === "deleted") return;
    this.#pools.set(name, object);
    const key = keyOf(object);
    if (key === undefined) return;
    const names = this.#names.get(key) ?? new Set();
    this.#names.set(key, names.add(name));
  }

  get(name: string): SpiderIPPool | undefined {
    return this.#pools.get(name);
  }

  values(): Iterable<SpiderIPPool> {
    return this.#pools.values();
  }

  ofApplication(top: Application): SpiderIPPool[] {
    return [...(this.#names.get(applicationText(top)) ?? [])].flatMap((name) => this.#pools.get(name) ?? []);
  }

  #forget(name: string): void {
    const known = this.#pools.get(name);
    const key = known && keyOf(known);
    this.#pools.delete(name);
    if (key === undefined) return;
    const names = this.#names.get(key);
    names?.delete(name);
    if (names?.size === 0) this.#names.delete(key);
  }
}

function keyOf(pool: SpiderIPPool): string | undefined {
  const application = applicationOfPool(pool);
  return application && applicationText(application);
}
