/**
 * The adapter of the port `Cluster` for a real API server.
 *
 * Configuration and authentication come from the Kubernetes client, requests go over connections of our own: the stock
 * client opens a TLS connection for each request, which costs ten times the CPU (DESIGN §7). Objects pass as the JSON
 * they are, so no field is lost. Retries nothing but a 401; back-off is the caller's.
 * @module
 */

import { type Clock, systemClock } from "../../clock.ts";
import {
  apiVersionOf,
  type Cluster,
  type GetOptions,
  type KubeObject,
  type ListOptions,
  type ObjectList,
  type ObjectRef,
  type Resource,
  type WatchOptions,
} from "../cluster.ts";
import { openCredentials } from "./credentials.ts";
import { createDiscovery } from "./discovery.ts";
import { collectionPath, objectPath, query, requireNamespace } from "./paths.ts";
import { type Call, createTransport, type RequestReport, type Transport } from "./transport.ts";
import { watchStream } from "./watch-stream.ts";

export interface ConnectOptions {
  /** Path of a kubeconfig; absent means the pod's service account if there is one, else the default loading rules. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Most connections for writes and single reads, default 20; lists and watches have others. */
  readonly connections?: number;
  /** Time without an answer after which a request is given up with `UnknownOutcome`, default 30. */
  readonly requestTimeoutSeconds?: number;
  /** How much longer than its timeoutSeconds a watch may live before it is taken for dead, default 15. */
  readonly watchGraceSeconds?: number;
  readonly userAgent?: string;
  readonly onRequest?: (report: RequestReport) => void;
  readonly clock?: Clock;
}

/**
 * Connects to an API server: loads configuration and credentials; the first connection is made by the first request.
 *
 * @throws {Error} If there is no usable configuration, or a file that it names cannot be read.
 */
export async function connect(options: ConnectOptions = {}): Promise<Cluster> {
  const clock = options.clock ?? systemClock;
  const transport = createTransport({
    credentials: await openCredentials(options, clock),
    connections: options.connections ?? 20,
    requestTimeoutMs: (options.requestTimeoutSeconds ?? 30) * 1000,
    userAgent: options.userAgent ?? "autopool",
    clock,
    onRequest: options.onRequest,
  });
  return {
    ...reading(transport, clock, (options.watchGraceSeconds ?? 15) * 1000),
    ...writing(transport),
    resolve: createDiscovery(transport, clock),
    close: () => transport.close(),
  };
}

/** The part of a call that is the same for every verb. */
const callOf = (verb: string, resource: Resource, ref: Partial<ObjectRef>) => ({
  verb,
  plural: resource.plural,
  target: ref.name
    ? `"${ref.namespace ? `${ref.namespace}/` : ""}${ref.name}"`
    : `in ${ref.namespace ?? "the cluster"}`,
});

function reading(transport: Transport, clock: Clock, graceMs: number): Pick<Cluster, "list" | "watch" | "get"> {
  return {
    async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<ObjectList<T>> {
      const { labelSelector, fieldSelector, limit, continue: next } = options;
      const call: Call = {
        ...callOf("list", resource, { ...options }),
        method: "GET",
        path:
          collectionPath(resource, options.namespace) + query({ labelSelector, fieldSelector, limit, continue: next }),
        lane: "streams",
        accept: options.metadataOnly ? metadataOnly("PartialObjectMetadataList") : undefined,
        signal: options.signal,
      };
      const list = (await transport.send(call)) as {
        items?: T[];
        metadata: { resourceVersion: string; continue?: string };
      };
      const { resourceVersion, continue: token } = list.metadata;
      return { items: list.items ?? [], resourceVersion, ...(token ? { continue: token } : {}) };
    },
    watch<T extends KubeObject>(resource: Resource, options: WatchOptions) {
      const { labelSelector, fieldSelector, resourceVersion } = options;
      const timeoutSeconds = Math.ceil(options.timeoutSeconds);
      const selectors = { labelSelector, fieldSelector };
      const parameters = { watch: true, allowWatchBookmarks: true, ...selectors, resourceVersion, timeoutSeconds };
      const call: Call = {
        ...callOf("watch", resource, { ...options }),
        method: "GET",
        path: collectionPath(resource, options.namespace) + query(parameters),
        lane: "streams",
        accept: acceptOne(options),
      };
      const deadlineMs = options.timeoutSeconds * 1000 + graceMs;
      return watchStream<T>({ transport, call, clock, deadlineMs, signal: options.signal });
    },
    async get<T extends KubeObject>(resource: Resource, ref: ObjectRef, options: GetOptions = {}): Promise<T> {
      const { signal } = options;
      const call = { ...callOf("get", resource, ref), method: "GET", path: objectPath(resource, ref) } as const;
      return (await transport.send({ ...call, lane: "writes", accept: acceptOne(options), signal })) as T;
    },
  };
}

function writing(transport: Transport): Pick<Cluster, "create" | "update" | "patch" | "delete"> {
  const write = async (call: Omit<Call, "lane">): Promise<unknown> => transport.send({ ...call, lane: "writes" });
  return {
    async create(resource, object, options = {}) {
      const { subresource, signal } = options;
      const namespace = requireNamespace(resource, object.metadata);
      const path = subresource
        ? objectPath(resource, object.metadata, subresource)
        : collectionPath(resource, namespace);
      const call = {
        ...callOf("create", resource, object.metadata),
        subresource,
        method: "POST",
        path,
        accept: acceptOne(options),
        signal,
      } as const;
      return (await write({ ...call, body: bodyOf(resource, object) })) as typeof object;
    },
    async update(resource, object, options = {}) {
      const { subresource, signal } = options;
      const path = objectPath(resource, object.metadata, subresource);
      const call = {
        ...callOf("update", resource, object.metadata),
        subresource,
        method: "PUT",
        path,
        accept: acceptOne(options),
        signal,
      } as const;
      return (await write({ ...call, body: bodyOf(resource, object) })) as typeof object;
    },
    async patch<T extends KubeObject>(
      ...[resource, ref, patch, options = {}]: Parameters<Cluster["patch"]>
    ): Promise<T> {
      const { subresource, signal } = options;
      const accept = acceptOne(options);
      const path = objectPath(resource, ref, subresource);
      const call = { ...callOf("patch", resource, ref), subresource, method: "PATCH", path, accept, signal } as const;
      const contentType = "application/merge-patch+json";
      return (await write({ ...call, body: JSON.stringify(patch), contentType })) as T;
    },
    async delete(resource, ref, { signal, ...conditions } = {}) {
      const path = objectPath(resource, ref);
      const body = JSON.stringify({ apiVersion: "v1", kind: "DeleteOptions", ...conditions });
      await write({ ...callOf("delete", resource, ref), method: "DELETE", path, signal, body });
    },
  };
}

function acceptOne(options: { readonly metadataOnly?: boolean }): string | undefined {
  return options.metadataOnly ? metadataOnly("PartialObjectMetadata") : undefined;
}

function metadataOnly(kind: string): string {
  return `application/json;as=${kind};g=meta.k8s.io;v=v1`;
}

/** The server wants apiVersion and kind of custom objects; what a list returned may lack them. */
function bodyOf(resource: Resource, object: KubeObject): string {
  return JSON.stringify({ apiVersion: apiVersionOf(resource), kind: resource.kind, ...object });
}
