/**
 * Which calls are made of an API server, as its authorization sees them, and which of them it has forbidden.
 * @module
 */

import {
  ApiError,
  type Cluster,
  hasCode,
  type KubeObject,
  type ObjectMeta,
  type ObjectRef,
  type OwnerReference,
  type Resource,
  type WatchEvent,
} from "../../src/cluster/cluster.ts";
import { ours } from "./definitions.ts";

export interface Call {
  readonly verb: string;
  readonly group: string;
  /** Plural, with the subresource: `spidersubnets/status`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

interface Place {
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** `verb resource.group/subresource namespace/name` */
export function callText({ verb, group, resource, namespace, name }: Call): string {
  const [plural, ...subresource] = resource.split("/");
  const kind = [group === "" ? plural : `${plural}.${group}`, ...subresource].join("/");
  return [verb, kind, [namespace, name].filter(Boolean).join("/")].join(" ").trim();
}

export class RecordedCalls {
  readonly #calls = new Map<string, Call>();
  readonly #conflicts: { readonly verb: string; readonly resource: string }[] = [];
  /** What the API server said of calls that are not granted. */
  readonly forbidden: string[] = [];

  get all(): Call[] {
    return [...this.#calls.values()];
  }

  has(verb: string, resource: string): boolean {
    return this.all.some((call) => call.verb === verb && call.resource === resource);
  }

  /** Tells it of resources that may have the name of another group's. */
  makes(verb: string, { group, plural }: Resource): boolean {
    return this.all.some((call) => call.verb === verb && call.resource === plural && call.group === group);
  }

  /** Has the next such write fail as if somebody else had been faster. */
  conflict(verb: string, resource: string): void {
    this.#conflicts.push({ verb, resource });
  }

  /** Returns the cluster, with its calls recorded. */
  of(cluster: Cluster): Cluster {
    const asked =
      <A extends readonly unknown[], R>(
        verb: string,
        send: (...args: A) => Promise<R>,
        placeOf: (...args: A) => Place,
      ) =>
      (...args: A): Promise<R> =>
        this.#ask(verb, args[0] as Resource, placeOf(...args), () => send(...args));
    const ofRef = (_: Resource, ref: ObjectRef, ...[, options]: readonly unknown[]): Place => ({
      ...ref,
      ...subOf(options),
    });
    const ofObject = (_: Resource, { metadata }: KubeObject, options?: unknown): Place => ({
      ...placeOf(metadata),
      ...subOf(options),
    });
    const noteBlocked = ({ metadata }: { readonly metadata?: Partial<ObjectMeta> }): void => {
      for (const owner of metadata?.ownerReferences ?? []) if (owner.blockOwnerDeletion) this.#noteBlocked(owner);
    };
    const writing = (cluster: Cluster): Cluster => ({
      ...cluster,
      create: (resource, object, options) => {
        noteBlocked(object);
        return cluster.create(resource, object, options);
      },
      patch: (resource, ref, patch, options) => {
        noteBlocked(patch);
        return cluster.patch(resource, ref, patch, options);
      },
    });
    return writing({
      list: asked("list", cluster.list.bind(cluster), (_, options) => ofSelection(options)) as Cluster["list"],
      watch: (resource, options) =>
        this.#watched(resource, ofSelection(options), cluster.watch(resource, options)) as never,
      get: asked("get", cluster.get.bind(cluster), (_, ref) => ref) as Cluster["get"],
      create: asked("create", cluster.create.bind(cluster), (_, { metadata: { namespace } }) => ({
        ...(namespace !== undefined && { namespace }),
      })) as Cluster["create"],
      update: asked("update", cluster.update.bind(cluster), ofObject) as Cluster["update"],
      patch: asked("patch", cluster.patch.bind(cluster), ofRef) as Cluster["patch"],
      delete: asked("delete", cluster.delete.bind(cluster), (_, ref) => ref),
      resolve: (apiVersion, kind) => cluster.resolve(apiVersion, kind),
      close: () => cluster.close(),
    });
  }

  /** Where OwnerReferencesPermissionEnforcement is on, who blocks a deletion is asked whether the owner's finalizers are its to change. */
  #noteBlocked({ kind, name }: OwnerReference): void {
    const owner = ours.find((resource) => resource.kind === kind);
    if (owner) this.#note("update", owner, { name, subresource: "finalizers" });
  }

  #note(verb: string, { group, plural }: Resource, { namespace, name, subresource }: Place): void {
    const call: Call = {
      verb,
      group,
      resource: subresource ? `${plural}/${subresource}` : plural,
      ...(namespace !== undefined && { namespace }),
      ...(name !== undefined && { name }),
    };
    this.#calls.set(callText(call), call);
  }

  async #ask<R>(verb: string, resource: Resource, place: Place, send: () => Promise<R>): Promise<R> {
    this.#note(verb, resource, place);
    const full = place.subresource ? `${resource.plural}/${place.subresource}` : resource.plural;
    const planned = this.#conflicts.findIndex((one) => one.verb === verb && one.resource === full);
    if (planned >= 0) {
      this.#conflicts.splice(planned, 1);
      throw new ApiError(409, verb === "create" ? "AlreadyExists" : "Conflict", `planned conflict of ${verb} ${full}`);
    }
    return send().catch((error) => {
      throw this.#seen(error);
    });
  }

  async *#watched(resource: Resource, place: Place, events: AsyncIterable<WatchEvent>): AsyncGenerator<WatchEvent> {
    this.#note("watch", resource, place);
    try {
      yield* events;
    } catch (error) {
      throw this.#seen(error);
    }
  }

  #seen(error: unknown): unknown {
    if (hasCode(error, 403) && /cannot \w+ resource/.test(error.message)) this.forbidden.push(error.message);
    return error;
  }
}

function subOf(options: unknown): Place {
  const { subresource } = (options ?? {}) as Place;
  return subresource === undefined ? {} : { subresource };
}

function placeOf({ namespace, name }: ObjectMeta): Place {
  return { ...(namespace !== undefined && { namespace }), name };
}

/** A list or watch of one name is authorized as if it were about that object. */
function ofSelection({ namespace, fieldSelector }: { namespace?: string; fieldSelector?: string } = {}): Place {
  const name = /^metadata\.name=([^,]+)$/.exec(fieldSelector ?? "")?.[1];
  return { ...(namespace !== undefined && { namespace }), ...(name !== undefined && { name }) };
}
