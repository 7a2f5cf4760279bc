/**
 * The definitions in crds/, put into a real cluster.
 * @module
 */

import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import {
  customResourceDefinitions,
  spiderEndpoints,
  spiderIPPools,
  spiderReservedIPs,
  spiderSubnets,
} from "../../src/api/resources.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import { type Cluster, hasCode, type KubeObject, type Resource } from "../../src/cluster/cluster.ts";

export type Definition = KubeObject & {
  spec: { group: string; names: object; versions: { schema: object }[] };
};

/** The four kinds of ours. */
export const ours: readonly Resource[] = [spiderIPPools, spiderSubnets, spiderEndpoints, spiderReservedIPs];

/** Reads a kind's definition. */
export function definitionOf({ kind }: Resource): Definition {
  const path = new URL(`../../crds/${kind.toLowerCase()}.yaml`, import.meta.url);
  return load(readFileSync(path, "utf8")) as Definition;
}

/** Creates or replaces a definition and waits until the server serves it. */
export async function define(cluster: Cluster, definition: Definition, kind: string): Promise<void> {
  const { name } = definition.metadata;
  const current = await cluster.get(customResourceDefinitions, { name }).catch((error: unknown) => {
    if (!hasCode(error, 404)) throw error;
  });
  if (current === undefined) await cluster.create(customResourceDefinitions, definition);
  else await cluster.patch(customResourceDefinitions, { name }, definition);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (await cluster.resolve(`${definition.spec.group}/v2beta1`, kind)) return;
    await sleep(systemClock, 50);
  }
  throw new Error(`Cannot use ${kind}: the API server does not serve it 5 s after its definition`);
}

/** A changed definition takes effect a moment after its write is answered. The same value twice would be no change. */
export async function untilRefused(attempt: (count: number) => Promise<unknown>): Promise<void> {
  for (let count = 0; count < 500; count += 1) {
    try {
      await attempt(count);
    } catch (error) {
      if (hasCode(error, 422)) return;
      throw error;
    }
  }
  throw new Error("Cannot test the rules: the API server does not enforce them");
}
