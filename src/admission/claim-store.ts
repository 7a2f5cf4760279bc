/**
 * The ConfigMap of claims: one conditional write at a time, with all in it that is asked for meanwhile.
 *
 * A ConfigMap that is not there has no claims and is made; one that somebody has made unreadable lets nobody in, since nobody can
 * tell what is on its way.
 * @module
 */

import { configMaps } from "../api/resources.ts";
import { ApiError, type Cluster, hasCode, type KubeObject, type ObjectRef } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import { type Claim, formatClaims, parseClaims } from "./claims.ts";

/** Name of the ConfigMap. */
export const CLAIMS = "autopool-claims";

/** What the ConfigMap holds. */
export interface ClaimsState {
  readonly claims: readonly Claim[];
  /** Of the ConfigMap; `undefined` where there is none. */
  readonly resourceVersion: string | undefined;
}

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string | null>>;
}

/** Somebody has edited the claims into something else. */
export class ClaimsError extends Error {
  override readonly name = "ClaimsError";
}

const KEY = "claims";

/** The API server takes 1 MiB of data. */
const BYTES_MAX = 900_000;

/** Reads and writes the claims. */
export interface ClaimStore {
  /** @throws {ClaimsError} If they cannot be read. */
  read(): Promise<ClaimsState>;
  /** Replaces them on condition that they are as they were. */
  write(before: ClaimsState, claims: readonly Claim[]): Promise<ClaimsState>;
}

/** Returns the store of claims in a namespace. */
export function createClaimStore(cluster: Cluster, namespace: string): ClaimStore {
  const ref: ObjectRef = { namespace, name: CLAIMS };
  return {
    async read() {
      const map = await find<ConfigMap>(cluster, configMaps, ref);
      return { claims: readClaims(map, ref), resourceVersion: map?.metadata.resourceVersion };
    },
    async write({ resourceVersion }, claims) {
      const data = { [KEY]: formatClaims(claims) };
      const options = { metadataOnly: true } as const;
      const { metadata } =
        resourceVersion === undefined
          ? await cluster.create<ConfigMap>(configMaps, { metadata: { namespace, name: CLAIMS }, data }, options)
          : await replaced(cluster.patch(configMaps, ref, { metadata: { resourceVersion }, data }, options));
      return { claims, resourceVersion: metadata.resourceVersion };
    },
  };
}

/** Somebody has deleted what was to be replaced: then it is not as it was, like anything else that has changed. */
async function replaced<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (hasCode(error, 404)) throw new ApiError(409, "Conflict", error.message);
    throw error;
  }
}

/** Tells whether so many claims fit into the ConfigMap. */
export function fits(claims: readonly Claim[]): boolean {
  return formatClaims(claims).length <= BYTES_MAX;
}

function readClaims(map: ConfigMap | undefined, { namespace, name }: ObjectRef): Claim[] {
  try {
    return parseClaims(map?.data?.[KEY] ?? undefined);
  } catch (error) {
    const reason = (error as Error).message;
    throw new ClaimsError(`Cannot read ConfigMap "${namespace}/${name}": ${reason}; delete it`);
  }
}
