/**
 * Pools in tables: the one that `kubectl get sp` prints, and one with what that does not show.
 * @module
 */

import type { SpiderIPPool } from "../api/ippool.ts";
import { AFFINITY } from "../api/names.ts";
import { type Cell, tableLines } from "./table.ts";

/** The columns of `crds/spiderippool.yaml` that show without `-o wide`. */
const columns: Readonly<Record<string, (pool: SpiderIPPool) => Cell>> = {
  NAME: ({ metadata }) => metadata.name,
  VERSION: ({ spec }) => spec.ipVersion,
  SUBNET: ({ spec }) => spec.subnet,
  "ALLOCATED-IP-COUNT": ({ status }) => status?.allocatedIPCount,
  "TOTAL-IP-COUNT": ({ status }) => status?.totalIPCount,
  DEFAULT: ({ spec }) => spec.default,
  DISABLE: ({ spec }) => spec.disable,
  "APP-NAMESPACE": ({ spec }) => spec.podAffinity?.matchLabels?.[AFFINITY.namespace],
};

/** Returns what `kubectl get sp` prints, line by line. */
export function poolTable(pools: readonly SpiderIPPool[]): string[] {
  if (pools.length === 0) return ["No resources found"];
  const cells = Object.values(columns);
  return tableLines(
    Object.keys(columns),
    pools.map((pool) => cells.map((cell) => cell(pool))),
  );
}

/** A pool and where its machine is. */
export interface PoolLife {
  readonly pool: string;
  /** States of the machine, the present one last; more than one where it has moved. */
  readonly states: readonly string[];
  /** The pool's `spec.ips`; none where it is gone. */
  readonly ips: readonly string[];
}

/** Returns a table of the pools' states and addresses, in the order of the pools' names. */
export function lifeTable(lives: readonly PoolLife[]): string[] {
  const sorted = lives.toSorted((a, b) => (a.pool < b.pool ? -1 : 1));
  return tableLines(
    ["POOL", "STATE", "ADDRESSES"],
    sorted.map(({ pool, states, ips }) => [pool, states.join(" → "), ips.join(", ") || "-"]),
  );
}
