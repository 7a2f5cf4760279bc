/**
 * What the promises of the port are tried on: some resources, objects with fresh names, and a reader of watches.
 *
 * Every object carries the label of its run, so that runs on a shared cluster neither see nor leave each other's objects. Nothing
 * here waits by a timer of its own: the cluster's clock ends every watch.
 * @module
 */
import * as assert from "uvu/assert";
import { configMaps, deployments, events, jobs, leases, pods, spiderIPPools } from "../../src/api/resources.ts";
import {
  ApiError,
  apiVersionOf,
  type Cluster,
  hasCode,
  type KubeObject,
  type ObjectMeta,
  type ObjectRef,
  type Resource,
  type WatchEvent,
  type WatchOptions,
} from "../../src/cluster/cluster.ts";

/** What a suite runs against. */
export interface Target {
  readonly cluster: Cluster;
  readonly cleanup: () => Promise<void>;
}

/** Any object with the fields that the promises look at. */
export interface Thing extends KubeObject {
  data?: Record<string, string>;
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

/** The resources that objects are made of. */
export const tried: readonly Resource[] = [configMaps, deployments, events, jobs, leases, pods, spiderIPPools];

export const namespace = "default";
export const runLabel = "autopool.test/run";

/** The cluster under test with makers of objects; all methods work on the run's own names. */
export class Bench {
  readonly cluster: Cluster;
  readonly run: string;
  #names = 0;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.run = `r${process.pid.toString(36)}${process.hrtime.bigint().toString(36)}`;
  }

  /** Label selector for this run's objects. */
  get selector(): string {
    return `${runLabel}=${this.run}`;
  }

  /** A name nobody has; names made later sort later. */
  name(): string {
    this.#names += 1;
    return `conformance-${this.run}-${String(this.#names).padStart(4, "0")}`;
  }

  metadata(extra: Partial<ObjectMeta> = {}): ObjectMeta {
    return { name: this.name(), ...extra, labels: { [runLabel]: this.run, ...extra.labels } };
  }

  /** Creates a ConfigMap: namespaced, no status, no generation. */
  configMap(data: Record<string, string> = {}, extra: Partial<ObjectMeta> = {}): Promise<Thing> {
    return this.cluster.create<Thing>(configMaps, { data, metadata: this.metadata({ namespace, ...extra }) });
  }

  /** Creates a SpiderIPPool: a cluster-scoped custom resource with a status subresource. */
  pool(extra: Partial<ObjectMeta> = {}, more: Partial<Thing> = {}): Promise<Thing> {
    return this.cluster.create<Thing>(spiderIPPools, { ...poolBody(), ...more, metadata: this.metadata(extra) });
  }

  /** Creates a Deployment of no replicas: a built-in kind with a status subresource. */
  deployment(extra: Partial<ObjectMeta> = {}, more: Partial<Thing> = {}): Promise<Thing> {
    const metadata = this.metadata({ namespace, ...extra });
    return this.cluster.create<Thing>(deployments, { ...deploymentBody(metadata.name), ...more, metadata });
  }

  /** Creates a Job that runs nothing. */
  job(): Promise<Thing> {
    const pod = { restartPolicy: "Never", containers: [{ name: "main", image: "none.example/none" }] };
    const spec = { parallelism: 0, template: { spec: pod } };
    return this.cluster.create<Thing>(jobs, { spec, metadata: this.metadata({ namespace }) });
  }

  /** Creates a pod that no scheduler takes, pending on a node that does not exist, or on none. */
  pod(nodeName?: string): Promise<Thing> {
    const containers = [{ name: "main", image: "none.example/none" }];
    const spec = { schedulerName: "none", containers, ...(nodeName && { nodeName }) };
    return this.cluster.create<Thing>(pods, { spec, metadata: this.metadata({ namespace }) });
  }

  /** Says how far a pod is, as its kubelet would. */
  phase(pod: Thing, phase: string): Promise<Thing> {
    return this.cluster.patch<Thing>(pods, refOf(pod), { status: { phase } }, { subresource: "status" });
  }

  /** Reads a watch of this run's objects until `count` events came (bookmarks not counted) or the server ends it. */
  async events(resource: Resource, options: Partial<WatchOptions> & { resourceVersion: string }, count: number) {
    const asked = { labelSelector: this.selector, timeoutSeconds: 10, ...options };
    const events: WatchEvent<Thing>[] = [];
    if (count === 0) return events;
    for await (const event of this.cluster.watch<Thing>(resource, asked)) {
      if (event.type !== "BOOKMARK") events.push(event);
      if (events.length >= count) break;
    }
    return events;
  }

  /** The version from which a watch sees all that this run does from now on. */
  async version(resource: Resource): Promise<string> {
    return (await this.cluster.list(resource, { labelSelector: this.selector })).resourceVersion;
  }

  /** Resolves when the object is gone; fails after a minute. */
  async gone(resource: Resource, ref: ObjectRef): Promise<void> {
    const { items, resourceVersion } = await this.cluster.list(resource, { labelSelector: this.selector });
    if (!items.some((item) => item.metadata.name === ref.name)) return;
    const asked = { labelSelector: this.selector, resourceVersion, timeoutSeconds: 60 };
    for await (const event of this.cluster.watch(resource, asked)) {
      if (event.type === "DELETED" && event.object.metadata.name === ref.name) return;
    }
    throw new Error(`Cannot see "${ref.name}" go: it is still there after a minute`);
  }

  /** Takes away everything this run made. */
  async clean(): Promise<void> {
    for (const resource of tried) {
      const { items } = await this.cluster.list(resource, { labelSelector: this.selector });
      for (const { metadata } of items) {
        if (metadata.finalizers) {
          await ignoreGone(this.cluster.patch(resource, metadata, { metadata: { finalizers: null } }));
        }
        await ignoreGone(this.cluster.delete(resource, metadata, { propagationPolicy: "Background" }));
      }
    }
  }
}

async function ignoreGone(request: Promise<unknown>): Promise<void> {
  await request.catch((error: unknown) => {
    if (!hasCode(error, 404)) throw error;
  });
}

export function poolBody(): { spec: Record<string, unknown> } {
  return { spec: { ipVersion: 4, subnet: "10.6.0.0/16", ips: ["10.6.0.1-10.6.0.9"] } };
}

function deploymentBody(app: string): { spec: Record<string, unknown> } {
  const labels = { app };
  const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "none.example/none" }] } };
  return { spec: { replicas: 0, selector: { matchLabels: labels }, template } };
}

/** Which object, for a request. */
export function refOf({ metadata: { namespace, name } }: KubeObject): ObjectRef {
  return namespace === undefined ? { name } : { namespace, name };
}

/** Awaits a refusal and compares its code and reason. */
export async function refused(request: Promise<unknown>, code: number, reason: string): Promise<ApiError> {
  const outcome = await request.then(
    () => "it was accepted",
    (error: unknown) => error,
  );
  if (!(outcome instanceof ApiError))
    throw new Error(`Expected a refusal with ${code} ${reason}: got ${String(outcome)}`);
  assert.equal([outcome.code, outcome.reason], [code, reason], outcome.message);
  return outcome;
}

/** An owner reference to an object. */
export function ownedBy(owner: KubeObject, resource: Resource, blockOwnerDeletion = false) {
  const { name, uid = "" } = owner.metadata;
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, name, uid, blockOwnerDeletion };
}

/** What is promised, each as a sentence and what proves it. */
export type Promises = Readonly<Record<string, (bench: Bench) => Promise<void>>>;
