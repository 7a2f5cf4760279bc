/**
 * The names of auto pools (spec §4.1, DESIGN §4): the reference's form first, longer suffixes where that name is taken.
 *
 * The reference's name has neither namespace nor subnet in it, only five characters of the application's UID, so that two
 * applications can meet. A name is a function of its arguments alone: after a restart the same attempt gives the same name.
 * @module
 */

import { createHash } from "node:crypto";
import type { Family } from "../address/address.ts";
import type { Application } from "./application.ts";

/** Longest object name: a DNS-1123 subdomain. */
const NAME_LENGTH_MAX = 253;

/** What a pool's name is made from. */
export interface PoolNameParts {
  readonly family: Family;
  readonly application: Pick<Application, "namespace" | "kind" | "name" | "uid">;
  /** NIC name as in the annotation. */
  readonly interface: string;
  /** How many names were found taken by others: 0 gives the reference's name. */
  readonly attempt: number;
}

/**
 * Returns the name `auto{4|6}-{application}-{interface}-{suffix}`, a valid object name of at most 253 characters.
 *
 * @example
 * With the UID `2f78ccdd-398e-49e6-a85b-40371db6fdbd`, `MyApp` and `Eth0`: attempt 0 gives `auto4-myapp-eth0-40371`, attempt 1
 * `auto4-myapp-eth0-40371db6fdbd`, every further one appends a hash of its own.
 */
export function poolName(parts: PoolNameParts): string {
  const head = `auto${parts.family}-`;
  const tail = `-${sanitise(parts.interface)}-${suffix(parts)}`;
  const application = sanitise(parts.application.name).slice(0, NAME_LENGTH_MAX - head.length - tail.length);
  // A dot beside a dash or another dot, which a cut or an interface name may bring, is not valid either.
  return `${head}${application.replace(/[.-]+$/, "")}${tail}`.replace(/\.(?=[.-])|(?<=[.-])\./g, "-");
}

/**
 * Returns the interface that a pool was made for: the labelled one, unless the pool's name, which nobody can edit, has another.
 * `undefined` where neither says it.
 */
export function interfaceInName(
  name: string,
  application: Pick<Application, "name">,
  labelled: string | undefined,
): string | undefined {
  const head = `auto4-${sanitise(application.name)}-`;
  const [, nic] = /^(.+?)-[a-z0-9]{1,12}(?:-[a-f0-9]{10})?$/.exec(name.slice(head.length)) ?? [];
  // A name that was cut, or is not one of ours, says nothing.
  if (nic === undefined || name.slice(5, head.length) !== head.slice(5)) return labelled;
  return labelled !== undefined && sanitise(labelled) === nic ? labelled : nic;
}

/** The last group of the UID: five characters of it, then all of it, then all of it with a hash. */
function suffix({ family, application, interface: nic, attempt }: PoolNameParts): string {
  const lastGroup = sanitise(application.uid.slice(application.uid.lastIndexOf("-") + 1));
  if (attempt === 0) return lastGroup.slice(0, 5);
  if (attempt === 1) return lastGroup;
  const { namespace, kind, name } = application;
  const seed = JSON.stringify([namespace, kind, name, nic, family, attempt]);
  return `${lastGroup}-${createHash("sha256").update(seed).digest("hex").slice(0, 10)}`;
}

/** Interface names may hold `_`, `@` or capitals, which no object name does. */
function sanitise(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9.-]/g, "-");
}
