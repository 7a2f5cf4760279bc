/**
 * Several replicas of the admission webhook on the real API server, behind one address that gives each connection to the next of them,
 * as a Service does.
 *
 * Each has caches and a connection of its own, as in processes of their own. What they hold back can be switched off, to see what it
 * is for.
 * @module
 */

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createAdmitter } from "../../src/admission/admitter.ts";
import { Door } from "../../src/admission/hold.ts";
import { judgeByKind, kindRules } from "../../src/admission/kind-rules.ts";
import { LiveWorld } from "../../src/admission/live-world.ts";
import { createAdmissionMetrics } from "../../src/admission/metrics.ts";
import { listenForReviews, type WebhookServer } from "../../src/admission/webhook-server.ts";
import { systemClock as clock } from "../../src/clock.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { silentLog as log } from "../../src/log.ts";
import { systemRandom as random } from "../../src/random.ts";
import { freshNamespace, realCluster } from "./real.ts";
import { isCalled, observe } from "./running-webhook.ts";
import { throwawayCertificate } from "./throwaway-certificate.ts";
import { installWebhook } from "./webhook.ts";

export interface WebhookReplicas {
  /** Names of objects that they are asked about begin with it and a dash; also the namespace of the claims. */
  readonly name: string;
  readonly cluster: Cluster;
  /** Ends everything. */
  remove(): Promise<void>;
}

const ADDRESS = "127.0.0.1";

/** Starts replicas and resolves when the API server asks them. */
export async function startReplicas(count: number, { isHeld = true } = {}): Promise<WebhookReplicas> {
  const cluster = await realCluster();
  const { name, remove: removeNamespace } = await freshNamespace(cluster, "race");
  const endings: (() => unknown)[] = [() => cluster.close(), removeNamespace];
  const remove = async (): Promise<void> => {
    for (const end of endings.splice(0).reverse()) await end();
  };
  try {
    const tls = await throwawayCertificate();
    const ports: number[] = [];
    for (let i = 0; i < count; i += 1) {
      const replica = await startReplica(name, tls, isHeld);
      endings.push(() => replica.stop());
      ports.push(replica.port);
    }
    const balancer = await listen(ports);
    endings.push(() => balancer.close());
    const { port } = balancer.address() as AddressInfo;
    const webhook = await installWebhook(cluster, { port, ca: tls.cert, name });
    endings.push(() => webhook.remove());
    await isCalled(name, 4);
  } catch (error) {
    await remove();
    throw error;
  }
  return { name, cluster, remove };
}

async function startReplica(
  namespace: string,
  tls: { cert: string; key: string },
  isHeld: boolean,
): Promise<{ port: number; stop(): Promise<void> }> {
  const cluster = await realCluster();
  const observer = observe(cluster);
  const world = new LiveWorld(observer, { families: [4, 6], enableSubnet: true });
  const door = new Door({
    ...{ cluster, clock, random, namespace, world, judge: judgeByKind },
    learnSubnet: (subnet) => observer.learnSubnet(subnet),
    offerBook: (subnet, book) => observer.offerBook(subnet, book),
  });
  const admitter = createAdmitter({
    ...{ world, clock, log, rules: kindRules, validateDelete: false, metrics: createAdmissionMetrics() },
    hold: async (wanted, options) => (isHeld ? door.hold(wanted, options) : undefined),
    ready: observer.synced(),
  });
  await observer.synced();
  const server: WebhookServer = await listenForReviews({
    ...{ port: 0, host: ADDRESS, tls, admitter, clock, log },
    isHealthy: () => true,
  });
  return {
    port: server.port,
    async stop() {
      await server.close({ lingerMs: 0 });
      await observer.stop();
      await cluster.close();
    },
  };
}

/** Listens where each connection goes to the next of the ports. */
async function listen(ports: readonly number[]): Promise<Server> {
  let next = 0;
  const server = createServer((client: Socket) => {
    next += 1;
    const target = connect(ports[next % ports.length] as number, ADDRESS);
    for (const [from, to] of [[client, target] as const, [target, client] as const]) {
      from.pipe(to);
      from.on("error", () => to.destroy()).on("close", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, ADDRESS, resolve));
  return server;
}
