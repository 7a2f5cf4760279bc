/**
 * A cluster that is read as it is, and written only in memory: who works on it sees its own writes, and nobody else does.
 *
 * Watches go on showing the true cluster. What was written is known afterwards, object by object, as it was before the first write and as
 * it would be after the last. Preconditions hold: nobody else writes here.
 * @module
 */

import {
  ApiError,
  type Cluster,
  type DeleteOptions,
  type GetOptions,
  type KubeObject,
  type ListOptions,
  type ObjectRef,
  type Resource,
  type WatchOptions,
  type WriteOptions,
} from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";

/** An object that was written. */
export interface Pretended {
  readonly resource: Resource;
  readonly ref: ObjectRef;
  /** `undefined` where it was not there. */
  readonly before: KubeObject | undefined;
  /** `undefined` where it would be gone. */
  readonly after: KubeObject | undefined;
}

type Body = KubeObject & { readonly status?: unknown };

/** Later than all that a watch can show: who remembers its own writes takes what a watch has shown already for no news. */
const VERSION_BASE = 2n ** 62n;

export class PretendedCluster implements Cluster {
  readonly #true: Cluster;
  readonly #written = new Map<string, Pretended>();
  #version = VERSION_BASE;

  constructor(cluster: Cluster) {
    this.#true = cluster;
  }

  /** What was written so far. */
  get written(): Pretended[] {
    return [...this.#written.values()];
  }

  list<T extends KubeObject>(resource: Resource, options?: ListOptions) {
    return this.#true.list<T>(resource, options);
  }

  watch<T extends KubeObject>(resource: Resource, options: WatchOptions) {
    return this.#true.watch<T>(resource, options);
  }

  resolve(apiVersion: string, kind: string): Promise<Resource | undefined> {
    return this.#true.resolve(apiVersion, kind);
  }

  async get<T extends KubeObject>(resource: Resource, ref: ObjectRef, options?: GetOptions): Promise<T> {
    const written = this.#written.get(keyOf(resource, ref));
    if (!written) return this.#true.get<T>(resource, ref, options);
    if (written.after) return written.after as T;
    throw new ApiError(404, "NotFound", `${resource.plural} "${ref.name}" not found`);
  }

  async create<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T> {
    const { name, namespace } = object.metadata;
    const ref = { name, ...(namespace !== undefined && { namespace }) };
    const there = await find<T>(this, resource, ref);
    if (there) throw new ApiError(409, "AlreadyExists", `${resource.plural} "${name}" already exists`);
    const metadata = { ...object.metadata, uid: `pretended-${this.#written.size}`, generation: 1 };
    return this.#put(resource, ref, undefined, { ...object, metadata }, options);
  }

  async update<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T> {
    const { name, namespace } = object.metadata;
    const ref = { name, ...(namespace !== undefined && { namespace }) };
    const before = await this.get<T & Body>(resource, ref);
    const status = (object as Body).status;
    const after = options?.subresource ? { ...before, status } : { ...object, status: before.status };
    return this.#put(resource, ref, before, after as T, options);
  }

  async patch<T extends KubeObject>(...[resource, ref, patch, options]: Parameters<Cluster["patch"]>): Promise<T> {
    const before = await this.get<T & Body>(resource, ref);
    const merged = merge(before, patch) as T & Body;
    const after = options?.subresource ? { ...before, status: merged.status } : merged;
    return this.#put<T>(resource, ref, before, after, options);
  }

  async delete(resource: Resource, ref: ObjectRef, _options?: DeleteOptions): Promise<void> {
    const before = await this.get(resource, ref);
    this.#note(resource, ref, before, undefined);
  }

  /** The true cluster stays open. */
  async close(): Promise<void> {}

  #put<T extends KubeObject>(
    resource: Resource,
    ref: ObjectRef,
    before: T | undefined,
    object: T,
    options: WriteOptions | undefined,
  ): T {
    this.#version += 1n;
    const after = { ...object, metadata: { ...object.metadata, resourceVersion: `${this.#version}` } };
    this.#note(resource, ref, before, after);
    return options?.metadataOnly ? ({ metadata: after.metadata } as T) : after;
  }

  #note(resource: Resource, ref: ObjectRef, before: KubeObject | undefined, after: KubeObject | undefined): void {
    const key = keyOf(resource, ref);
    const first = this.#written.get(key);
    this.#written.set(key, { resource, ref, before: first ? first.before : before, after });
  }
}

function keyOf({ group, plural }: Resource, { namespace = "", name }: ObjectRef): string {
  return `${plural}.${group}/${namespace}/${name}`;
}

/** JSON merge patch (RFC 7386). */
function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value);
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
