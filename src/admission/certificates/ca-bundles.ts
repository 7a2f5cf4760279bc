/**
 * Keeps `caBundle` of autopool's webhook configurations true to the Secret, by watching; never creates or deletes one.
 *
 * A bundle is written over the version of the configuration that was seen, after the Secret has been read anew: so a
 * replica that lags never puts an old bundle over a newer one. Does not decide what is trusted.
 * @module
 */

import { mutatingWebhookConfigurations, validatingWebhookConfigurations } from "../../api/resources.ts";
import type { Clock } from "../../clock.ts";
import type { Cluster, Resource } from "../../cluster/cluster.ts";
import { type Reflector, startReflector } from "../../cluster/reflector.ts";
import { Carried, carriesExactly, type WebhookConfiguration, withBundle } from "./carried.ts";
import type { Certificate } from "./certificate.ts";
import type { Complaints } from "./complaints.ts";
import { PacedLoop, type Pause } from "./paced-loop.ts";
import { WatchComplaints } from "./watch-complaints.ts";

export interface CaBundlesOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  /** Name of both the validating and the mutating configuration. */
  readonly name: string;
  readonly complaints: Complaints;
  /** Reads what clients are to trust as the Secret says at this moment; nothing where it says nothing. */
  readWanted(signal: AbortSignal): Promise<readonly Certificate[]>;
  /** Called when what the configurations carry may have changed. */
  onChange(): void;
}

const resources: readonly Resource[] = [validatingWebhookConfigurations, mutatingWebhookConfigurations];
const hourMs = 3_600_000;
/** Another program that keeps the bundle its own way is not fought at full speed. */
const restMs = 200;

export class CaBundles {
  readonly #options: CaBundlesOptions;
  readonly #carried = new Carried();
  readonly #loop: PacedLoop;
  readonly #reflectors: readonly Reflector<WebhookConfiguration>[];
  readonly #settled = resources.map(() => Promise.withResolvers<void>());
  #wanted: readonly Certificate[] = [];

  constructor(options: CaBundlesOptions) {
    this.#options = options;
    const { clock, random, complaints } = options;
    this.#loop = new PacedLoop({
      clock,
      random,
      look: (signal) => this.#look(signal),
      onFailure: (error, attempt) =>
        complaints.failed("bundle", "the caBundle of a webhook configuration cannot be kept", error, attempt),
    });
    this.#reflectors = resources.map((resource, index) => this.#watch(resource, index));
  }

  /** Resolves when both configurations have been looked for, whether or not that succeeded. */
  async settled(): Promise<void> {
    await Promise.all(this.#settled.map(({ promise }) => promise));
  }

  /** Since when all configurations have carried an authority; `undefined` while they do not, or cannot be seen. */
  carriedSince(authority: Certificate): number | undefined {
    return this.#hasSynced() ? this.#carried.since(authority) : undefined;
  }

  /** The authorities that all configurations carry. */
  get carried(): readonly Certificate[] {
    return this.#carried.authorities;
  }

  /** Says what clients are to trust, as far as this replica knows. */
  want(bundle: readonly Certificate[]): void {
    this.#wanted = bundle;
    if (bundle.length > 0 && this.#outdated().length > 0) this.#loop.wake();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#loop.stop(), ...this.#reflectors.map((reflector) => reflector.stop())]);
  }

  #watch(resource: Resource, index: number): Reflector<WebhookConfiguration> {
    const { cluster, clock, random, name, complaints } = this.#options;
    const health = new WatchComplaints(clock, complaints, `${resource.kind} "${name}"`);
    return startReflector<WebhookConfiguration>({
      cluster,
      clock,
      random,
      resource,
      fieldSelector: `metadata.name=${name}`,
      onEvent: () => this.#update(),
      onSync: () => {
        this.#settled[index]?.resolve();
        this.#update();
      },
      onState: (state) => {
        health.note(state);
        if (state.phase === "waiting") this.#settled[index]?.resolve();
      },
    });
  }

  #hasSynced(): boolean {
    return this.#reflectors.every((reflector) => reflector.hasSynced());
  }

  #configuration(index: number): WebhookConfiguration | undefined {
    return this.#reflectors[index]?.get({ name: this.#options.name });
  }

  #update(): void {
    if (!this.#hasSynced()) return;
    const { clock, name, complaints } = this.#options;
    const configurations = resources.map((_, index) => this.#configuration(index));
    this.#carried.update(
      configurations.filter((configuration) => configuration !== undefined),
      clock.now(),
    );
    resources.forEach(({ kind, plural }, index) => {
      if (configurations[index]) complaints.settle(plural, `${kind} "${name}" is there`);
      else complaints.say(plural, `${kind} "${name}" is not there: nobody is asked before such objects are written`);
    });
    if (this.#outdated().length > 0) this.#loop.wake();
    this.#options.onChange();
  }

  /** Indices of the configurations that carry anything else than is wanted. */
  #outdated(wanted = this.#wanted): number[] {
    return [...resources.keys()].filter((index) => {
      const configuration = this.#configuration(index);
      return configuration !== undefined && !carriesExactly(configuration, wanted);
    });
  }

  async #look(signal: AbortSignal): Promise<Pause> {
    const { cluster, name, complaints, readWanted } = this.#options;
    if (this.#wanted.length === 0 || this.#outdated().length === 0) return { againMs: hourMs };
    // The order is what makes it safe: first the configurations, then the Secret.
    const seen = resources.map((_, index) => this.#configuration(index));
    const wanted = await readWanted(signal);
    if (wanted.length === 0) return { againMs: hourMs };
    for (const [index, resource] of resources.entries()) {
      const configuration = seen[index];
      if (!configuration || carriesExactly(configuration, wanted)) continue;
      const { resourceVersion } = configuration.metadata;
      const patch = { metadata: { resourceVersion }, webhooks: withBundle(configuration, wanted) };
      this.#reflectors[index]?.learn(await cluster.patch(resource, { name }, patch, { signal }));
    }
    complaints.settle("bundle", "the caBundle of the webhook configurations is true to the Secret again");
    return { againMs: hourMs, restMs };
  }
}
