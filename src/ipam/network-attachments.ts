/**
 * Which network a NIC of a pod belongs to, as multus will see it (ipam §2.4, rule 7).
 *
 * Read from the pod's annotations, JSON or the short form `namespace/name@interface`. Needed only for pools that name
 * networks, so nobody is asked to have multus who does not use them.
 * @module
 */

import { decodeText, parseObjects, type Refuse } from "../api/go-json.ts";
import type { Pod } from "../api/pod.ts";
import { clip, quote } from "../api/quote.ts";
import { IpamError } from "./candidate.ts";
import { malformed } from "./malformed-annotation.ts";
import type { IpamSettings } from "./settings.ts";

/** Annotation that names the network of `eth0`. */
export const DEFAULT_NETWORK = "v1.multus-cni.io/default-network";
/** Annotation that names the networks of the other NICs, in their order. */
export const NETWORKS = "k8s.v1.cni.cncf.io/networks";

/** The NIC of the cluster's default network, and its name where NICs are counted. */
const DEFAULT_NICS: readonly string[] = ["eth0", "0"];
const LABEL_PATTERN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** IFNAMSIZ - 1. */
const INTERFACE_LENGTH_MAX = 15;

/** One element of the annotations. */
export interface NetworkAttachment {
  /** "" where it is left out. */
  readonly namespace: string;
  readonly name: string;
  /** "" where it is left out. */
  readonly interface: string;
}

/**
 * Returns the network of a NIC, `namespace/name`; `undefined` where it is the default network and nobody has said which.
 * @param nic its name, or its number where the pools' annotation names no NICs
 * @throws {IpamError} If the annotation cannot be read, or knows no such NIC.
 */
export function networkOf(nic: string, pod: Pod, settings: IpamSettings): string | undefined {
  const annotations = pod.metadata.annotations ?? {};
  if (DEFAULT_NICS.includes(nic)) {
    const value = annotations[DEFAULT_NETWORK];
    if (value) return textOf(parseAttachments(DEFAULT_NETWORK, value)[0], settings.agentNamespace);
    return settings.clusterNetwork ? qualified(settings.clusterNetwork, settings.agentNamespace) : undefined;
  }
  const value = annotations[NETWORKS];
  const networks = value === undefined ? [] : parseAttachments(NETWORKS, value);
  const found = networks.find((network, index) => {
    const number = String(index + 1);
    return nic === (network.interface || `net${number}`) || nic === number;
  });
  if (found === undefined) {
    const known = networks.map((network) => textOf(network, pod.metadata.namespace ?? ""));
    throw new IpamError(
      `unknown: no matched multus object for NIC '${clip(nic)}'. The multus network-attachments: [${clip(known.join(" "))}]`,
    );
  }
  return textOf(found, pod.metadata.namespace ?? "");
}

/** Returns the full name of a network that may be written without its namespace. */
export function qualified(name: string, namespace: string): string {
  return name.includes("/") ? name : `${namespace}/${name}`;
}

/**
 * Parses an annotation that names networks; never empty.
 * @throws {IpamError} If it is neither a JSON array of `{name, namespace, interface}` nor a list of `namespace/name@interface`.
 */
export function parseAttachments(annotation: string, value: string): NetworkAttachment[] {
  const refuse = malformed("Pod", annotation, value);
  const networks = /[[{"]/.test(value)
    ? parseObjects(value, refuse).map((members) => ({
        namespace: decodeText(members, "namespace", refuse),
        name: decodeText(members, "name", refuse),
        interface: decodeText(members, "interface", refuse),
      }))
    : value.split(",").map((item) => parseShort(item.trim(), refuse));
  if (networks.length === 0) throw refuse("it names no network");
  return networks;
}

/** Parses `namespace/name@interface`, the first and last part optional. */
function parseShort(item: string, refuse: Refuse): NetworkAttachment {
  const [path = "", nic = "", ...more] = item.split("@");
  const parts = path.split("/");
  const [name = "", namespace] = parts.map((part) => part.trim()).toReversed();
  if (more.length > 0 || parts.length > 2) {
    throw refuse(`${quote(item)} is not a network's name with at most one "/" and one "@"`);
  }
  if (!LABEL_PATTERN.test(name) || (namespace && !LABEL_PATTERN.test(namespace))) {
    throw refuse(
      `${quote(path)} may have lower-case letters, digits and "-" only, with a letter or digit at both ends`,
    );
  }
  if (nic.length > INTERFACE_LENGTH_MAX || /[\s/]/.test(nic)) {
    throw refuse(`interface ${quote(nic)} may have at most ${INTERFACE_LENGTH_MAX} characters, no blanks and no "/"`);
  }
  return { namespace: namespace ?? "", name, interface: nic };
}

function textOf(network: NetworkAttachment | undefined, namespace: string): string {
  return `${network?.namespace || namespace}/${network?.name ?? ""}`;
}
