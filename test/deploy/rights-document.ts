/**
 * The tables of rights in `docs/rbac.md`, made from deploy/base/rbac.yaml.
 * @module
 */

import { type Account, type Grant, grants } from "../support/granted-rights.ts";

export const DOCUMENT = "docs/rbac.md";

const accounts: readonly Account[] = ["autopool", "autopool-agent"];

/**
 * Returns the document with the tables as the manifests have them.
 * @throws {RangeError} If the document has no place for one.
 */
export function withRights(document: string): string {
  return accounts.reduce((text, account) => {
    const [begin, end] = [`<!-- rights of ${account}: `, `<!-- end of rights of ${account} -->`];
    const from = text.indexOf("\n", text.indexOf(begin));
    const to = text.indexOf(end);
    if (!text.includes(begin) || to < from) {
      throw new RangeError(`Cannot write the rights into ${DOCUMENT}: the marks of ${account} are missing`);
    }
    return `${text.slice(0, from)}\n\n${table(account)}\n\n${text.slice(to)}`;
  }, document);
}

function table(account: Account): string {
  const rows = grants().filter((grant) => grant.account === account);
  return ["| what | verbs | where | what for |", "|---|---|---|---|", ...rows.map(row)].join("\n");
}

function row({ rule, namespace, role, reason }: Grant): string {
  const { apiGroups, resources, verbs, resourceNames } = rule;
  const kinds = apiGroups.flatMap((group) => resources.map((resource) => `\`${named(group, resource)}\``));
  const names = resourceNames ? ` named ${resourceNames.map((name) => `\`${name}\``).join(", ")}` : "";
  const place = namespace === undefined ? "cluster" : "own namespace";
  const where = role.startsWith("autopool-owners-") ? `${place}, by \`${role}\`` : place;
  return `| ${kinds.join(", ")}${names} | ${verbs.join(", ")} | ${where} | ${reason} |`;
}

function named(group: string, resource: string): string {
  const [plural, ...subresource] = resource.split("/");
  return [group === "" ? plural : `${plural}.${group}`, ...subresource].join("/");
}
