/**
 * One client's connection to the memory cluster: the port `Cluster`, with latency, faults and a cut.
 *
 * Each connection has its own latency and faults; the server behind it is one. What comes in or goes out is copied here.
 * @module
 */
import type { Clock } from "../../clock.ts";
import type {
  Cluster,
  KubeObject,
  ListOptions,
  ObjectList,
  ObjectRef,
  Resource,
  WatchEvent,
  WatchOptions,
} from "../cluster.ts";
import { copyJson } from "./json.ts";
import { type Lists, present } from "./lists.ts";
import { notFound, notServed } from "./refusals.ts";
import { aborted, type ConnectionOptions, createSender, type Sender, type What } from "./sender.ts";
import { keyOf, type Store, type Table } from "./store.ts";
import { openWatch } from "./watches.ts";
import type { Writes } from "./writes.ts";

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

function refOf({ metadata: { namespace, name } }: KubeObject): ObjectRef {
  return namespace === undefined ? { name } : { namespace, name };
}

/** Returns the table of a resource; refuses one that is not served. */
function tableOf(store: Store, resource: Resource): Table {
  const table = store.table(resource);
  if (table === undefined) throw notServed();
  return table;
}

async function* watch(
  { store, clock }: Server,
  sender: Sender,
  resource: Resource,
  options: WatchOptions & { readonly signal: AbortSignal },
): AsyncGenerator<WatchEvent, void, void> {
  const { signal } = options;
  /** A client that was cut sees neither events nor the end: it waits until it gives up itself. */
  const silence = async (): Promise<void> => {
    if (sender.isCut()) await aborted(signal).catch(() => undefined);
  };
  try {
    const events = await sender.send({ verb: "watch", resource }, signal, (fault) =>
      openWatch(tableOf(store, resource), options, clock, { latencyMs: sender.latency, fault }),
    );
    for await (const event of events) {
      await silence();
      if (signal.aborted) return;
      yield event;
    }
    await silence();
  } catch (error) {
    await silence();
    if (!signal.aborted) throw error;
  }
}

function reading({ store, lists }: Server, sender: Sender): Pick<Cluster, "list" | "get" | "resolve"> {
  return {
    async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}) {
      const answer = await sender.send({ verb: "list", resource }, options.signal, () =>
        lists.list(tableOf(store, resource), options),
      );
      return answer as ObjectList<T>;
    },
    get(resource, ref, options) {
      return sender.send({ verb: "get", resource, ref }, options?.signal, () => {
        const object = tableOf(store, resource).objects.get(keyOf(ref));
        if (object === undefined) throw notFound(resource, ref.name);
        return present(object, options?.metadataOnly);
      });
    },
    resolve(apiVersion, kind) {
      return sender.send({ verb: "resolve" }, undefined, () => store.find(apiVersion, kind)?.resource);
    },
  };
}

function writing({ store, writes }: Server, sender: Sender): Pick<Cluster, "create" | "update" | "patch" | "delete"> {
  return {
    create(resource, object, options) {
      const input = copyJson(object);
      return sender.send({ verb: "create", resource, ref: refOf(object) }, options?.signal, () =>
        present(writes.create(tableOf(store, resource), input), options?.metadataOnly),
      );
    },
    update(resource, object, options) {
      const input = copyJson(object);
      const what: What = { verb: "update", resource, ref: refOf(object), subresource: options?.subresource };
      return sender.send(what, options?.signal, () =>
        present(writes.update(tableOf(store, resource), input, options?.subresource), options?.metadataOnly),
      );
    },
    patch(resource, ref, patch, options) {
      const input = copyJson(patch);
      const what: What = { verb: "patch", resource, ref, subresource: options?.subresource };
      return sender.send(what, options?.signal, () =>
        present(writes.patch(tableOf(store, resource), ref, input, options?.subresource), options?.metadataOnly),
      );
    },
    delete(resource, ref, options = {}) {
      return sender.send({ verb: "delete", resource, ref }, options.signal, () =>
        writes.delete(tableOf(store, resource), ref, options),
      );
    },
  };
}

/** Returns a connection to a server. */
export function createConnection(server: Server, options: ConnectionOptions): MemoryConnection {
  const sender = createSender(server.clock, options);
  const closed = new AbortController();
  return {
    ...reading(server, sender),
    ...writing(server, sender),
    watch<T extends KubeObject>(resource: Resource, asked: WatchOptions) {
      const signal = asked.signal ? AbortSignal.any([asked.signal, closed.signal]) : closed.signal;
      return watch(server, sender, resource, { ...asked, signal }) as AsyncIterable<WatchEvent<T>>;
    },
    async close() {
      sender.end("closed");
      closed.abort();
    },
    cut: () => sender.end("cut"),
  };
}
