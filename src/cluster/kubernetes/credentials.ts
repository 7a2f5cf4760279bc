/**
 * What proves to the API server who we are, kept fresh: TLS material and headers.
 *
 * Certificates, token files and exec plugins rotate under a running process. The current answer is asked for again every
 * few seconds, and everything is loaded anew when the server refuses us. Opens no connection to the API server itself.
 * @module
 */

import { type DispatcherOptions, HttpMethod, RequestContext } from "@kubernetes/client-node";
import type { Clock } from "../../clock.ts";
import { type ConnectionConfig, type KubeconfigSource, loadKubeconfig } from "./kubeconfig.ts";

const checkMs = 5_000;

/** How to connect: directly or through an HTTP proxy, with which TLS settings. */
export type Connection = Exclude<DispatcherOptions, { readonly type: "socks" }>;

/** One moment's answer; a new object each time something in it changed. */
export interface Credentials {
  /** Address of the API server, without a trailing slash. */
  readonly server: string;
  /** The two parts of `server`: scheme, host and port, and the path before "/api" that a gateway may want ("" mostly). */
  readonly origin: string;
  readonly prefix: string;
  /** Name of the user in the kubeconfig, for messages. */
  readonly user: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connection: Connection;
  /** Equal exactly where connections made with one may be used for the other. */
  readonly fingerprint: string;
}

/** Source of the credentials to use right now. */
export interface CredentialStore {
  /** The credentials, checked again if the last check is more than 5 s ago. */
  current(): Promise<Credentials>;
  /**
   * Loads everything anew because the server refused `refused`; resolves to other credentials worth a second try, or to
   * `undefined`. At most one load per 5 s, so that a refusal for good does not run an exec plugin for every request.
   */
  renew(refused: Credentials): Promise<Credentials | undefined>;
}

/**
 * Loads the credentials once and returns their store.
 *
 * @throws {Error} If the configuration or a file it names cannot be read, or the exec plugin fails.
 */
export async function openCredentials(source: KubeconfigSource, clock: Clock): Promise<CredentialStore> {
  let config = loadKubeconfig(source);
  let latest = await read(config);
  let checkedAt = clock.now();
  let loadedAt = Number.NEGATIVE_INFINITY;
  let underway: Promise<void> | undefined;

  /** Old credentials stay when the new ones cannot be read: a file may be missing for a moment while it is replaced. */
  const check = async (reload: boolean): Promise<void> => {
    checkedAt = clock.now();
    try {
      const next = reload ? loadKubeconfig(source) : config;
      const found = await read(next);
      config = next;
      if (!sameCredentials(found, latest)) latest = found;
    } catch {
      // The server's own refusal says more than a failed check would.
    }
  };

  return {
    async current() {
      if (clock.now() - checkedAt >= checkMs) {
        underway ??= check(false).finally(() => {
          underway = undefined;
        });
        await underway;
      }
      return latest;
    },
    async renew(refused) {
      await underway;
      if (latest === refused && clock.now() - loadedAt >= checkMs) {
        loadedAt = clock.now();
        underway = check(true).finally(() => {
          underway = undefined;
        });
        await underway;
      }
      return latest === refused ? undefined : latest;
    },
  };
}

async function read(config: ConnectionConfig): Promise<Credentials> {
  const server = (config.getCurrentCluster()?.server ?? "").replace(/\/+$/, "");
  const user = config.getCurrentUser()?.name ?? "";
  const context = new RequestContext(server, HttpMethod.GET);
  try {
    await config.applySecurityAuthentication(context);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.trim() : String(cause);
    throw new Error(`Cannot load the credentials of user "${user}" for "${server}": ${detail}`, { cause });
  }
  const headers = Object.fromEntries(
    Object.entries(context.getHeaders()).map(([name, value]) => [name.toLowerCase(), value.trim()]),
  );
  const { connection } = config;
  if (connection.type === "socks") {
    throw new Error(`Cannot connect through "${connection.uri}": SOCKS proxies are not supported, name an HTTP proxy`);
  }
  const { origin, pathname } = new URL(server);
  const prefix = pathname === "/" ? "" : pathname;
  return { server, origin, prefix, user, headers, connection, fingerprint: JSON.stringify([server, connection]) };
}

function sameCredentials(a: Credentials, b: Credentials): boolean {
  return a.fingerprint === b.fingerprint && JSON.stringify(a.headers) === JSON.stringify(b.headers);
}
