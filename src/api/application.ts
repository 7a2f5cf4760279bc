/**
 * How a pool and a subnet's record name the application that a pool belongs to (spec §1.5.3, §2.2).
 *
 * There is no owner reference from a pool to its application: these texts are the link, so they must survive names of
 * every length. A label value holds 63 characters; the full name of a longer one stands in `podAffinity`.
 * @module
 */

import { createHash } from "node:crypto";
import { apiVersionOf } from "../cluster/cluster.ts";
import type { LabelSelector, SpiderIPPool } from "./ippool.ts";
import { AFFINITY, LABEL } from "./names.ts";

/** The top-most controller that a pool or a pod belongs to. */
export interface Application {
  /** `group/version`, or only the version for the core group. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Longest label value that Kubernetes takes. */
const LABEL_LENGTH_MAX = 63;
/** Hex digits of the hash in a shortened label value: 40 bits, within one namespace, kind and 52 equal first characters. */
const HASH_LENGTH = 10;

/** Returns the group of an apiVersion; "" for the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

/** Returns the version of an apiVersion. */
export function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf("/") + 1);
}

/** Returns the record form `group_version_Kind_namespace_name`; four parts for the core group. */
export function applicationText(application: Omit<Application, "uid">): string {
  const { apiVersion, kind, namespace, name } = application;
  return `${gvLabel(apiVersion)}_${kind}_${namespace}_${name}`;
}

/** Parses the record form; `undefined` where it has not exactly four or five parts, or an empty one. */
export function parseApplicationText(text: string): Omit<Application, "uid"> | undefined {
  const parts = text.split("_");
  const [name, namespace, kind] = parts.toReversed();
  if (parts.length < 4 || parts.length > 5 || parts.includes("") || !name || !namespace || !kind) return undefined;
  return { apiVersion: parts.slice(0, -3).join("/"), kind, namespace, name };
}

/** Returns the label form of an apiVersion: `apps/v1` → `apps_v1`. */
export function gvLabel(apiVersion: string): string {
  return apiVersion.replace("/", "_");
}

/** Parses the label form of an apiVersion; `undefined` where it has not one or two parts. */
export function parseGvLabel(label: string): string | undefined {
  const parts = label.split("_");
  return parts.length > 2 || parts.includes("") ? undefined : parts.join("/");
}

/**
 * Returns the label value that stands for a name: itself up to 63 characters, else its beginning and a hash of all of it.
 *
 * The same name gives the same value always, so a selector with it finds the pool again.
 */
export function nameLabel(name: string): string {
  if (name.length <= LABEL_LENGTH_MAX) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, HASH_LENGTH);
  return `${name.slice(0, LABEL_LENGTH_MAX - HASH_LENGTH - 1)}-${hash}`;
}

/** Returns an auto pool's `podAffinity`: five synthetic keys with the full name, which only their application matches. */
export function podAffinityFor(application: Omit<Application, "uid">): LabelSelector {
  return {
    matchLabels: {
      [AFFINITY.group]: groupOf(application.apiVersion),
      [AFFINITY.version]: versionOf(application.apiVersion),
      [AFFINITY.kind]: application.kind,
      [AFFINITY.namespace]: application.namespace,
      [AFFINITY.name]: application.name,
    },
  };
}

/**
 * Returns the application that an auto pool says it belongs to, from its labels; `undefined` where they do not say.
 *
 * A name that does not fit into the label is read from `podAffinity`. It is believed only if it gives the label's value, since
 * users may edit either.
 */
export function applicationOfPool(pool: SpiderIPPool): Application | undefined {
  const labels = pool.metadata.labels ?? {};
  const apiVersion = parseGvLabel(labels[LABEL.applicationGv] ?? "");
  const kind = labels[LABEL.applicationKind];
  const namespace = labels[LABEL.applicationNamespace];
  const label = labels[LABEL.applicationName];
  const uid = labels[LABEL.applicationUid];
  if (!apiVersion || !kind || !namespace || !label || !uid) return undefined;
  const fullName = pool.spec.podAffinity?.matchLabels?.[AFFINITY.name];
  const name = fullName !== undefined && nameLabel(fullName) === label ? fullName : label;
  return { apiVersion, kind, namespace, name, uid };
}

/** Returns the application that an auto pool's `podAffinity` names, without UID; `undefined` where it is not complete. */
export function applicationOfAffinity(pool: SpiderIPPool): Omit<Application, "uid"> | undefined {
  const keys = pool.spec.podAffinity?.matchLabels ?? {};
  const [group, version, kind] = [keys[AFFINITY.group], keys[AFFINITY.version], keys[AFFINITY.kind]];
  const [namespace, name] = [keys[AFFINITY.namespace], keys[AFFINITY.name]];
  if (group === undefined || !version || !kind || !namespace || !name) return undefined;
  return { apiVersion: apiVersionOf({ group, version }), kind, namespace, name };
}
