/**
 * The API server's refusals, worded as it words them.
 *
 * Codes and reasons are those of `k8s.io/apimachinery/pkg/api/errors`; tests compare them with a real server's.
 * @module
 */
import { ApiError, type Resource } from "../cluster.ts";

/** Name of a resource in messages: `configmaps`, `deployments.apps`. */
export function qualifiedName(resource: Resource): string {
  return resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** 404: the object is not there. */
export function notFound(resource: Resource, name: string): ApiError {
  return new ApiError(404, "NotFound", `${qualifiedName(resource)} "${name}" not found`);
}

/** 404: the server knows no such resource. The answer is no `Status`, so it has no reason. */
export function notServed(): ApiError {
  return new ApiError(404, "Unknown", "404 page not found");
}

/** 404: the resource has no such subresource. */
export function noSuchSubresource(): ApiError {
  return new ApiError(404, "NotFound", "the server could not find the requested resource");
}

/** 409: an object of that name is there. */
export function alreadyExists(resource: Resource, name: string): ApiError {
  return new ApiError(409, "AlreadyExists", `${qualifiedName(resource)} "${name}" already exists`);
}

/** 409: a precondition does not hold. */
export function conflict(resource: Resource, name: string, cause: string): ApiError {
  return new ApiError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${cause}`,
  );
}

/** The cause of a {@link conflict} on a stale resourceVersion. */
export const staleCause = "the object has been modified; please apply your changes to the latest version and try again";

/** 422: the object is not valid; the causes name the field. */
export function invalid(resource: Resource, name: string, causes: readonly string[]): ApiError {
  const kind = resource.group === "" ? resource.kind : `${resource.kind}.${resource.group}`;
  const text = causes.length === 1 ? causes[0] : `[${causes.join(", ")}]`;
  return new ApiError(422, "Invalid", `${kind} "${name}" is invalid: ${text}`);
}

/** 400: the request makes no sense. */
export function badRequest(message: string): ApiError {
  return new ApiError(400, "BadRequest", message);
}

/** 410: the history asked for is no longer there. */
export function expired(message: string): ApiError {
  return new ApiError(410, "Expired", message);
}

/** 500: a resourceVersion to watch from that is no number. */
export function badVersion(version: string): ApiError {
  const message = `resourceVersion: Invalid value: "${version}": strconv.ParseUint: parsing "${version}": invalid syntax`;
  return new ApiError(500, "Unknown", message);
}
