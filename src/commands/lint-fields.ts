/**
 * The fields that the definitions know. `kubectl apply` refuses others, and a misspelt one is otherwise silently dropped.
 *
 * A test holds the lists against crds/.
 * @module
 */

import type { RuledKind } from "../admission/rules/rule-table.ts";

const shared = ["ipVersion", "subnet", "ips", "excludeIPs", "gateway", "routes"];

/** The fields of each kind's `spec`. */
export const SPEC_FIELDS: Readonly<Record<RuledKind, readonly string[]>> = {
  SpiderSubnet: shared,
  SpiderIPPool: [
    ...shared,
    "podAffinity",
    "namespaceAffinity",
    "namespaceName",
    "nodeAffinity",
    "nodeName",
    "multusName",
    "default",
    "disable",
  ],
  SpiderReservedIP: ["ipVersion", "ips"],
};

const TOP_FIELDS = ["apiVersion", "kind", "metadata", "spec", "status"];

/** Returns a sentence for each field that nobody knows, with the one that was probably meant. */
export function unknownFields(kind: RuledKind, object: object): { readonly field: string; readonly detail: string }[] {
  const { spec } = object as { spec?: unknown };
  const inSpec = typeof spec === "object" && spec !== null ? Object.keys(spec) : [];
  return [
    ...unknown(Object.keys(object), TOP_FIELDS, ""),
    ...unknown(inSpec, SPEC_FIELDS[kind], "spec.").map(({ field, detail }) => ({
      field,
      detail: field === "spec.vlan" ? "it is no longer a field of this kind; leave it out" : detail,
    })),
  ];
}

function unknown(names: readonly string[], known: readonly string[], prefix: string) {
  return names
    .filter((name) => !known.includes(name))
    .map((name) => {
      const meant = known.find((candidate) => plainly(candidate) === plainly(name));
      const detail = meant
        ? `there is no such field; write ${prefix}${meant}`
        : `there is no such field; ${among(known, prefix)}`;
      return { field: `${prefix}${name}`, detail };
    });
}

function among(known: readonly string[], prefix: string): string {
  return `${prefix === "" ? "an object" : "the spec"} has ${known.join(", ")}`;
}

/** What is left of a name whose case, plural or hyphens are a matter of taste. */
function plainly(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, "").replace(/s$/, "");
}
