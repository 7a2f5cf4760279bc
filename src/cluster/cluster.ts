/**
 * The port to a Kubernetes API server: the calls we make, and what their answers may be relied on for.
 *
 * Two adapters implement it: `kubernetes` (a real API server) and `memory` (in-process, deterministic). One conformance
 * suite holds both to the promises written here. Nothing in this file does I/O.
 * @module
 */

/** What names a kind of object in the API's paths. */
export interface Resource {
  /** API group, "" for the core group. */
  readonly group: string;
  readonly version: string;
  /** Lower-case plural as it stands in the path, e.g. "deployments". */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Returns the `apiVersion` of a resource's objects: `group/version`, or only the version for the core group. */
export function apiVersionOf({ group, version }: Pick<Resource, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}

/** Owner reference as in `metadata.ownerReferences`. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** The part of `metadata` that we read or write. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

/** Any API object; kinds we know have their own types in `src/api`. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** Which object of a resource: namespace (absent for cluster-scoped resources) and name. */
export interface ObjectRef {
  readonly namespace?: string;
  readonly name: string;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  /**
   * `field=value`, `field!=value`, joined by commas. Every resource knows `metadata.name` and `metadata.namespace`, pods also
   * `spec.nodeName` and `status.phase`, Events `involvedObject.kind`, `.namespace`, `.name`, `.uid`, `reason` and `type`; another
   * field is refused with 400. It may name what `metadataOnly` leaves out.
   */
  readonly fieldSelector?: string;
  /** Page size; absent means one page with everything. */
  readonly limit?: number;
  /** The `continue` token of the page before. */
  readonly continue?: string;
  /** Only metadata travels (`PartialObjectMetadata`); items then have no spec and no status. */
  readonly metadataOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface ObjectList<T extends KubeObject = KubeObject> {
  readonly items: T[];
  /** Where a watch may start so that it misses nothing after this list. */
  readonly resourceVersion: string;
  /** Present where another page follows. */
  readonly continue?: string;
}

export interface WatchOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** As in a list; like a label selector it turns what begins to match into ADDED and what ceases to into DELETED. */
  readonly fieldSelector?: string;
  /** Events after this version, in order. */
  readonly resourceVersion: string;
  /** The server ends the watch after this many seconds. */
  readonly timeoutSeconds: number;
  readonly metadataOnly?: boolean;
  readonly signal?: AbortSignal;
}

/** One line of a watch. A bookmark carries nothing but a resourceVersion that is safe to resume from. */
export interface WatchEvent<T extends KubeObject = KubeObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: T;
}

/** What makes a write conditional. A write whose precondition fails is refused with 409 and changes nothing. */
export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export interface WriteOptions {
  /** Write the status subresource instead of the object. */
  readonly subresource?: "status";
  /** Only metadata comes back, for large objects whose content the writer knows already; then the answer has no spec and no status. */
  readonly metadataOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface GetOptions {
  /** Only metadata travels; the object then has no spec and no status. */
  readonly metadataOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface DeleteOptions {
  readonly preconditions?: Preconditions;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly signal?: AbortSignal;
}

/**
 * The API server as we use it. Every method rejects with {@link ApiError} when the server answered with an error, and with
 * {@link UnknownOutcome} when no answer came (timeout, connection lost): then a write may or may not have happened.
 */
export interface Cluster {
  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<ObjectList<T>>;
  /**
   * Yields events until the server ends the watch (then the iteration ends), the signal aborts (likewise), or the watch
   * fails (then it throws; an expired resourceVersion is an `ApiError` with code 410, also when it comes inside the stream).
   * Bookmarks are always asked for.
   */
  watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  get<T extends KubeObject>(resource: Resource, ref: ObjectRef, options?: GetOptions): Promise<T>;
  create<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>;
  /** Replaces the object; `metadata.resourceVersion` in it makes the write conditional. */
  update<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>;
  /**
   * JSON merge patch (RFC 7386); a `metadata.resourceVersion` or `metadata.uid` in it makes the write conditional. A stale version
   * is refused with 409, but another uid with 422 (the server takes it for an attempt to change the uid).
   */
  patch<T extends KubeObject>(resource: Resource, ref: ObjectRef, patch: object, options?: WriteOptions): Promise<T>;
  delete(resource: Resource, ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  /** The resource of a kind, by discovery; `undefined` where the server does not serve it. */
  resolve(apiVersion: string, kind: string): Promise<Resource | undefined>;
  /** Ends pooled connections; later calls reject. */
  close(): Promise<void>;
}

/** The server's own refusal. `code` is the HTTP status, `reason` the machine-readable word of the `Status` object. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: number;
  readonly reason: string;
  /** Seconds the server asked us to wait, if it did (429, 503, and 500 or 504 where it ran out of time). */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: number, reason: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** No answer came. A write may have happened: the caller reads again before it decides anything. */
export class UnknownOutcome extends Error {
  override readonly name = "UnknownOutcome";
}

/** Tells whether a write that ended with this error may have taken effect: no answer, or one from before etcd had spoken. */
export function isUnknownOutcome(error: unknown): boolean {
  return error instanceof UnknownOutcome || (error instanceof ApiError && error.code >= 500);
}

/** Tells whether an error is the API server's refusal with one of these HTTP codes. */
export function hasCode(error: unknown, ...codes: number[]): error is ApiError {
  return error instanceof ApiError && codes.includes(error.code);
}

/** Failures that come and go by themselves and are tried again: no news for people. */
export function isPassing(error: unknown): boolean {
  return error instanceof UnknownOutcome || hasCode(error, 409, 429, 500, 503, 504);
}

/** Returns how long, in milliseconds, the server asked us to wait before we come again; 0 where it did not. */
export function askedPauseMs(error: unknown): number {
  return error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
}
