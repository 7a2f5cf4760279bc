/**
 * Whether the owners of non-native applications exist, whatever their kind: one metadata-only reflector per kind in use.
 *
 * The resource of a kind is asked of the server (discovery), never guessed from its name. What is not served, or forbidden to
 * read, is unknown, and unknown means that everything is kept.
 * @module
 */

import { groupOf } from "../api/application.ts";
import type { Clock } from "../clock.ts";
import type { Cluster, KubeObject } from "../cluster/cluster.ts";
import type { Reflector, startReflector } from "../cluster/reflector.ts";
import { type Watch, watchOf } from "../cluster/watch.ts";
import type { Existence } from "./demand.ts";

/** Kind and group of an owner, in any version. */
export interface OwnerKind {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface OwnersOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  /** What is watched with. */
  readonly reflect: typeof startReflector;
  /** Told when what is known of an owner may have changed. */
  onOwner(kind: OwnerKind, namespace: string, name: string): void;
  /** Told why a kind cannot be watched; once per cause. */
  onUnknown(kind: OwnerKind, error: unknown): void;
}

/** All that is kept of an owner. */
interface OwnerSeen {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** How long a kind that the server does not serve is left alone. */
const resolveAgainMs = 30_000;

export class Owners {
  readonly #options: OwnersOptions;
  /** By kind and group; `undefined` while the kind is being looked up. */
  readonly #reflectors = new Map<string, Reflector<OwnerSeen> | undefined>();
  readonly #causes = new Map<string, string>();
  #stopped = false;

  constructor(options: OwnersOptions) {
    this.#options = options;
  }

  /** Sees to it that owners of this kind are watched. */
  watch(kind: OwnerKind): void {
    const key = keyOf(kind);
    if (this.#reflectors.has(key) || this.#stopped) return;
    this.#reflectors.set(key, undefined);
    void this.#start(key, kind);
  }

  /** Tells what is known of one owner. */
  existence(kind: OwnerKind, namespace: string, name: string): Existence {
    const reflector = this.#reflectors.get(keyOf(kind));
    if (!reflector?.hasSynced()) return "unknown";
    const owner = reflector.get({ namespace, name });
    return owner ? { uid: owner.uid } : "gone";
  }

  /** The kinds that are watched, as `Kind.group`. */
  watches(): Watch[] {
    return [...this.#reflectors].flatMap(([key, reflector]) => (reflector ? [watchOf(key, reflector)] : []));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#reflectors.values()].map((reflector) => reflector?.stop()));
  }

  async #start(key: string, kind: OwnerKind): Promise<void> {
    const { cluster, clock, random, reflect, onOwner } = this.#options;
    try {
      const resource = await cluster.resolve(kind.apiVersion, kind.kind);
      if (this.#stopped) return;
      if (!resource) throw new Error(`The API server does not serve kind "${kind.kind}" of "${kind.apiVersion}"`);
      const tell = ({ namespace, name }: OwnerSeen): void => onOwner(kind, namespace, name);
      const reflector = reflect<KubeObject, OwnerSeen>({
        cluster,
        resource,
        metadataOnly: true,
        clock,
        random,
        transform: ({ metadata }) => ({
          namespace: metadata.namespace ?? "",
          name: metadata.name,
          uid: metadata.uid ?? "",
        }),
        onEvent: ({ type, object, previous }) => {
          if (type !== "modified" || previous?.uid !== object.uid) tell(object);
        },
        onSync: () => onOwner(kind, "", ""),
        onState: (state) => {
          if (state.phase === "waiting") this.#complain(key, kind, state.error);
        },
      });
      this.#reflectors.set(key, reflector);
    } catch (error) {
      this.#complain(key, kind, error);
      // It may be served later, or the failure may pass; until then its owners are unknown.
      clock.after(resolveAgainMs, () => {
        if (!this.#stopped) void this.#start(key, kind);
      });
    }
  }

  #complain(key: string, kind: OwnerKind, error: unknown): void {
    const cause = String((error as Error).message ?? error);
    if (this.#causes.get(key) === cause) return;
    this.#causes.set(key, cause);
    this.#options.onUnknown(kind, error);
  }
}

function keyOf({ apiVersion, kind }: OwnerKind): string {
  return `${kind}.${groupOf(apiVersion)}`;
}
