/**
 * The objects of an installation, out of the manifests and what was chosen. Pure.
 *
 * Without a choice they are those of `kubectl apply -k deploy/`.
 * @module
 */

import { loadAll } from "js-yaml";
import type { KubeObject } from "../cluster/cluster.ts";
import { isList, isObject, type Json } from "./json.ts";

export interface Choices {
  readonly namespace: string;
  readonly image: string;
  /** Whose agents give pods their addresses. */
  readonly agent: "autopool" | "spiderpool";
  /** The operator uses its node's network. */
  readonly hostNetwork: boolean;
}

/** What stands in the manifests. */
const NAMESPACE = "autopool-system";
const IMAGE = "autopool";
const COMPONENT = "app.kubernetes.io/component";
const PATCH = "deploy/host-network/operator.yaml";
/** Lists that are a set of named things, where a patch is merged into the thing of its name. */
const NAMED = new Set(["containers"]);

/**
 * Returns the objects in the order in which they are to be applied.
 * @param files the manifests' texts by path, as `manifestFiles` returns them
 */
export function installedObjects(files: Readonly<Record<string, string>>, choices: Choices): KubeObject[] {
  const { [PATCH]: patch = "", ...manifests } = files;
  const patches = choices.hostNetwork ? (loadAll(patch) as KubeObject[]) : [];
  return Object.values(manifests)
    .flatMap((text) => loadAll(text) as KubeObject[])
    .filter(({ metadata }) => choices.agent === "autopool" || metadata.labels?.[COMPONENT] !== "agent")
    .map((object) => {
      const own = patches.filter(
        ({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name,
      );
      const patched = own.reduce((into, one) => merged(into, one as unknown as Json), object as unknown as Json);
      return chosen(patched, choices) as unknown as KubeObject;
    });
}

/** Returns a value with another in it, as a strategic merge does where lists are sets. */
function merged(into: Json, patch: Json, key = ""): Json {
  if (isList(into) && isList(patch) && NAMED.has(key)) {
    return into.map((item) =>
      patch.reduce((all: Json, one) => (nameOf(one) === nameOf(item) ? merged(all, one) : all), item),
    );
  }
  if (!isObject(into) || !isObject(patch)) return patch;
  const changed = Object.entries(patch).map(([name, value]) => [name, merged(into[name] ?? null, value, name)]);
  return { ...into, ...Object.fromEntries(changed) };
}

/** Returns a value with the namespace and the image that were chosen, wherever it names them. */
function chosen(value: Json, choices: Choices, key = ""): Json {
  if (typeof value === "string") {
    if (key === "image" && value === IMAGE) return choices.image;
    return value.replaceAll(NAMESPACE, choices.namespace);
  }
  if (isList(value)) return value.map((item) => chosen(item, choices));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, chosen(item, choices, name)]));
}

function nameOf(value: Json): Json | undefined {
  return isObject(value) ? value["name"] : undefined;
}
