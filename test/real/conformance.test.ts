/**
 * Holds the kubernetes adapter to the promises of the port, on a real API server.
 * @module
 */
import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { customResourceDefinitions } from "../../src/api/resources.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import { type Cluster, hasCode, type KubeObject } from "../../src/cluster/cluster.ts";
import { conformance } from "../cluster-port/conformance.ts";
import { realCluster } from "../support/real.ts";

const definition = new URL("../../crds/spiderippool.yaml", import.meta.url);

/** Creates SpiderIPPool's definition unless it is there, and waits until its objects are served. */
async function definePools(cluster: Cluster): Promise<void> {
  const object = load(readFileSync(definition, "utf8")) as KubeObject;
  await cluster.create(customResourceDefinitions, object).catch((error: unknown) => {
    if (!hasCode(error, 409)) throw error;
  });
  for (let attempt = 0; attempt < 100; attempt += 1) {
    // A definition takes effect some moments after it was stored.
    if (await cluster.resolve("spiderpool.spidernet.io/v2beta1", "SpiderIPPool")) return;
    await sleep(systemClock, 100);
  }
  throw new Error("Cannot use SpiderIPPool: the API server does not serve it 10 s after its definition");
}

conformance("kubernetes", async () => {
  const cluster = await realCluster();
  await definePools(cluster);
  return { cluster, cleanup: () => cluster.close() };
});
