/**
 * One case of the admission tables, played through the real API server with the webhook running.
 *
 * What a case finds there is written by autopool's own account, which nobody asks about; then the webhook is given the time to see it,
 * and somebody writes what the case is about. Cases use the same addresses: what one leaves behind is removed before the next.
 * @module
 */

import { CLAIMS } from "../../src/admission/claim-store.ts";
import { API_VERSION } from "../../src/api/names.ts";
import { configMaps, spiderIPPools, spiderReservedIPs, spiderSubnets } from "../../src/api/resources.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import { ApiError, type Cluster, hasCode, type KubeObject, type Resource } from "../../src/cluster/cluster.ts";
import { find } from "../../src/cluster/find.ts";
import type { RuleCase } from "../admission/cases/case.ts";
import { type AutopoolAccount, autopoolAccount } from "./autopool-account.ts";
import { type RunningWebhook, startWebhook } from "./running-webhook.ts";

type Settings = NonNullable<RuleCase<KubeObject>["settings"]>;
type WithStatus = KubeObject & { readonly status?: object };

/** How somebody's write ended. */
export type Ended =
  /** As it is stored; `undefined` where it is gone. */
  { readonly stored: KubeObject | undefined } | { readonly error: ApiError; readonly isThere: boolean };

const resources = [spiderIPPools, spiderSubnets, spiderReservedIPs];

export class AdmissionStage {
  readonly #webhooks: ReadonlyMap<string, RunningWebhook>;
  readonly #account: AutopoolAccount;
  #left: [Resource, string][] = [];

  private constructor(webhooks: ReadonlyMap<string, RunningWebhook>, account: AutopoolAccount) {
    this.#webhooks = webhooks;
    this.#account = account;
  }

  /** Starts a webhook with each of these settings. */
  static async start(all: readonly (Settings | undefined)[]): Promise<AdmissionStage> {
    const keys = [...new Set(all.map(keyOf))];
    const account = await autopoolAccount();
    const started = await Promise.allSettled(keys.map(start));
    const webhooks = started.flatMap((one, index) =>
      one.status === "fulfilled" ? [[keys[index], one.value] as [string, RunningWebhook]] : [],
    );
    const stage = new AdmissionStage(new Map(webhooks), account);
    const failed = started.find((one) => one.status === "rejected");
    if (!failed) return stage;
    await stage.stop();
    throw failed.reason;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#webhooks.values()].map((webhook) => webhook.remove()));
    await this.#account.remove();
  }

  /** What names must begin with, so that the webhook with these settings is asked. */
  prefix(settings: Settings | undefined): string {
    return this.#webhook(settings).name;
  }

  /** Writes what the case finds there, and then what it is about. */
  async play<T extends KubeObject>({ given, old, object, settings }: RuleCase<T>): Promise<Ended> {
    const webhook = this.#webhook(settings);
    const found = [...(given?.subnets ?? []), ...(given?.pools ?? []), ...(old ? [old] : [])];
    const there = await Promise.all(found.map((one) => this.#place(one)));
    await this.#untilSeen(webhook, there);
    const { cluster } = webhook;
    const resource = resourceOf(object ?? old);
    const { name } = (object ?? (old as T)).metadata;
    this.#left.push([resource, name]);
    try {
      if (!object) await cluster.delete(resource, { name });
      else if (!old) return { stored: await cluster.create(resource, object) };
      else await cluster.update(resource, replacing(there.at(-1) as KubeObject, object));
      return { stored: await find(cluster, resource, { name }) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { error, isThere: (await find(cluster, resource, { name })) !== undefined };
    }
  }

  /** Removes what the last case left. */
  async clear(): Promise<void> {
    const { cluster } = this.#account;
    const gone = this.#left.map(async ([resource, name]) => {
      try {
        await cluster.delete(resource, { name });
        await cluster.patch(resource, { name }, { metadata: { finalizers: null } });
      } catch (error) {
        if (!hasCode(error, 404)) throw error;
      }
    });
    this.#left = [];
    await Promise.all([...gone, ...[...this.#webhooks.values()].map(({ name }) => dropClaims(cluster, name))]);
  }

  #webhook(settings: Settings | undefined): RunningWebhook {
    return this.#webhooks.get(keyOf(settings)) as RunningWebhook;
  }

  /** Creates an object with its status, and begins its deletion where that has begun. */
  async #place(object: WithStatus): Promise<KubeObject> {
    const { cluster } = this.#account;
    const resource = resourceOf(object);
    const { deletionTimestamp, ...metadata } = object.metadata;
    const { name } = metadata;
    this.#left.push([resource, name]);
    let there = await cluster.create<WithStatus>(resource, { ...object, metadata });
    const { status } = object;
    if (status) there = await cluster.patch<WithStatus>(resource, { name }, { status }, { subresource: "status" });
    if (deletionTimestamp === undefined) return there;
    await cluster.delete(resource, { name });
    return cluster.get(resource, { name });
  }

  /** Resolves when the webhook knows these objects as they are, and none of an earlier case. */
  async #untilSeen({ observer }: RunningWebhook, there: readonly KubeObject[]): Promise<void> {
    const wanted = versionsOf(there.filter(({ kind }) => kind !== spiderReservedIPs.kind));
    const prefixes = [...this.#webhooks.values()].map(({ name }) => `${name}-`);
    const seen = (): string =>
      versionsOf(
        [...observer.pools.values(), ...observer.subnets.values()].filter(({ metadata: { name } }) =>
          prefixes.some((prefix) => name.startsWith(prefix)),
        ),
      );
    const end = systemClock.now() + 10_000;
    while (seen() !== wanted) {
      if (systemClock.now() > end) throw new Error(`The webhook has seen ${seen()}, not ${wanted}`);
      await sleep(systemClock, 2);
    }
  }
}

/** Every case's objects are gone, so what is held for them is for nobody. */
async function dropClaims(cluster: Cluster, namespace: string): Promise<void> {
  const ref = { namespace, name: CLAIMS };
  if (await find(cluster, configMaps, ref)) await cluster.patch(configMaps, ref, { data: { claims: "[]" } });
}

const keyOf = (settings: Settings | undefined): string => JSON.stringify(settings ?? {});

function start(key: string): Promise<RunningWebhook> {
  const { families, validateDelete }: Settings = JSON.parse(key);
  return startWebhook({ ...(families && { families }), ...(validateDelete && { validateDelete }) });
}

function resourceOf(object: KubeObject | undefined): Resource {
  return resources.find(({ kind }) => kind === object?.kind) as Resource;
}

/** Returns what replaces the stored object, which it was made from. */
function replacing(stored: KubeObject, object: KubeObject): KubeObject {
  const { deletionTimestamp: _, ...metadata } = object.metadata;
  const { resourceVersion = "" } = stored.metadata;
  return { ...object, apiVersion: API_VERSION, metadata: { ...metadata, resourceVersion } };
}

function versionsOf(objects: readonly KubeObject[]): string {
  return objects
    .map(({ metadata: { name, resourceVersion } }) => `${name}@${resourceVersion}`)
    .sort()
    .join(" ");
}
