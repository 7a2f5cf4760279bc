/**
 * The webhook configurations of deploy/base/webhook.yaml on the real API server, for one test and its objects alone.
 *
 * They call 127.0.0.1 instead of the Service, under a name that no other run has, and only for objects whose names begin with that
 * name: what is left behind by a test that was killed stops nobody. Everything else stands as it is deployed.
 * @module
 */

import { readFileSync } from "node:fs";
import { loadAll } from "js-yaml";
import { mutatingWebhookConfigurations, validatingWebhookConfigurations } from "../../src/api/resources.ts";
import type { Cluster, KubeObject } from "../../src/cluster/cluster.ts";
import { removeObject, uniqueName } from "./real.ts";

interface Webhook {
  readonly name: string;
  readonly clientConfig: { readonly service: { readonly path: string } };
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
}

type Configuration = KubeObject & { readonly webhooks: readonly Webhook[] };

export interface InstalledWebhook {
  /** Of both configurations; names of the test's objects begin with it and a dash. */
  readonly name: string;
  remove(): Promise<void>;
}

const kinds = [mutatingWebhookConfigurations, validatingWebhookConfigurations];

/**
 * Creates both configurations for a webhook that is to listen on this port of 127.0.0.1; without `ca`, whoever has the certificates
 * fills it in.
 */
export async function installWebhook(
  cluster: Cluster,
  { port, ca, name = uniqueName("hook") }: { readonly port: number; readonly ca?: string; readonly name?: string },
): Promise<InstalledWebhook> {
  const remove = async (): Promise<void> => {
    for (const kind of kinds) await removeObject(cluster, kind, { name });
  };
  try {
    for (const resource of kinds) {
      const { webhooks, ...deployed } = deployedConfiguration(resource.kind);
      await cluster.create<KubeObject & { webhooks: object[] }>(resource, {
        ...deployed,
        metadata: { name },
        webhooks: webhooks.map((webhook) => rewritten(webhook, { port, name, ...(ca === undefined ? {} : { ca }) })),
      });
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { name, remove };
}

function deployedConfiguration(kind: string): Configuration {
  const text = readFileSync(new URL("../../deploy/base/webhook.yaml", import.meta.url), "utf8");
  const found = (loadAll(text) as Configuration[]).find((document) => document.kind === kind);
  if (!found) throw new Error(`Cannot find ${kind} in deploy/base/webhook.yaml`);
  return found;
}

function rewritten(webhook: Webhook, { port, ca, name }: { port: number; ca?: string; name: string }): object {
  const { path } = webhook.clientConfig.service;
  const own = `(request.operation == "DELETE" ? oldObject : object).metadata.name.startsWith("${name}-")`;
  return {
    ...webhook,
    clientConfig: {
      url: `https://127.0.0.1:${port}${path}`,
      ...(ca === undefined ? {} : { caBundle: Buffer.from(ca).toString("base64") }),
    },
    matchConditions: [{ name: "of-this-test", expression: own }, ...(webhook.matchConditions ?? [])],
  };
}
