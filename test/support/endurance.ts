/**
 * What an operator lives through in months, in seconds: applications that come and go by the ten thousand, watches that break off.
 *
 * Nothing is asserted here: who plays looks at memory and file descriptors in between.
 * @module
 */

import { readdirSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as api from "../../src/api/resources.ts";
import { deployments, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import { nextTurn, systemClock } from "../../src/clock.ts";
import { connect } from "../../src/cluster/kubernetes/connect.ts";
import { createMemoryCluster } from "../../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { startReflector } from "../../src/cluster/reflector.ts";
import { silentLog } from "../../src/log.ts";
import { Operator } from "../../src/operator.ts";
import { seededRandom } from "../../src/random.ts";
import { defaultSettings } from "../../src/settings.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { annotationsOf, createWorkload, NAMESPACE, subnet } from "./scenario.ts";

/** What a process holds, in MiB and in number. */
export interface Holding {
  readonly heap: number;
  readonly resident: number;
  readonly descriptors: number;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Returns what this process holds when all that nobody holds is gone. */
export async function held(): Promise<Holding> {
  for (let i = 0; i < 3; i++) {
    await nextTurn();
    collectGarbage();
  }
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed / 2 ** 20, resident: rss / 2 ** 20, descriptors: readdirSync("/proc/self/fd").length };
}

const atOnce = 50;

/** Makes an operator on a memory cluster; `live` lets so many applications come and go, and says how many pools there were, and are left. */
export function livesOf(latencyMs: number): {
  live(count: number): Promise<{ made: number; left: number }>;
  end(): Promise<void>;
} {
  const clock = createVirtualClock();
  const random = seededRandom(1);
  const resources = [...Object.values(api), cloneSets];
  const server = createMemoryCluster({ clock, resources, random: seededRandom(2), historyLimit: 200 });
  const user = server.connect();
  const cluster = server.connect({ latencyMs });
  const operator = new Operator({ cluster, clock, random, settings: defaultSettings, log: silentLog });
  const wish = annotationsOf({ nics: [{ interface: "eth0", ipv4: "s4" }], number: "2" });
  let isBegun = false;
  let number = 0;
  return {
    async live(count) {
      if (!isBegun) {
        isBegun = true;
        await user.create(spiderSubnets, subnet("s4", "10.4.0.0/16", ["10.4.0.1-10.4.255.254"]));
        operator.start().catch(() => undefined);
        await clock.advance(200 * latencyMs + 10_000);
      }
      let made = 0;
      for (let left = count; left > 0; left -= atOnce) {
        const names = Array.from({ length: Math.min(atOnce, left) }, () => `app-${++number}`);
        for (const name of names) await createWorkload(user, deployments, name, 1, wish);
        await clock.advance(60 * latencyMs + 2_000);
        made += server.objects(spiderIPPools).length;
        for (const name of names) await user.delete(deployments, { namespace: NAMESPACE, name });
        await clock.advance(60 * latencyMs + 2_000);
      }
      return { made, left: server.objects(spiderIPPools).length };
    },
    async end() {
      await operator.stop();
      await cluster.close();
      await user.close();
    },
  };
}

/** Makes a server whose watches tell one thing and end, a reflector on it, and `reconnect`, which waits for so many watches more. */
export async function watchesOf(kubeconfigOf: (port: number) => string): Promise<{
  reconnect(count: number): Promise<void>;
  end(): Promise<void>;
}> {
  let [watches, wanted] = [0, 0];
  let onEnough: () => void = () => {};
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { "content-type": "application/json" });
    if (!request.url?.includes("watch=true")) {
      response.end(JSON.stringify({ metadata: { resourceVersion: "1" }, items: [] }));
      return;
    }
    watches += 1;
    const metadata = { name: `pool-${watches % 10}`, uid: `${watches}`, resourceVersion: `${watches + 1}` };
    response.write(`${JSON.stringify({ type: "ADDED", object: { metadata, spec: { subnet: "10.4.0.0/16" } } })}\n`);
    // Some connections break off in the middle.
    if (watches % 100 === 0) response.socket?.destroy();
    else response.end();
    if (watches >= wanted) onEnough();
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cluster = await connect({ kubeconfig: kubeconfigOf((server.address() as AddressInfo).port) });
  const reflector = startReflector({
    cluster,
    resource: spiderIPPools,
    clock: systemClock,
    random: () => 0,
    onEvent: () => {},
  });
  return {
    reconnect(count) {
      wanted = watches + count;
      return new Promise((resolve) => {
        onEnough = resolve;
      });
    },
    async end() {
      await reflector.stop();
      await cluster.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
