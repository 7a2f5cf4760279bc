/**
 * Texts with names in them, with other names in them: keys, annotations, ledgers, records of addresses in use.
 *
 * What can be read is read and written again; what cannot stays unreadable, in the literal sense too. Pure.
 * @module
 */

import { type Allocation, formatAllocatedIPs, parseAllocatedIPs } from "../api/allocated-ips.ts";
import { applicationText, parseApplicationText } from "../api/application.ts";
import { formatControlledPools, parseControlledPools } from "../api/controlled-pools.ts";
import { ANNOTATION } from "../api/names.ts";
import { masked } from "./masking.ts";
import type { Names } from "./renaming.ts";

/** `namespace/kind.group/name`. */
export function applicationKey(key: string, names: Names): string {
  const [namespace = "", kind = "", name = ""] = key.split("/");
  return `${names.name("namespace", namespace)}/${kind}/${names.name("app", name)}`;
}

/** Key of a machine, see docs/lifecycle.md. */
export function lifeKey(key: string, names: Names): string {
  const [, application = "", nic, family, subnet = "", pool] =
    /^(.*)\/([^/]+)\/([46])@([^#]*)(?:#(.*))?$/.exec(key) ?? [];
  const end = pool === undefined ? "" : `#${names.name("pool", pool)}`;
  return `${applicationKey(application, names)}/${nic}/${family}@${names.name("subnet", subnet)}${end}`;
}

/** Elements of `ips`. */
export function rangeTexts(ips: readonly string[] | null | undefined, names: Names): string[] | null | undefined {
  return ips?.map((range) =>
    range
      .split("-")
      .map((address) => names.address(address))
      .join("-"),
  );
}

/** `status.allocatedIPs`. */
export function allocatedText(text: string, names: Names): string {
  try {
    const moved = [...parseAllocatedIPs(text)].map(([address, { pod, podUid }]): [string, Allocation] => {
      const [namespace = "", name = ""] = pod.split("/");
      const holder = `${names.name("namespace", namespace)}/${names.name("pod", name)}`;
      return [names.address(address), { pod: holder, podUid: names.name("uid", podUid) }];
    });
    return formatAllocatedIPs(new Map(moved)) ?? "{}";
  } catch {
    return masked(text);
  }
}

/** `status.controlledIPPools`. */
export function ledgerText(text: string, names: Names): string {
  try {
    const records = [...parseControlledPools(text)].map(([pool, { ips, application, ...rest }]) => {
      const whose = application === undefined ? undefined : parseApplicationText(application);
      const named = whose && {
        ...whose,
        namespace: names.name("namespace", whose.namespace),
        name: names.name("app", whose.name),
      };
      const owner = named ? applicationText(named) : masked(application ?? "");
      return [
        names.name("pool", pool),
        { ips: rangeTexts(ips, names) ?? [], ...(application !== undefined && { application: owner }), ...rest },
      ] as const;
    });
    return formatControlledPools(new Map(records)) ?? "{}";
  } catch {
    return masked(text);
  }
}

/** Annotations of a pod template or pod; those that no decision depends on are left out. */
export function annotations(given: Readonly<Record<string, string>>, names: Names): Record<string, string> {
  const redacted: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (name === ANNOTATION.subnet || name === ANNOTATION.subnets) redacted[name] = wishText(value, names);
    if (name === ANNOTATION.ipNumber) redacted[name] = /^\+?\d+$/.test(value) ? value : masked(value);
    if (name === ANNOTATION.reclaim)
      redacted[name] = /^(?:[tTfF01]|true|True|TRUE|false|False|FALSE)$/.test(value) ? value : masked(value);
  }
  return redacted;
}

function wishText(text: string, names: Names): string {
  try {
    return JSON.stringify(wish(JSON.parse(text), undefined, names));
  } catch {
    return masked(text);
  }
}

/** @param under the member that it stands under */
function wish(value: unknown, under: string | undefined, names: Names): unknown {
  if (typeof value === "string") {
    if (under === "interface") return value;
    const isSubnet = (under === "ipv4" || under === "ipv6") && /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(value);
    return isSubnet ? names.name("subnet", value) : masked(value);
  }
  if (Array.isArray(value)) return value.map((element) => wish(element, under, names));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => {
    const known = name.toLowerCase();
    const isKnown = known === "ipv4" || known === "ipv6" || known === "interface";
    return [isKnown ? name : masked(name), wish(member, isKnown ? known : undefined, names)];
  });
  return Object.fromEntries(members);
}
