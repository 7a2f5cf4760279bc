/** A small port that knows Events only. */
import type { CoreEvent } from "../../src/act/recorder.ts";
import { ApiError, type Cluster, type ObjectRef, type Resource } from "../../src/cluster/cluster.ts";

/** Holds Events, counts requests, and fails the next ones with what is in `failures`. */
export function eventStore() {
  const stored = new Map<string, CoreEvent>();
  const requests: string[] = [];
  const failures: Error[] = [];
  const enter = (verb: string): void => {
    requests.push(verb);
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
  };
  const find = ({ namespace, name }: ObjectRef): CoreEvent => {
    const event = stored.get(`${namespace}/${name}`);
    if (event === undefined) throw new ApiError(404, "NotFound", `events "${name}" not found`);
    return event;
  };
  const cluster = {
    async create(_resource: Resource, event: CoreEvent) {
      enter("create");
      const key = `${event.metadata.namespace}/${event.metadata.name}`;
      if (stored.has(key)) throw new ApiError(409, "AlreadyExists", `events "${key}" already exists`);
      stored.set(key, structuredClone(event));
      return event;
    },
    async get(_resource: Resource, ref: ObjectRef) {
      enter("get");
      return find(ref);
    },
    async patch(_resource: Resource, ref: ObjectRef, patch: object) {
      enter("patch");
      return Object.assign(find(ref), patch);
    },
  } as unknown as Cluster;
  return { cluster, stored, requests, failures };
}
