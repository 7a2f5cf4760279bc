/**
 * What manifests would come to if they were applied now, one after the other: pools with names, sizes and addresses, or what hinders them.
 *
 * A snapshot is changed as the API server and the operator would change the cluster, and asked by the operator's own functions. Pure.
 * @module
 */

import type { Book } from "../api/book.ts";
import { apiVersionOf, type KubeObject, type Resource } from "../cluster/cluster.ts";
import type { IpamSettings } from "../ipam/settings.ts";
import type { DemandSettings } from "../observe/demand.ts";
import { nativeKinds } from "../observe/workload.ts";
import { applicationLabel } from "./naming.ts";
import { planApplication } from "./plan-application.ts";
import { planRuled, ruledResource } from "./plan-ruled.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * `fits`: it gets all that it asks for. `short`: some of it is not to be had. `refused`: it would not be taken, or asks for what
 * cannot be. `idle`: it asks for nothing. `unknown`: that cannot be told beforehand.
 */
export type PlanVerdict = "fits" | "short" | "refused" | "idle" | "unknown";

/** One automatic pool that somebody would have. */
export interface PlannedPool {
  /** `xxxxx` stands for five characters of a UID that is not known yet. */
  readonly pool: string;
  readonly interface: string;
  readonly family: 4 | 6;
  readonly subnet: string;
  readonly action: "create" | "grow" | "shrink" | "keep" | "pinned" | "wait" | "give up";
  readonly before: number;
  readonly size: number;
  /** Ranges as in `spec.ips`; empty where it waits. */
  readonly ips: readonly string[];
  /** What hinders it. */
  readonly hindered?: string;
}

export interface PlannedObject {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly verdict: PlanVerdict;
  /** One sentence without a full stop. */
  readonly summary: string;
  readonly pools: readonly PlannedPool[];
  readonly helps: readonly string[];
}

export interface PlanOptions {
  readonly snapshot: Snapshot;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly demand: DemandSettings;
  readonly ipam: IpamSettings;
  /** Of objects that name none. */
  readonly namespace: string;
}

/** What the parts of a plan share. */
export interface PlanState extends PlanOptions {
  /** Ledgers as they would be, by subnet; the others are as they were read. */
  readonly books: Map<string, Book>;
  /** Addresses of manual pools that applications before have been promised, by pool. */
  readonly promised: Map<string, bigint>;
  /** Numbers the objects that have no UID yet. */
  count: number;
}

/** A plan that is made object by object. */
export class Planner {
  readonly #state: PlanState;

  constructor(options: PlanOptions) {
    this.#state = { ...options, books: new Map(), promised: new Map(), count: 0 };
  }

  /** Returns what becomes of an object that is applied after those before it. */
  plan(object: KubeObject): PlannedObject {
    const state = this.#state;
    state.count += 1;
    const ruled = ruledResource(object);
    if (ruled) return planRuled(state, ruled, object);
    const native = nativeKinds.find(({ resource }) => isOf(object, resource));
    if (native || (templateOf(object) && !nativeKinds.some(({ resource }) => resource.kind === object.kind)))
      return planApplication(state, native?.resource, inNamespace(object, state.namespace));
    const { kind = "object", apiVersion = "", metadata } = object;
    const alike = nativeKinds.find(({ resource }) => resource.kind === kind)?.resource;
    if (alike) {
      const mistake = `is of apiVersion "${apiVersion}"; every ${kind} is of "${apiVersionOf(alike)}"`;
      return { kind, name: metadata.name, verdict: "refused", summary: mistake, pools: [], helps: [] };
    }
    const summary = "has no pods of its own, so it asks for no address";
    return { kind, name: metadata.name, verdict: "idle", summary, pools: [], helps: [] };
  }
}

function isOf({ apiVersion, kind }: KubeObject, { group, version, kind: name }: Resource): boolean {
  return kind === name && apiVersion === apiVersionOf({ group, version });
}

/** The part of a controller's manifest that its pods are made from; of a pod itself. */
export function templateOf(object: KubeObject): { readonly metadata?: KubeObject["metadata"] } | undefined {
  if (object.kind === "Pod") return object;
  return (object as { spec?: { template?: { metadata?: KubeObject["metadata"] } } }).spec?.template;
}

function inNamespace(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace } };
}

/** Names an object that has no UID yet: what its pools' names get from it is told as `xxxxx`. */
export function placeholderUid(count: number): string {
  return `not-known-yet-${suffixOf(count)}`;
}

/** Returns a pool's name as it is told. */
export function toldName(name: string, count: number): string {
  return name.replace(new RegExp(`-${suffixOf(count)}(?=-|$)`), "-xxxxx");
}

function suffixOf(count: number): string {
  return count.toString(36).padStart(5, "0");
}

/** Returns an object's kind and name, as they are told. */
export function labelOf({ kind, namespace, name }: Pick<PlannedObject, "kind" | "namespace" | "name">): string {
  return namespace === undefined ? `${kind} ${name}` : applicationLabel({ kind, namespace, name });
}
