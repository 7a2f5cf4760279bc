/**
 * Holds the memory adapter to the promises of the port, on a clock that runs as fast as it can.
 * @module
 */
import { createMemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { conformance } from "./conformance.ts";
import { tried } from "./fixtures.ts";

conformance("memory", async () => {
  const clock = createVirtualClock();
  const server = createMemoryCluster({ clock, resources: tried });
  let isRunning = true;
  const drive = async (): Promise<void> => {
    while (isRunning) await clock.advance(10);
  };
  const driving = drive();
  const cluster = server.connect({ latencyMs: 4 });
  return {
    cluster,
    cleanup: async () => {
      await cluster.close();
      isRunning = false;
      await driving;
    },
  };
});
