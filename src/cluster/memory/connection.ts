/**
 * One client's connection to the memory cluster: the port `Cluster`, with latency, faults and a cut.
 *
 * A request takes effect half its latency after it was sent and is answered after the other half, so requests of different clients
 * overlap as they do on a network. Each connection has its own latency and faults; the server behind it is one.
 * @module
 */
import { type Clock, sleep } from "../../clock.ts";
import {
  type Cluster,
  type KubeObject,
  type ListOptions,
  type ObjectRef,
  type Resource,
  UnknownOutcome,
  type WatchEvent,
  type WatchOptions,
} from "../cluster.ts";
import type { ClusterRequest, Fault, FaultPolicy } from "./faults.ts";
import { copyJson } from "./json.ts";
import { type Lists, present } from "./lists.ts";
import { notFound, notServed } from "./refusals.ts";
import { keyOf, type Store, type Table } from "./store.ts";
import { openWatch } from "./watches.ts";
import type { Writes } from "./writes.ts";

/** How one client reaches the server. */
export interface ConnectionOptions {
  /** Milliseconds from a request to its answer, and from a write to its event; a function draws anew each time. */
  readonly latencyMs?: number | (() => number);
  readonly faults?: FaultPolicy;
  /**
   * Called after each write of this connection took effect (refused ones do not), before it is answered; `count` is 1 for the first.
   * Calling `cut` from here is a crash right after the n-th write.
   */
  readonly onWrite?: (count: number, request: ClusterRequest) => void;
}

/** A client's connection. */
export interface MemoryConnection extends Cluster {
  /** Silences the client as if its process had died: no answer and no event reach it any more, no request has an effect. */
  cut(): void;
}

/** What a connection reaches. */
export interface Server {
  readonly store: Store;
  readonly lists: Lists;
  readonly writes: Writes;
  readonly clock: Clock;
}

type What = Pick<ClusterRequest, "verb"> & Partial<Pick<ClusterRequest, "resource" | "ref" | "subresource">>;

const forever = new Promise<never>(() => undefined);

/** Rejects when the signal aborts, never otherwise. */
function aborted(signal: AbortSignal | undefined): Promise<never> {
  if (signal === undefined) return forever;
  return new Promise((_, reject) => {
    const abort = (): void => reject(new UnknownOutcome("request aborted"));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

/** Returns a function that sends requests: waits, asks for faults, lets `effect` happen or not, and answers or not. */
function createSender(server: Server, options: ConnectionOptions) {
  const { clock } = server;
  let number = 0;
  let writeCount = 0;
  let state: "open" | "closed" | "cut" = "open";

  function latency(): number {
    const { latencyMs = 0 } = options;
    return typeof latencyMs === "number" ? latencyMs : latencyMs();
  }

  async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (ms > 0) await sleep(clock, ms, signal);
    if (signal?.aborted) throw new UnknownOutcome("request aborted");
    if (state === "cut") await aborted(signal);
  }

  function begin(what: What): { request: ClusterRequest; fault: Fault | undefined } {
    if (state === "closed") throw new UnknownOutcome(`Cannot ${what.verb}: the connection is closed`);
    number += 1;
    const { resource, ref, subresource, verb } = what;
    const request: ClusterRequest = { verb, resource, ref, subresource, number, time: clock.now() };
    return { request, fault: state === "open" ? options.faults?.(request) : undefined };
  }

  async function send<R>(
    what: What,
    signal: AbortSignal | undefined,
    effect: (fault: Fault | undefined) => R,
  ): Promise<R> {
    if (what.resource && what.ref) requirePath(what.resource, what.ref);
    const { request, fault } = begin(what);
    const takesMs = latency();
    await wait(takesMs / 2 + (fault?.kind === "delay" ? fault.ms : 0), signal);
    if (fault?.kind === "loseRequest") {
      await wait(fault.afterMs, signal);
      throw new UnknownOutcome(`no answer to ${what.verb} within ${fault.afterMs} ms`);
    }
    if (fault?.kind === "refuse") throw fault.error;
    const result = effect(fault);
    if (isWrite(what.verb)) {
      writeCount += 1;
      options.onWrite?.(writeCount, request);
    }
    await wait(takesMs / 2, signal);
    if (fault?.kind === "loseAnswer") {
      await wait(fault.afterMs, signal);
      throw new UnknownOutcome(`no answer to ${what.verb} within ${fault.afterMs} ms`);
    }
    return result;
  }

  return {
    send,
    latency,
    isCut: () => state === "cut",
    end(as: "closed" | "cut") {
      if (state !== "cut") state = as;
    },
  };
}

function isWrite(verb: ClusterRequest["verb"]): boolean {
  return verb === "create" || verb === "update" || verb === "patch" || verb === "delete";
}

function refOf({ metadata: { namespace, name } }: KubeObject): ObjectRef {
  return namespace === undefined ? { name } : { namespace, name };
}

/** The API has no path for a namespaced object without its namespace. */
function requirePath(resource: Resource, ref: { namespace?: string; name: string }): void {
  if (!resource.namespaced || ref.namespace) return;
  throw new TypeError(`Cannot address "${ref.name}" of "${resource.plural}": its namespace is missing`);
}

/** Returns a connection to a server. */
export function createConnection(server: Server, options: ConnectionOptions): MemoryConnection {
  const { store, lists, writes, clock } = server;
  const sender = createSender(server, options);
  const closed = new AbortController();

  function tableOf(resource: Resource): Table {
    const table = store.table(resource);
    if (table === undefined) throw notServed();
    return table;
  }

  async function* watch(resource: Resource, asked: WatchOptions): AsyncGenerator<WatchEvent, void, void> {
    const signal = asked.signal ? AbortSignal.any([asked.signal, closed.signal]) : closed.signal;
    let events: AsyncIterable<WatchEvent>;
    try {
      events = await sender.send({ verb: "watch", resource }, signal, (fault) =>
        openWatch(tableOf(resource), { ...asked, signal }, clock, { latencyMs: sender.latency, fault }),
      );
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    for await (const event of events) {
      if (sender.isCut()) await aborted(signal).catch(() => undefined);
      if (signal.aborted) return;
      yield event;
    }
    if (sender.isCut() && !signal.aborted) await aborted(signal).catch(() => undefined);
  }

  return {
    async list<T extends KubeObject>(resource: Resource, asked: ListOptions = {}) {
      const answer = await sender.send({ verb: "list", resource }, asked.signal, () =>
        lists.list(tableOf(resource), asked),
      );
      return answer as typeof answer & { items: T[] };
    },
    watch: (resource, asked) => watch(resource, asked) as AsyncIterable<WatchEvent<never>>,
    get(resource, ref, asked) {
      return sender.send({ verb: "get", resource, ref }, asked?.signal, () => {
        const object = tableOf(resource).objects.get(keyOf(ref));
        if (object === undefined) throw notFound(resource, ref.name);
        return present(object, false);
      });
    },
    create(resource, object, asked) {
      const input = copyJson(object);
      return sender.send({ verb: "create", resource, ref: refOf(object) }, asked?.signal, () =>
        present(writes.create(tableOf(resource), input), false),
      );
    },
    update(resource, object, asked) {
      const input = copyJson(object);
      const what: What = { verb: "update", resource, ref: refOf(object), subresource: asked?.subresource };
      return sender.send(what, asked?.signal, () =>
        present(writes.update(tableOf(resource), input, asked?.subresource), false),
      );
    },
    patch(resource, ref, patch, asked) {
      const input = copyJson(patch);
      const what: What = { verb: "patch", resource, ref, subresource: asked?.subresource };
      return sender.send(what, asked?.signal, () =>
        present(writes.patch(tableOf(resource), ref, input, asked?.subresource), false),
      );
    },
    delete(resource, ref, asked = {}) {
      return sender.send({ verb: "delete", resource, ref }, asked.signal, () =>
        writes.delete(tableOf(resource), ref, asked),
      );
    },
    resolve(apiVersion, kind) {
      return sender.send({ verb: "resolve" }, undefined, () => {
        const [group = "", version = ""] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
        const served = store.tables.map((table) => table.resource);
        return served.find((one) => one.group === group && one.version === version && one.kind === kind);
      });
    },
    async close() {
      sender.end("closed");
      closed.abort();
    },
    cut: () => sender.end("cut"),
  };
}
