/**
 * Request paths of the Kubernetes API: resource, namespace, name and query to the text after the host. Pure.
 * @module
 */

import type { ObjectRef, Resource } from "../cluster.ts";

/** Path of the group's version, e.g. "/apis/apps/v1" or "/api/v1"; also the address of its discovery document. */
export function versionPath(group: string, version: string): string {
  return group === ""
    ? `/api/${encodeURIComponent(version)}`
    : `/apis/${encodeURIComponent(group)}/${encodeURIComponent(version)}`;
}

/** Path of all objects of a resource, in one namespace or (absent) in all of them. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const scope = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${versionPath(resource.group, resource.version)}${scope}/${resource.plural}`;
}

/**
 * Path of one object or of its subresource.
 *
 * @throws {TypeError} If the name is missing, or the namespace of a namespaced resource.
 */
export function objectPath(resource: Resource, ref: ObjectRef, subresource?: string): string {
  if (!ref.name) throw new TypeError(`Cannot address an object of "${resource.plural}": its name is missing`);
  const suffix = subresource === undefined ? "" : `/${subresource}`;
  return `${collectionPath(resource, requireNamespace(resource, ref))}/${encodeURIComponent(ref.name)}${suffix}`;
}

/**
 * Returns the namespace to write to.
 *
 * @throws {TypeError} If the resource is namespaced and there is none: the API has no such path, and "default" would be a guess.
 */
export function requireNamespace(resource: Resource, ref: { namespace?: string; name: string }): string | undefined {
  if (!resource.namespaced) return undefined;
  if (ref.namespace) return ref.namespace;
  throw new TypeError(`Cannot address "${ref.name}" of "${resource.plural}": its namespace is missing`);
}

/** Query string with its question mark, "" where nothing is set. */
export function query(parameters: Record<string, string | number | boolean | undefined>): string {
  const set = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) set.set(name, String(value));
  return set.size === 0 ? "" : `?${set}`;
}
