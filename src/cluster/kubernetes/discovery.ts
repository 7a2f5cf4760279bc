/**
 * Finds the resource of a kind in the server's discovery documents; never derives a plural from a kind.
 *
 * Positive answers are kept for some minutes, negative ones never: a CRD may be installed at any time. Questions asked at
 * the same time about one version share one request.
 * @module
 */

import type { Clock } from "../../clock.ts";
import { hasCode, type Resource } from "../cluster.ts";
import { versionPath } from "./paths.ts";
import type { Transport } from "./transport.ts";

const keepMs = 5 * 60_000;

interface ResourceDocument {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

/** Returns the port's `resolve` over a transport. */
export function createDiscovery(
  transport: Transport,
  clock: Clock,
): (apiVersion: string, kind: string) => Promise<Resource | undefined> {
  const known = new Map<string, { resource: Resource; until: number }>();
  const underway = new Map<string, Promise<ResourceDocument | undefined>>();

  const fetchDocument = (group: string, version: string): Promise<ResourceDocument | undefined> => {
    const path = versionPath(group, version);
    const shared = underway.get(path);
    if (shared !== undefined) return shared;
    const call = { verb: "discover", plural: path, target: "", method: "GET", path, lane: "writes" } as const;
    const asked = (transport.send(call) as Promise<ResourceDocument>)
      .catch((error: unknown) => {
        if (hasCode(error, 404)) return undefined;
        throw error;
      })
      .finally(() => underway.delete(path));
    underway.set(path, asked);
    return asked;
  };

  return async (apiVersion, kind) => {
    const key = `${apiVersion}/${kind}`;
    const found = known.get(key);
    if (found && found.until > clock.now()) return found.resource;
    const parts = apiVersion.split("/");
    const [group, version] = parts.length === 1 ? ["", apiVersion] : parts;
    if (parts.length > 2 || group === undefined || !version) return undefined;
    const document = await fetchDocument(group, version);
    // A name with a slash is a subresource; its kind may be that of another resource.
    const entry = document?.resources?.find((each) => each.kind === kind && !each.name.includes("/"));
    if (!entry) {
      known.delete(key);
      return undefined;
    }
    const resource = { group, version, plural: entry.name, kind, namespaced: entry.namespaced };
    known.set(key, { resource, until: clock.now() + keepMs });
    return resource;
  };
}
