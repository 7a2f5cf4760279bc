/**
 * What deploy/base/rbac.yaml grants, rule by rule with the reason that stands above each, and whether a rule covers a call.
 * @module
 */

import { readFileSync } from "node:fs";
import { loadAll } from "js-yaml";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import type { Call } from "./recorded-calls.ts";

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export interface Role extends KubeObject {
  readonly kind: "Role" | "ClusterRole";
  readonly rules?: readonly PolicyRule[];
}

export type Account = "autopool" | "autopool-agent";

/** A rule, and where it stands. */
export interface Grant {
  readonly account: Account;
  readonly role: string;
  /** Present where it counts in this namespace only. */
  readonly namespace?: string;
  /** Place among the role's rules. */
  readonly index: number;
  readonly rule: PolicyRule;
  /** The comment above it. */
  readonly reason: string;
}

/** A single thing that is granted. */
export interface Right {
  readonly grant: Grant;
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  readonly name?: string;
}

const path = new URL("../../deploy/base/rbac.yaml", import.meta.url);

/** All objects of the file. */
export function rbacObjects(): KubeObject[] {
  return loadAll(readFileSync(path, "utf8")) as KubeObject[];
}

/** All rules of the file, in its order. */
export function grants(): Grant[] {
  const reasons = readReasons(readFileSync(path, "utf8"));
  let count = 0;
  return rbacObjects()
    .filter((object): object is Role => /Role$/.test(object.kind ?? ""))
    .flatMap(({ metadata, rules = [] }) =>
      rules.map((rule, index) => ({
        account: metadata.labels?.["app.kubernetes.io/component"] === "agent" ? "autopool-agent" : "autopool",
        role: metadata.name,
        ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
        index,
        rule,
        reason: reasons[count++] ?? "",
      })),
    );
}

/** A rule without a comment of its own shares the one before it. */
function readReasons(text: string): string[] {
  const reasons: string[] = [];
  let comment: string[] = [];
  for (const line of text.split("\n")) {
    const said = /^ {2}# (.*)$/.exec(line)?.[1];
    if (said !== undefined) comment.push(said);
    else if (line.startsWith("  - apiGroups:")) {
      reasons.push(comment.length > 0 ? comment.join(" ") : (reasons.at(-1) ?? ""));
      comment = [];
    } else if (/^\S/.test(line)) comment = [];
  }
  return reasons;
}

/** Everything that a rule grants, one by one. */
export function rightsOf(grant: Grant): Right[] {
  const { apiGroups, resources, verbs, resourceNames = [undefined] } = grant.rule;
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        resourceNames.map((name) => ({ grant, group, resource, verb, ...(name !== undefined && { name }) })),
      ),
    ),
  );
}

/** Tells whether a right covers a call, as the API server decides it. */
export function covers({ grant, group, resource, verb, name }: Right, call: Call): boolean {
  return (
    group === call.group &&
    resource === call.resource &&
    verb === call.verb &&
    (name === undefined || name === call.name) &&
    (grant.namespace === undefined || grant.namespace === call.namespace)
  );
}
