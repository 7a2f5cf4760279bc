/**
 * The write semantics of the API server: what create, update, patch and delete do to the store, and what they refuse.
 *
 * Every function takes effect at once, as one step, or throws and changes nothing. Latency and faults are the connection's
 * business. See `k8s.io/apiserver/pkg/registry/generic/registry/store.go` for the order of the checks.
 * @module
 */
import { type Clock, toTimestamp } from "../../clock.ts";
import {
  ApiError,
  apiVersionOf,
  type DeleteOptions,
  type KubeObject,
  type ObjectMeta,
  type ObjectRef,
  type Preconditions,
  type Resource,
  type WriteOptions,
} from "../cluster.ts";
import { copyJson, equalJson, mergePatch } from "./json.ts";
import { alreadyExists, badRequest, conflict, invalid, noSuchSubresource, notFound, staleCause } from "./refusals.ts";
import { keyOf, type Store, type Stored, type Table } from "./store.ts";
import { validateMetadata } from "./validation.ts";

/** Refuses an object by throwing an `ApiError`: a place for schemas and admission rules. `old` is absent on create. */
export type Admit = (resource: Resource, object: KubeObject, old: KubeObject | undefined) => void;

/** What the writes need. */
export interface Context {
  readonly store: Store;
  readonly clock: Clock;
  readonly nextUid: () => string;
  readonly admit: Admit | undefined;
}

type Subresource = WriteOptions["subresource"];

/** The writes, each atomic. Results are stored objects: copy them before they leave the server. */
export interface Writes {
  create(table: Table, input: KubeObject): Stored;
  update(table: Table, input: KubeObject, subresource: Subresource): Stored;
  patch(table: Table, ref: ObjectRef, patch: object, subresource: Subresource): Stored;
  delete(table: Table, ref: ObjectRef, options: DeleteOptions): void;
}

type Mutable = { -readonly [field in keyof Stored]: Stored[field] } & { [field: string]: unknown };

/** Fields of which only the server decides. */
const systemFields = ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"] as const;
type SystemMeta = ObjectMeta & { deletionGracePeriodSeconds?: number };
type AnyMeta = SystemMeta & { [field: string]: unknown };

/** Returns a copy that carries the kind it is written as. */
function received(table: Table, input: KubeObject): Mutable {
  const { kind, namespaced } = table.resource;
  const apiVersion = apiVersionOf(table.resource);
  const object = copyJson(input) as Mutable;
  object.apiVersion ??= apiVersion;
  object.kind ??= kind;
  object.metadata ??= { name: "" };
  if (object.apiVersion !== apiVersion || object.kind !== kind) {
    if (table.traits.untyped) {
      throw invalid(table.resource, object.metadata.name, [`kind: Invalid value: "${object.kind}": must be ${kind}`]);
    }
    throw badRequest(`the object is of kind ${object.apiVersion} ${object.kind}, the path of ${apiVersion} ${kind}`);
  }
  if (!namespaced) delete object.metadata.namespace;
  else if (!object.metadata.namespace) throw badRequest("an empty namespace may not be set during creation");
  return object;
}

/** Tells whether two objects differ in anything that `generation` counts. */
function wantsOtherwise(object: Stored, old: Stored): boolean {
  const { metadata: _metadata, status: _status, ...wanted } = object;
  const { metadata: _oldMetadata, status: _oldStatus, ...oldWanted } = old;
  return !equalJson(wanted, oldWanted);
}

/** Takes the fields of which only the server decides from the stored object. */
function keepSystemFields(table: Table, object: Mutable, old: Stored): void {
  const metadata = object.metadata as AnyMeta;
  const oldMetadata: Readonly<Record<string, unknown>> = { ...old.metadata };
  for (const field of systemFields) {
    delete metadata[field];
    if (oldMetadata[field] !== undefined) Object.assign(metadata, { [field]: oldMetadata[field] });
  }
  metadata.uid ??= old.metadata.uid ?? "";
  if (table.traits.generation && wantsOtherwise(object, old)) metadata.generation = (old.metadata.generation ?? 0) + 1;
}

/** Returns the finalizers that a deletion with this policy leaves to be done first. */
function finalizersFor(policy: DeleteOptions["propagationPolicy"], finalizers: readonly string[]): string[] {
  if (policy === undefined) return [...finalizers];
  const others = finalizers.filter((finalizer) => finalizer !== "orphan" && finalizer !== "foregroundDeletion");
  if (policy === "Background") return others;
  return [...others, policy === "Foreground" ? "foregroundDeletion" : "orphan"];
}

function current(table: Table, ref: ObjectRef): Stored {
  const object = table.objects.get(keyOf(ref));
  if (object === undefined) throw notFound(table.resource, ref.name);
  return object;
}

function accept(context: Context, table: Table, object: Mutable, old: Stored | undefined): void {
  table.traits.setDefaults?.(object);
  validateMetadata(table.resource, object, old);
  context.admit?.(table.resource, object, old);
}

function insert(context: Context, table: Table, object: Mutable): Stored {
  const metadata = object.metadata as AnyMeta;
  for (const field of systemFields) delete metadata[field];
  metadata.uid = context.nextUid();
  metadata.creationTimestamp = toTimestamp(context.clock.now());
  if (table.traits.generation) metadata.generation = 1;
  if (table.traits.status) delete object["status"];
  accept(context, table, object, undefined);
  if (table.objects.has(keyOf(metadata))) throw alreadyExists(table.resource, metadata.name);
  return context.store.commit(table, "ADDED", object);
}

function create(context: Context, table: Table, input: KubeObject): Stored {
  if (input.metadata.resourceVersion) {
    throw new ApiError(500, "Unknown", "resourceVersion should not be set on objects to be created");
  }
  return insert(context, table, received(table, input));
}

function checkVersion(table: Table, { name, resourceVersion }: ObjectMeta, old: Stored): void {
  if (!resourceVersion && !table.traits.unconditionalUpdate) {
    throw invalid(table.resource, name, [
      "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
    ]);
  }
  if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(table.resource, name, staleCause);
  }
}

/** The second half of update and patch: `input` is the whole object wanted, `old` the one it replaces. */
function replace(context: Context, table: Table, input: Mutable, old: Stored, subresource: Subresource): Stored {
  const isStatus = subresource === "status";
  if (isStatus && !table.traits.status) throw noSuchSubresource();
  checkVersion(table, input.metadata, old);
  const object: Mutable = isStatus ? { ...old, metadata: { ...old.metadata } } : input;
  if (table.traits.status) {
    const status = isStatus ? input["status"] : old["status"];
    if (status === undefined) delete object["status"];
    else object["status"] = status;
  }
  keepSystemFields(table, object, old);
  accept(context, table, object, old);
  // The deletion that was waiting for the last finalizer happens instead of the write: the last state keeps the finalizer.
  if (object.metadata.deletionTimestamp && !object.metadata.finalizers?.length) {
    context.store.commit(table, "DELETED", old);
    return object;
  }
  object.metadata.resourceVersion = old.metadata.resourceVersion ?? "";
  return equalJson(object, old) ? old : context.store.commit(table, "MODIFIED", object);
}

function update(context: Context, table: Table, input: KubeObject, subresource: Subresource): Stored {
  const object = received(table, input);
  const { uid, name } = object.metadata;
  const found = table.objects.get(keyOf(object.metadata));
  const isInsert = found === undefined && table.traits.createOnUpdate === true;
  if (uid && (found !== undefined || isInsert) && uid !== found?.metadata.uid) {
    const cause = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found?.metadata.uid ?? ""}`;
    throw conflict(table.resource, name, cause);
  }
  if (isInsert) return insert(context, table, object);
  return replace(context, table, object, current(table, object.metadata), subresource);
}

function patch(context: Context, table: Table, ref: ObjectRef, change: object, subresource: Subresource): Stored {
  const old = current(table, ref);
  const object = mergePatch(old, change) as Mutable;
  for (const field of ["name", "namespace"] as const) {
    if (object.metadata[field] === old.metadata[field]) continue;
    throw badRequest(`the ${field} of the object does not match the ${field} on the URL`);
  }
  return replace(context, table, object, old, subresource);
}

function checkPreconditions(table: Table, wanted: Preconditions, { metadata }: Stored): void {
  for (const field of ["uid", "resourceVersion"] as const) {
    if (wanted[field] === undefined || wanted[field] === metadata[field]) continue;
    const cause = `Precondition failed: ${field} in precondition: ${wanted[field]}, in object meta: ${metadata[field]}`;
    throw conflict(table.resource, metadata.name, cause);
  }
}

function remove({ store, clock }: Context, table: Table, ref: ObjectRef, options: DeleteOptions): void {
  const old = current(table, ref);
  checkPreconditions(table, options.preconditions ?? {}, old);
  const policy = options.propagationPolicy ?? (table.traits.orphanByDefault ? "Orphan" : undefined);
  const finalizers = finalizersFor(policy, old.metadata.finalizers ?? []);
  if (finalizers.length === 0) {
    store.commit(table, "DELETED", old);
    return;
  }
  const metadata: SystemMeta = { ...old.metadata, finalizers };
  if (metadata.deletionTimestamp === undefined) {
    metadata.deletionTimestamp = toTimestamp(clock.now());
    metadata.deletionGracePeriodSeconds = 0;
    if (metadata.generation !== undefined) metadata.generation += 1;
  }
  const object = { ...old, metadata };
  if (!equalJson(object, old)) store.commit(table, "MODIFIED", object);
}

/** Returns the writes on a store. */
export function createWrites(context: Context): Writes {
  return {
    create: (table, input) => create(context, table, input),
    update: (table, input, subresource) => update(context, table, input, subresource),
    patch: (table, ref, change, subresource) => patch(context, table, ref, change, subresource),
    delete: (table, ref, options) => remove(context, table, ref, options),
  };
}
