/**
 * What a case of the rules is, and the objects that cases are made of.
 *
 * The same tables are run against the rules themselves and through a real API server. There, objects get names of their own by
 * `renamed`; one case is over before the next one begins, so all may use the same addresses.
 * @module
 */

import type { SpiderIPPool, SpiderIPPoolSpec } from "../../../src/api/ippool.ts";
import { AFFINITY, API_VERSION, FINALIZER, LABEL } from "../../../src/api/names.ts";
import type { SpiderReservedIP, SpiderReservedIPSpec } from "../../../src/api/reserved-ip.ts";
import type { SpiderSubnet, SpiderSubnetSpec } from "../../../src/api/subnet.ts";
import type { KubeObject, ObjectMeta } from "../../../src/cluster/cluster.ts";

/** How a request must end. */
export type Expected =
  | "accepted"
  /** Accepted, and these members of the object as the defaults leave it. */
  | { readonly defaulted: object }
  /** Refused: HTTP code, the fields (all of them, and no other), and what the message says. */
  | { readonly code: 403 | 422; readonly field?: string | readonly string[]; readonly text?: RegExp };

export interface RuleCase<T extends KubeObject> {
  readonly title: string;
  /** Settings of autopool other than the defaults: both families, subnets, no protection from deletion. */
  readonly settings?: {
    readonly families?: readonly (4 | 6)[];
    readonly enableSubnet?: boolean;
    readonly validateDelete?: boolean;
  };
  /** Other objects; status included. */
  readonly given?: { readonly pools?: readonly SpiderIPPool[]; readonly subnets?: readonly SpiderSubnet[] };
  /** What stands there; being deleted where it has a `deletionTimestamp`. Absent: the object is new. */
  readonly old?: T;
  /** What somebody writes; absent where it is deleted. */
  readonly object?: T;
  readonly delete?: true;
  readonly expect: Expected;
  /** The definition refuses it with no webhook running as well; its field where that is another one. */
  readonly byCel?: true | { readonly field: string };
  /** Why a real API server cannot be brought there. */
  readonly notReal?: string;
}

export const AT = "2026-01-01T00:00:00Z";

export function subnet(name: string, spec: SpiderSubnetSpec, status?: SpiderSubnet["status"]): SpiderSubnet {
  return { apiVersion: API_VERSION, kind: "SpiderSubnet", metadata: { name }, spec, ...(status && { status }) };
}

export function pool(name: string, spec: SpiderIPPoolSpec, status?: SpiderIPPool["status"]): SpiderIPPool {
  return { apiVersion: API_VERSION, kind: "SpiderIPPool", metadata: { name }, spec, ...(status && { status }) };
}

export function reserved(name: string, spec: SpiderReservedIPSpec): SpiderReservedIP {
  return { apiVersion: API_VERSION, kind: "SpiderReservedIP", metadata: { name }, spec };
}

/** Returns the object with more metadata. */
export function having<T extends KubeObject>(object: T, metadata: Partial<ObjectMeta>): T {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

/** Returns the object as it is while it is being deleted. */
export function terminating<T extends KubeObject>(object: T): T {
  return having(object, { deletionTimestamp: AT, finalizers: [FINALIZER] });
}

/** Returns a pool as an automatic one of the application `app`. */
export function auto(name: string, spec: SpiderIPPoolSpec): SpiderIPPool {
  const made = pool(name, { podAffinity: { matchLabels: appLabels }, ...spec });
  return having(made, { labels: { [LABEL.applicationName]: "app" } });
}

/** The five keys that name the application `app`. */
export const appLabels: Readonly<Record<string, string>> = {
  [AFFINITY.group]: "apps",
  [AFFINITY.version]: "v1",
  [AFFINITY.kind]: "Deployment",
  [AFFINITY.namespace]: "default",
  [AFFINITY.name]: "app",
};

/** The ledger text of a subnet, one record a pool. */
export function ledger(records: Record<string, readonly string[] | null>, application?: string): string {
  const entries = Object.entries(records).map(([name, ips]) => [name, { ips, ...(application && { application }) }]);
  return JSON.stringify(Object.fromEntries(entries));
}

/** Returns the case with every object's name after `prefix-`, in the ledgers and owner references too. */
export function renamed<T extends KubeObject>(rule: RuleCase<T>, prefix: string): RuleCase<T> {
  const name = <O extends KubeObject>(object: O): O => {
    const { ownerReferences } = object.metadata;
    const metadata: ObjectMeta = { ...object.metadata, name: `${prefix}-${object.metadata.name}` };
    if (ownerReferences)
      metadata.ownerReferences = ownerReferences.map((owner) => ({ ...owner, name: `${prefix}-${owner.name}` }));
    return { ...object, metadata, ...renamedStatus(object, prefix) };
  };
  return {
    ...rule,
    ...(rule.given && {
      given: { pools: (rule.given.pools ?? []).map(name), subnets: (rule.given.subnets ?? []).map(name) },
    }),
    ...(rule.old && { old: name(rule.old) }),
    ...(rule.object && { object: name(rule.object) }),
  };
}

function renamedStatus(object: KubeObject, prefix: string): object {
  const { status } = object as { status?: SpiderSubnet["status"] };
  if (typeof status?.controlledIPPools !== "string") return {};
  let records: object;
  try {
    records = JSON.parse(status.controlledIPPools);
  } catch {
    return {};
  }
  const entries = Object.entries(records).map(([name, record]) => [`${prefix}-${name}`, record]);
  return { status: { ...status, controlledIPPools: JSON.stringify(Object.fromEntries(entries)) } };
}
