/**
 * The Secret that all replicas share: watched, and written only over the version that was read.
 *
 * Promises that of two replicas that write at once one wins, and the other is refused and then shown what won. Decides nothing
 * about what is in it.
 * @module
 */

import { secrets } from "../../api/resources.ts";
import type { Clock } from "../../clock.ts";
import { type Cluster, hasCode, type ObjectRef } from "../../cluster/cluster.ts";
import { type Reflector, type ReflectorState, startReflector } from "../../cluster/reflector.ts";
import { formatMaterial, type Material, type ParsedMaterial, parseMaterial, type Secret } from "./key-material.ts";

/** The Secret as it was seen. */
export interface StoredMaterial extends ParsedMaterial {
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly isImmutable: boolean;
}

export interface SecretStoreOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly ref: ObjectRef & { readonly namespace: string };
  /** Called when the Secret has been read for the first time, and at each change. */
  onChange(): void;
  onState(state: ReflectorState): void;
}

export class SecretStore {
  readonly #options: SecretStoreOptions;
  readonly #reflector: Reflector<StoredMaterial>;

  constructor(options: SecretStoreOptions) {
    this.#options = options;
    const { cluster, clock, random, ref, onChange, onState } = options;
    this.#reflector = startReflector<Secret, StoredMaterial>({
      cluster,
      clock,
      random,
      resource: secrets,
      namespace: ref.namespace,
      // A role may then allow this Secret by its name and no other.
      fieldSelector: `metadata.name=${ref.name}`,
      transform: read,
      onEvent: onChange,
      onSync: onChange,
      onState,
    });
  }

  hasSynced(): boolean {
    return this.#reflector.hasSynced();
  }

  /** The Secret as last seen; `undefined` while there is none. */
  current(): StoredMaterial | undefined {
    return this.#reflector.get(this.#options.ref);
  }

  /** Reads the Secret as it is at this moment; `undefined` if there is none. */
  async readNow(signal: AbortSignal): Promise<Material | undefined> {
    try {
      return read(await this.#options.cluster.get<Secret>(secrets, this.#options.ref, { signal })).material;
    } catch (error) {
      if (hasCode(error, 404)) return undefined;
      throw error;
    }
  }

  /**
   * Writes the material over the Secret as it was seen, `undefined` where there was none.
   *
   * @throws {ApiError} With code 409 if it is another one by now
   */
  async write(material: Material, over: StoredMaterial | undefined, signal: AbortSignal): Promise<void> {
    const { cluster, ref } = this.#options;
    const data = formatMaterial(material);
    if (over && !over.isImmutable) {
      const metadata = { resourceVersion: over.resourceVersion };
      this.#reflector.learn(await cluster.patch<Secret>(secrets, ref, { metadata, data }, { signal }));
      return;
    }
    if (over) await this.#remove(over, signal);
    const entries = Object.entries(data).filter((entry): entry is [string, string] => entry[1] !== null);
    const secret: Secret = {
      metadata: { ...ref, labels: { "app.kubernetes.io/managed-by": "autopool" } },
      type: "Opaque",
      data: Object.fromEntries(entries),
    };
    this.#reflector.learn(await cluster.create<Secret>(secrets, secret, { signal }));
  }

  stop(): Promise<void> {
    return this.#reflector.stop();
  }

  /** What is immutable can only be made anew. */
  async #remove({ uid, resourceVersion }: StoredMaterial, signal: AbortSignal): Promise<void> {
    const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
    await this.#options.cluster.delete(secrets, this.#options.ref, { preconditions, signal });
  }
}

function read(secret: Secret): StoredMaterial {
  const { uid, resourceVersion } = secret.metadata;
  return { ...parseMaterial(secret), uid, resourceVersion, isImmutable: secret.immutable === true };
}
