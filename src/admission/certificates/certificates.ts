/**
 * The webhook server's certificates, made and rotated without anybody's help, in a Secret that all replicas share.
 *
 * Every replica runs it, leader or not: all plan alike, writes are conditional, and whoever comes second uses what is stored.
 * Whatever fails in the cluster, what is served stays served. Puts plan, Secret and configurations together; serves nothing.
 * @module
 */

import { type Clock, sleep, toTimestamp } from "../../clock.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import { systemRandom } from "../../random.ts";
import { CaBundles } from "./ca-bundles.ts";
import type { Certificate } from "./certificate.ts";
import { type CertificateLog, Complaints } from "./complaints.ts";
import { parseHosts } from "./hosts.ts";
import { bundleOf, emptyMaterial, type Material } from "./key-material.ts";
import { defaultLifetimes, type Lifetimes } from "./lifetimes.ts";
import { PacedLoop, type Pause } from "./paced-loop.ts";
import { perform } from "./rotation.ts";
import { isUsable, nextStep, type Situation, type StepKind } from "./rotation-plan.ts";
import { SecretStore, type StoredMaterial } from "./secret-store.ts";
import { chooseServed, type Served } from "./served.ts";
import { WatchComplaints } from "./watch-complaints.ts";

/** What a TLS server is given, both in PEM. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

export interface CertificatesOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** Uniform in [0, 1), for jitter alone; keys come from the operating system. */
  readonly random?: () => number;
  /** Where the Secret is. */
  readonly namespace: string;
  /** DNS names and IP addresses by which the API server calls. */
  readonly hosts: readonly string[];
  /** Name of the Secret, default "autopool-webhook". */
  readonly secret?: string;
  /** Name of both webhook configurations, default "autopool". */
  readonly configuration?: string;
  readonly lifetimes?: Lifetimes;
  readonly log: CertificateLog;
  /** Told of every certificate to serve after the first one, which `start` returns. */
  onChange(tls: Tls): void;
}

interface Watched {
  readonly store: SecretStore;
  readonly bundles: CaBundles;
  /** Resolves when it is known, or cannot be found out, what the configurations carry. */
  readonly settled: Promise<void>;
}

const hourMs = 3_600_000;
const restMsMax = 30_000;
/** Configurations that cannot be looked for by then are not waited for. */
const patienceMs = 5_000;

const told: Readonly<Record<StepKind, string>> = {
  found: "made a new authority and a certificate for the webhook",
  revive: "wrote back the certificate of the webhook, and made the next authority",
  announce: "made the next authority for the webhook",
  switch: "made a certificate for the webhook with the next authority",
  renew: "renewed the certificate of the webhook",
  retire: "dropped the replaced authority of the webhook",
  tidy: "cleared the Secret of the webhook of what cannot be used",
};

export class Certificates {
  readonly #options: CertificatesOptions;
  readonly #hosts: readonly string[];
  readonly #lifetimes: Lifetimes;
  readonly #ref: { readonly namespace: string; readonly name: string };
  readonly #complaints: Complaints;
  readonly #loop: PacedLoop;
  readonly #first = Promise.withResolvers<Tls>();
  readonly #ending = new AbortController();
  #watched: Watched | undefined;
  #served: Served | undefined;
  /** The last usable material, for when the Secret is lost. */
  #remembered: Material | undefined;

  /** @throws {RangeError} If a certificate cannot name the hosts */
  constructor(options: CertificatesOptions) {
    this.#options = options;
    this.#hosts = parseHosts(options.hosts);
    this.#lifetimes = options.lifetimes ?? defaultLifetimes;
    this.#ref = { namespace: options.namespace, name: options.secret ?? "autopool-webhook" };
    this.#complaints = new Complaints(options.log);
    this.#loop = new PacedLoop({
      clock: options.clock,
      random: options.random ?? systemRandom,
      look: (signal) => this.#look(signal),
      onFailure: (error, attempt) => this.#complaints.failed("write", this.#about("cannot be written"), error, attempt),
    });
    // Nobody need wait for it.
    this.#first.promise.catch(() => undefined);
  }

  /**
   * Begins, and returns the first certificate to serve; that takes as long as the Secret can be neither read nor written.
   * @throws {Error} If it is stopped before
   */
  start(): Promise<Tls> {
    this.#watched ??= this.#watch();
    return this.#first.promise;
  }

  /** Ends watching and writing; resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#first.reject(new Error("Cannot get a certificate for the webhook: it was stopped before"));
    await Promise.all([this.#loop.stop(), this.#watched?.bundles.stop(), this.#watched?.store.stop()]);
  }

  #watch(): Watched {
    const { cluster, clock, random = systemRandom, configuration = "autopool" } = this.#options;
    const shared = { cluster, clock, random, onChange: () => this.#loop.wake() };
    const health = new WatchComplaints(clock, this.#complaints, this.#about());
    const store = new SecretStore({ ...shared, ref: this.#ref, onState: (state) => health.note(state) });
    const readWanted = async (signal: AbortSignal): Promise<Certificate[]> => {
      const material = (await store.readNow(signal)) ?? emptyMaterial;
      return isUsable(material, clock.now()) ? bundleOf(material) : [];
    };
    const bundles = new CaBundles({ ...shared, name: configuration, complaints: this.#complaints, readWanted });
    const settled = Promise.race([bundles.settled(), sleep(clock, patienceMs, this.#ending.signal)]);
    return { store, bundles, settled };
  }

  async #look(signal: AbortSignal): Promise<Pause> {
    if (!this.#watched?.store.hasSynced()) return { againMs: hourMs };
    await this.#watched.settled;
    const { store, bundles } = this.#watched;
    const stored = store.current();
    const until = this.#take(stored, bundles);
    const situation = this.#situation(stored, bundles);
    const step = nextStep(situation);
    this.#tellProblems(stored);
    if (step.kind === "keep") {
      this.#complaints.settle("write", this.#about("needs nothing any more"));
      return { againMs: Math.min(step.until, until) - situation.now };
    }
    const material = await perform(step.kind, situation, bundles.carried);
    await store.write(material, stored, signal);
    const ends = material.serving && toTimestamp(material.serving.certificate.notAfter);
    this.#options.log.info(told[step.kind], { why: step.why, servingUntil: ends });
    this.#take(store.current(), bundles);
    // Two replicas that disagree, since one's clock is wrong, are not to do so at full speed.
    const restMs = Math.min(restMsMax, this.#lifetimes.servingMs / 50);
    return { againMs: restMs, restMs };
  }

  /** Uses what is stored, as far as it can be used; returns when to choose again. */
  #take(stored: StoredMaterial | undefined, bundles: CaBundles): number {
    const now = this.#options.clock.now();
    const material = stored?.material ?? emptyMaterial;
    if (isUsable(material, now)) {
      this.#remembered = material;
      bundles.want(bundleOf(material));
    }
    const carriedSince = (authority: Certificate): number | undefined => bundles.carriedSince(authority);
    const { propagationMs } = this.#lifetimes;
    const { served, until } = chooseServed(this.#served, material, { now, propagationMs, carriedSince });
    if (served && served !== this.#served) {
      const tls: Tls = { cert: served.pair.certificate.pem, key: served.pair.key };
      const isFirst = this.#served === undefined;
      this.#served = served;
      if (isFirst) this.#first.resolve(tls);
      else this.#options.onChange(tls);
    }
    return until;
  }

  #situation(stored: StoredMaterial | undefined, bundles: CaBundles): Situation {
    return {
      material: stored?.material ?? emptyMaterial,
      isDamaged: (stored?.problems.length ?? 0) > 0,
      remembered: this.#remembered,
      now: this.#options.clock.now(),
      hosts: this.#hosts,
      lifetimes: this.#lifetimes,
      carriedSince: (authority) => bundles.carriedSince(authority),
    };
  }

  #tellProblems(stored: StoredMaterial | undefined): void {
    const problems = stored?.problems ?? [];
    if (problems.length === 0) this.#complaints.settle("content", this.#about("is whole again"));
    else this.#complaints.say("content", this.#about("holds what cannot be used"), { problems: problems.join("; ") });
  }

  #about(what?: string): string {
    return `Secret "${this.#ref.namespace}/${this.#ref.name}"${what ? ` ${what}` : ""}`;
  }
}
