/**
 * Which authorities the webhook configurations carry in their `caBundle`, and since when.
 *
 * Clients trust what all webhooks of all configurations carry; where there is no configuration, nobody calls, and
 * everything counts as carried. Pure but for its own map; knows no requests.
 * @module
 */

import type { KubeObject } from "../../cluster/cluster.ts";
import { type Certificate, readCertificates } from "./certificate.ts";

/** A Validating- or MutatingWebhookConfiguration, as far as it matters here. */
export interface WebhookConfiguration extends KubeObject {
  webhooks?: Webhook[] | null;
}

/** One webhook of a configuration; its other fields are kept as they are. */
export interface Webhook {
  readonly name: string;
  readonly clientConfig: { readonly caBundle?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** Returns the authorities that all webhooks of a configuration carry; `undefined` where it has no webhooks. */
export function carriedBy({ webhooks }: WebhookConfiguration): Certificate[] | undefined {
  const texts = new Set((webhooks ?? []).map(({ clientConfig }) => clientConfig?.caBundle ?? ""));
  const bundles = [...texts].map((text) => readCertificates(Buffer.from(text, "base64").toString("latin1")));
  return bundles.length === 0 ? undefined : bundles.reduce(common);
}

/** Tells whether each webhook of a configuration carries exactly these authorities. */
export function carriesExactly(configuration: WebhookConfiguration, wanted: readonly Certificate[]): boolean {
  return (configuration.webhooks ?? []).every((webhook) => {
    const carried = carriedBy({ ...configuration, webhooks: [webhook] }) ?? [];
    return carried.length === wanted.length && common(carried, wanted).length === wanted.length;
  });
}

/** Returns a configuration's webhooks with another bundle. */
export function withBundle({ webhooks }: WebhookConfiguration, bundle: readonly Certificate[]): Webhook[] {
  const caBundle = Buffer.from(bundle.map(({ pem }) => pem).join("")).toString("base64");
  return (webhooks ?? []).map((webhook) => ({ ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } }));
}

function common(left: Certificate[], right: readonly Certificate[]): Certificate[] {
  const prints = new Set(right.map(({ fingerprint }) => fingerprint));
  return left.filter(({ fingerprint }) => prints.has(fingerprint));
}

/** Since when authorities have been carried. Times are milliseconds since the Unix epoch. */
export class Carried {
  #since = new Map<string, number>();
  #authorities: Certificate[] = [];
  /** Since when nobody has called; `undefined` while there is a webhook. */
  #idleSince: number | undefined;

  /** Takes the configurations as they are now. */
  update(configurations: readonly WebhookConfiguration[], now: number): void {
    const bundles = configurations.flatMap((configuration) => {
      const bundle = carriedBy(configuration);
      return bundle ? [bundle] : [];
    });
    const [first, ...others] = bundles;
    this.#authorities = first ? others.reduce(common, first) : [];
    this.#idleSince = first ? undefined : (this.#idleSince ?? now);
    const before = this.#since;
    this.#since = new Map(
      this.#authorities.map(({ fingerprint }) => [fingerprint, before.get(fingerprint) ?? this.#idleSince ?? now]),
    );
  }

  get authorities(): readonly Certificate[] {
    return this.#authorities;
  }

  since({ fingerprint }: Certificate): number | undefined {
    return this.#idleSince ?? this.#since.get(fingerprint);
  }
}
