/**
 * Replicas that keep the webhook's certificates on a memory cluster, and clients that trust what the configurations carry.
 *
 * Time can pass, and it can jump: then the date changes, but no timer fires. At every write and every change of what is served
 * it is checked that a client accepts what each replica serves, also one that reads configurations late; what does not
 * hold is noted in `broken`.
 * @module
 */

import type { WebhookConfiguration } from "../../../src/admission/certificates/carried.ts";
import {
  type Certificate,
  covers,
  isIssuedBy,
  isValidAt,
  readCertificate,
  readCertificates,
} from "../../../src/admission/certificates/certificate.ts";
import { Certificates, type Tls } from "../../../src/admission/certificates/certificates.ts";
import type { Secret } from "../../../src/admission/certificates/key-material.ts";
import { defaultLifetimes, type Lifetimes } from "../../../src/admission/certificates/lifetimes.ts";
import {
  mutatingWebhookConfigurations,
  namespaces,
  secrets,
  validatingWebhookConfigurations,
} from "../../../src/api/resources.ts";
import type { Clock } from "../../../src/clock.ts";
import type { Resource } from "../../../src/cluster/cluster.ts";
import type { MemoryConnection } from "../../../src/cluster/memory/connection.ts";
import type { FaultPolicy } from "../../../src/cluster/memory/faults.ts";
import { createMemoryCluster } from "../../../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../../../src/cluster/memory/virtual-clock.ts";
import type { Admit } from "../../../src/cluster/memory/writes.ts";
import { seededRandom } from "../../../src/random.ts";

export const minute = 60_000;
export const day = 24 * 60 * minute;
export const namespace = "autopool-system";
export const ref = { namespace, name: "autopool-webhook" };
export const hosts = ["autopool-webhook.autopool-system.svc", "127.0.0.1", "fd00::7"];
const kinds: readonly Resource[] = [validatingWebhookConfigurations, mutatingWebhookConfigurations];

export interface Replica {
  readonly certificates: Certificates;
  readonly connection: MemoryConnection;
  readonly hosts: readonly string[];
  readonly lines: string[];
  /** Everything that it served, in order. */
  readonly served: Tls[];
}

interface Bundle {
  readonly text: string;
  /** When it was replaced; `undefined` while it is in force. */
  until: number | undefined;
}

export interface SceneOptions {
  readonly lifetimes?: Lifetimes;
  /** How late clients read configurations. */
  readonly lagMs?: number;
  readonly admit?: Admit;
  readonly configurations?: readonly Resource[];
}

export class CertificateScene {
  readonly virtual = createVirtualClock();
  readonly clock: Clock;
  readonly server;
  readonly user: MemoryConnection;
  readonly replicas = new Set<Replica>();
  readonly broken: string[] = [];
  readonly #options: SceneOptions;
  readonly #bundles = new Map<string, Bundle[]>();
  readonly #read = remembering(read);
  readonly #readOne = remembering(readCertificate);
  readonly #issued = new Map<string, boolean>();
  #jumped = 0;
  #excusedUntil = 0;
  #starts = 0;

  constructor(options: SceneOptions = {}) {
    this.#options = options;
    this.clock = { now: () => this.virtual.now() + this.#jumped, after: (ms, run) => this.virtual.after(ms, run) };
    this.server = createMemoryCluster({
      clock: this.clock,
      resources: [secrets, namespaces, ...kinds],
      ...(options.admit && { admit: options.admit }),
    });
    this.user = this.server.connect();
    this.server.observe(({ resource }) => {
      // What is told is a copy.
      if (kinds.some(({ plural }) => plural === resource.plural)) this.#noteBundles();
      this.check();
    });
  }

  get lifetimes(): Lifetimes {
    return this.#options.lifetimes ?? defaultLifetimes;
  }

  /** Installs the webhook configurations as their manifest has them: without a bundle. */
  async install(resources = this.#options.configurations ?? kinds): Promise<void> {
    for (const resource of resources) {
      const names = resource === mutatingWebhookConfigurations ? ["pools"] : ["pools", "subnets"];
      const webhooks = names.map((name) => ({
        name: `${name}.autopool.io`,
        failurePolicy: "Fail",
        clientConfig: { service: { ...ref, path: `/${name}` } },
      }));
      const configuration: WebhookConfiguration = { metadata: { name: "autopool" }, webhooks };
      await this.user.create(resource, configuration);
    }
  }

  start(options: { faults?: FaultPolicy; latencyMs?: () => number; hosts?: readonly string[] } = {}): Replica {
    const { faults = () => undefined, latencyMs = () => 2 } = options;
    this.#starts += 1;
    const connection = this.server.connect({ latencyMs, faults });
    const lines: string[] = [];
    const served: Tls[] = [];
    const show = (tls: Tls): void => {
      served.push(tls);
      this.check();
    };
    const write = (message: string, fields: object = {}): unknown => lines.push(`${message} ${JSON.stringify(fields)}`);
    const certificates = new Certificates({
      cluster: connection,
      clock: this.clock,
      random: seededRandom(this.#starts),
      namespace,
      hosts: options.hosts ?? hosts,
      lifetimes: this.lifetimes,
      log: { info: write, warn: (message, fields) => write(`warning: ${message}`, fields) },
      onChange: show,
    });
    const replica = { certificates, connection, lines, served, hosts: options.hosts ?? hosts };
    this.replicas.add(replica);
    certificates.start().then(show, () => undefined);
    return replica;
  }

  /** Ends a replica as `kill -9` does. */
  crash(replica: Replica): void {
    replica.connection.cut();
    this.replicas.delete(replica);
    replica.certificates.stop().catch(() => undefined);
  }

  /** Lets time pass, timer by timer. */
  async pass(ms: number): Promise<void> {
    await this.virtual.advance(ms);
    this.check();
  }

  /** Sets the machine's date forward or back. */
  jump(ms: number): void {
    this.#jumped += ms;
  }

  /** Says that nobody can expect clients to be served in the coming time: something was broken by hand, or is new. */
  excuse(ms: number): void {
    this.#excusedUntil = this.virtual.now() + ms;
  }

  get secret(): Secret | undefined {
    return this.server.objects<Secret>(secrets)[0];
  }

  /** A value of the Secret, decoded; "" where it is absent. */
  stored(key: string): string {
    return Buffer.from(this.secret?.data?.[key] ?? "", "base64").toString();
  }

  /** Writes something into the Secret as somebody else would. */
  async overwrite(data: Readonly<Record<string, string | null>>): Promise<void> {
    const encoded = Object.entries(data).map(([key, text]) => [key, text && Buffer.from(text).toString("base64")]);
    await this.user.patch(secrets, ref, { data: Object.fromEntries(encoded) });
  }

  /** The authorities in the bundle of each webhook of each configuration. */
  trusted(): (readonly Certificate[])[] {
    return [...this.#texts().values()].map(this.#read);
  }

  /** The certificate that a replica serves. */
  certificate(replica: Replica): Certificate | undefined {
    return this.#readOne(replica.served.at(-1)?.cert ?? "");
  }

  /** Notes what a client would not accept now. */
  check(): void {
    if (this.virtual.now() < this.#excusedUntil) return;
    for (const replica of this.replicas) {
      const certificate = this.certificate(replica);
      if (!certificate) continue;
      for (const text of this.#inForce()) {
        const fault = this.fault(certificate, this.#read(text), replica.hosts);
        if (fault) this.broken.push(`${new Date(this.clock.now()).toISOString()}: ${fault}`);
      }
    }
  }

  /** Returns why a client that trusts these authorities would not accept a certificate at this time. */
  fault(
    certificate: Certificate,
    authorities: readonly Certificate[],
    names: readonly string[] = hosts,
  ): string | undefined {
    const now = this.clock.now();
    if (!isValidAt(certificate, now)) return "the certificate does not hold";
    if (!covers(certificate, names)) return "the certificate lacks a host";
    const issuers = authorities.filter((authority) => this.#isIssuedBy(certificate, authority));
    if (issuers.length === 0) return `none of ${authorities.length} authorities has issued the certificate`;
    return issuers.some((issuer) => isValidAt(issuer, now)) ? undefined : "the authority does not hold";
  }

  async close(): Promise<void> {
    for (const replica of this.replicas) this.crash(replica);
    await this.user.close();
  }

  #isIssuedBy(certificate: Certificate, authority: Certificate): boolean {
    const key = `${certificate.fingerprint} ${authority.fingerprint}`;
    const answer = this.#issued.get(key) ?? isIssuedBy(certificate, authority);
    this.#issued.set(key, answer);
    return answer;
  }

  #texts(): Map<string, string> {
    const all = kinds.flatMap((resource) =>
      this.server
        .objects<WebhookConfiguration>(resource)
        .flatMap(({ webhooks }) =>
          (webhooks ?? []).map(
            ({ name, clientConfig }) => [`${resource.plural}/${name}`, clientConfig.caBundle ?? ""] as const,
          ),
        ),
    );
    return new Map(all);
  }

  #noteBundles(): void {
    const now = this.virtual.now();
    const texts = this.#texts();
    for (const name of new Set([...texts.keys(), ...this.#bundles.keys()])) {
      const bundles = this.#bundles.get(name) ?? [];
      const text = texts.get(name);
      const last = bundles.at(-1);
      if (last?.text === text && last?.until === undefined) continue;
      if (last) last.until ??= now;
      if (text !== undefined) bundles.push({ text, until: undefined });
      this.#bundles.set(name, bundles);
    }
  }

  /** Every bundle that some client may go by now. */
  #inForce(): Set<string> {
    const since = this.virtual.now() - (this.#options.lagMs ?? 0);
    const all = [...this.#bundles.values()].flat();
    return new Set(all.filter(({ until = Number.POSITIVE_INFINITY }) => until > since).map(({ text }) => text));
  }
}

function read(text: string): readonly Certificate[] {
  return readCertificates(Buffer.from(text, "base64").toString());
}

/** Bundles are looked at a thousand times for each that is new. */
function remembering<V>(compute: (key: string) => V): (key: string) => V {
  const known = new Map<string, V>();
  return (key) => {
    const value = known.get(key) ?? compute(key);
    known.set(key, value);
    return value;
  };
}
