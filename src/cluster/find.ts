/**
 * Reads what may not be there.
 *
 * Not there are an object that does not exist and one of a kind that the server does not serve: it says the same of both.
 * @module
 */

import { type Cluster, type GetOptions, hasCode, type KubeObject, type ObjectRef, type Resource } from "./cluster.ts";

/**
 * Reads an object from the API server; `undefined` where there is none.
 *
 * @throws {ApiError | UnknownOutcome} If the server does not say whether there is one.
 */
export async function find<T extends KubeObject>(
  cluster: Pick<Cluster, "get">,
  resource: Resource,
  ref: ObjectRef,
  options?: GetOptions,
): Promise<T | undefined> {
  try {
    return await cluster.get<T>(resource, ref, options);
  } catch (error) {
    if (hasCode(error, 404)) return undefined;
    throw error;
  }
}
