/**
 * Serves admission and metrics: certificates, server, rules, world and claims put together on what an operator sees.
 *
 * Every replica serves, whoever leads. What cannot be served, for want of a Secret or of rights, is waited for and hinders nobody; a port
 * that is taken ends it.
 * @module
 */

import { readFile } from "node:fs/promises";
import { type Admitter, createAdmitter } from "./admission/admitter.ts";
import { Certificates } from "./admission/certificates/certificates.ts";
import { Door } from "./admission/hold.ts";
import { judgeByKind, kindRules } from "./admission/kind-rules.ts";
import { LiveWorld, type WorldCaches } from "./admission/live-world.ts";
import { type AdmissionMetrics, createAdmissionMetrics } from "./admission/metrics.ts";
import { listenForReviews, type TlsPair, type WebhookServer } from "./admission/webhook-server.ts";
import type { Book } from "./api/book.ts";
import type { SpiderSubnet } from "./api/subnet.ts";
import type { Clock } from "./clock.ts";
import type { Cluster } from "./cluster/cluster.ts";
import type { DebugServer } from "./debug-server.ts";
import type { Log } from "./log.ts";
import { type Health, type MetricsServer, serveMetrics } from "./metrics-server.ts";
import type { ServingSettings } from "./serving-settings.ts";

/** What the operator's `Observer` has of it. */
export interface ServedCaches extends WorldCaches {
  /** Resolves when every cache has been filled once. */
  synced(): Promise<void>;
  learnSubnet(subnet: SpiderSubnet): void;
  offerBook(subnet: string, book: Book): void;
}

export interface ServingOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly settings: ServingSettings & { readonly families: readonly (4 | 6)[] };
  readonly caches: ServedCaches;
  /** Where the servers listen; everywhere unless told otherwise. */
  readonly host?: string;
  /** Where admission is counted, and the text of all that is served as metrics; admission alone if absent. */
  readonly metrics?: AdmissionMetrics;
  /** What `/healthz` and `/readyz` beside the metrics say; all is well if absent. */
  readonly health?: Health;
  /** Name of both webhook configurations, default "autopool". */
  readonly configuration?: string;
}

/** How long a replica that ends serves on, until whoever routes to it knows. */
const LINGER_MS = 2000;

export class Serving {
  readonly #options: ServingOptions;
  readonly #metrics: AdmissionMetrics;
  readonly #certificates: Certificates | undefined;
  /** The newest certificate. */
  #tls: TlsPair | undefined;
  #webhook: WebhookServer | undefined;
  #metricsServer: MetricsServer | undefined;
  #debugServer: DebugServer | undefined;
  #isSynced = false;
  #isStopped = false;

  constructor(options: ServingOptions) {
    this.#options = options;
    const { cluster, clock, random, log, settings, configuration } = options;
    this.#metrics = options.metrics ?? createAdmissionMetrics();
    if (settings.webhookPort === undefined) return;
    this.#certificates = new Certificates({
      cluster,
      clock,
      random,
      namespace: settings.namespace,
      hosts: settings.webhookHosts,
      ...(configuration === undefined ? {} : { configuration }),
      log,
      onChange: (tls) => {
        this.#tls = tls;
        this.#webhook?.setCertificate(tls);
        this.#metrics.shows(tls.cert);
      },
    });
  }

  /** The ports in use; absent where nothing listens. */
  get ports(): { readonly webhook: number | undefined; readonly metrics: number | undefined } {
    return { webhook: this.#webhook?.port, metrics: this.#metricsServer?.port };
  }

  /** What is to be served and is not yet, as a sentence; undefined where all is. */
  get unserved(): string | undefined {
    const isMissing = this.#options.settings.webhookPort !== undefined && this.#webhook === undefined;
    return isMissing ? "The webhook is not served yet: it has no certificate" : undefined;
  }

  /**
   * Resolves when everything listens that is to, which may take as long as the Secret can be neither read nor written; or it was
   * stopped before.
   * @throws {Error} If a port is taken, or the file of the clients' authority cannot be read.
   */
  async start(): Promise<void> {
    await Promise.all([this.#serveMetrics(), this.#serveDebug(), this.#serveWebhook()]);
  }

  /** Answers what is under way; `atOnce` does without the time that a Service needs to notice. */
  async stop({ atOnce = false } = {}): Promise<void> {
    this.#isStopped = true;
    await this.#webhook?.close({ lingerMs: atOnce ? 0 : LINGER_MS });
    await Promise.all([this.#certificates?.stop(), this.#metricsServer?.close(), this.#debugServer?.close()]);
  }

  async #serveMetrics(): Promise<void> {
    const { settings, host, health, log } = this.#options;
    if (settings.metricsPort === undefined) return;
    const more = { ...hostOf(host), ...(health && { health }) };
    const server = await serveMetrics({ port: settings.metricsPort, ...more, source: this.#metrics });
    this.#metricsServer = server;
    if (this.#isStopped) await server.close();
    else log.info("serving metrics", { port: server.port });
  }

  async #serveDebug(): Promise<void> {
    const { settings, clock, log } = this.#options;
    if (settings.debugPort === undefined) return;
    // Hardly anybody asks for it, and not every runtime has what it needs.
    const { serveDebug } = await import("./debug-server.ts");
    const server = await serveDebug({ port: settings.debugPort, clock });
    this.#debugServer = server;
    if (this.#isStopped) await server.close();
    else log.info("serving heap snapshots and CPU profiles", { port: server.port });
  }

  async #serveWebhook(): Promise<void> {
    const { settings, host, clock, log } = this.#options;
    const certificates = this.#certificates;
    if (settings.webhookPort === undefined || certificates === undefined) return;
    const { webhookClientCa } = settings;
    const clientAuthority = webhookClientCa === undefined ? undefined : await readFile(webhookClientCa, "utf8");
    const admitter = this.#createAdmitter();
    try {
      this.#tls = await certificates.start();
    } catch (error) {
      if (this.#isStopped) return;
      throw error;
    }
    const server = await listenForReviews({
      port: settings.webhookPort,
      ...hostOf(host),
      tls: this.#tls,
      ...(clientAuthority !== undefined && { clientAuthority }),
      admitter,
      clock,
      log,
      isHealthy: () => this.#isSynced,
    });
    // It may have changed meanwhile.
    server.setCertificate(this.#tls);
    this.#metrics.shows(this.#tls.cert);
    this.#webhook = server;
    if (this.#isStopped) await server.close();
    else log.info("serving admission", { port: server.port, hosts: settings.webhookHosts });
  }

  #createAdmitter(): Admitter {
    const { settings, caches, cluster, clock, random, log } = this.#options;
    const { families, namespace, validateDelete } = settings;
    const world = new LiveWorld(caches, { families, enableSubnet: true, validateDelete });
    const ready = caches.synced().then(() => {
      this.#isSynced = true;
    });
    // Each request hears of it; that it is stopped before is no failure of ours.
    ready.catch(() => {});
    const door = new Door({
      cluster,
      clock,
      random,
      namespace,
      world,
      judge: judgeByKind,
      learnSubnet: (subnet) => caches.learnSubnet(subnet),
      offerBook: (subnet, book) => caches.offerBook(subnet, book),
    });
    return createAdmitter({
      rules: kindRules,
      world,
      hold: (wanted, options) => door.hold(wanted, options),
      ready,
      metrics: this.#metrics,
      clock,
      log,
    });
  }
}

function hostOf(host: string | undefined): { readonly host?: string } {
  return host === undefined ? {} : { host };
}
