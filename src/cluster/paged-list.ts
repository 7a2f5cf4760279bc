/**
 * Lists a resource page by page. All pages are of one version; if the server has forgotten it in between (410), the
 * pages told so far are worth nothing and the caller starts again.
 * @module
 */

import type { Cluster, KubeObject, ListOptions, ObjectList, Resource } from "./cluster.ts";

/**
 * Yields the pages of one consistent list.
 *
 * @throws {ApiError} If the server refuses a page; with code 410 where the list took longer than the server remembers.
 */
export async function* listPages<O extends KubeObject>(
  cluster: Cluster,
  resource: Resource,
  options: Omit<ListOptions, "continue"> & { readonly limit: number },
): AsyncGenerator<ObjectList<O>, void, void> {
  let next: string | undefined;
  do {
    const page = await cluster.list<O>(resource, next === undefined ? options : { ...options, continue: next });
    yield page;
    next = page.continue;
  } while (next !== undefined);
}
