/**
 * The admission webhook in this process, against the real API server, which calls it for one test's objects.
 *
 * All of it is what `autopool run` has, but nobody acts on what it lets in: no operator runs.
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { API_VERSION } from "../../src/api/names.ts";
import { systemClock } from "../../src/clock.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { silentLog } from "../../src/log.ts";
import { Observer } from "../../src/observe/observer.ts";
import { systemRandom } from "../../src/random.ts";
import { Serving, type ServingOptions } from "../../src/serving.ts";
import { defaultSettings } from "../../src/settings.ts";
import { eventually } from "./eventually.ts";
import { kubectl } from "./kubectl.ts";
import { freshNamespace, realCluster } from "./real.ts";
import { define } from "./stage.ts";
import { type InstalledWebhook, installWebhook } from "./webhook.ts";

export interface RunningWebhook extends InstalledWebhook {
  readonly cluster: Cluster;
  readonly serving: Serving;
  /** What the webhook knows of the world. */
  readonly observer: Observer;
  /** Ends the server, as a crash would: the configurations stay, and call nobody. */
  kill(): Promise<void>;
}

/** Starts it and resolves when the API server calls it; `remove` ends everything. */
export async function startWebhook(options: Partial<ServingOptions["settings"]> = {}): Promise<RunningWebhook> {
  const cluster = await realCluster();
  await define(cluster);
  const namespace = await freshNamespace(cluster, "hook");
  const { name } = namespace;
  const observer = observe(cluster);
  const serving = new Serving({
    cluster,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    settings: {
      families: [4, 6],
      webhookPort: 0,
      metricsPort: 0,
      webhookHosts: ["127.0.0.1"],
      namespace: name,
      validateDelete: false,
      ...options,
    },
    caches: observer,
    host: "127.0.0.1",
    configuration: name,
  });
  let installed: InstalledWebhook | undefined;
  const kill = (): Promise<void> => serving.stop({ atOnce: true });
  const remove = async (): Promise<void> => {
    await installed?.remove();
    await kill();
    await observer.stop();
    await namespace.remove();
    await cluster.close();
  };
  try {
    await serving.start();
    await observer.synced();
    installed = await installWebhook(cluster, { port: serving.ports.webhook as number, name });
    await isCalled(name, (options.families?.includes(4) ?? true) ? 4 : 6);
  } catch (error) {
    await remove();
    throw error;
  }
  return { name, cluster, serving, observer, kill, remove };
}

/** Returns what a replica sees the world with. */
export function observe(cluster: Cluster): Observer {
  const ignore = (): void => {};
  return new Observer({
    cluster,
    clock: systemClock,
    random: systemRandom,
    settings: defaultSettings,
    onApplication: ignore,
    onPool: ignore,
    onSubnet: ignore,
    onReserved: ignore,
    onPodEnd: ignore,
    onState: ignore,
    onUnknownOwner: ignore,
  });
}

/** Resolves when a subnet that is only tried gets its defaults, so when the API server knows both configurations and the authority. */
export async function isCalled(name: string, ipVersion: 4 | 6): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "autopool-webhook-"));
  const file = join(folder, "subnet.json");
  const metadata = { name: `${name}-probe` };
  const subnet = ipVersion === 4 ? "203.0.113.248/29" : "2001:db8:ffff::/64";
  writeFileSync(file, JSON.stringify({ apiVersion: API_VERSION, kind: "SpiderSubnet", metadata, spec: { subnet } }));
  try {
    await eventually(
      async () => {
        const made = JSON.parse(await kubectl("create", "--dry-run=server", "-o", "json", "-f", file));
        if (made.spec.ipVersion !== ipVersion) throw new Error("Cannot see the webhook's defaults");
      },
      { seconds: 60 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
