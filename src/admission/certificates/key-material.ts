/**
 * What the Secret holds: the authority in use, the one to come, those that are leaving, and the certificate served.
 *
 * Read tolerantly: each part that is missing or wrong is left out, and a complaint about it names the Secret's key, never
 * what is in it. Pure; what becomes of an incomplete Secret is decided elsewhere.
 * @module
 */

import type { KubeObject } from "../../cluster/cluster.ts";
import { type Certificate, distinct, isKeyOf, type KeyPair, readCertificate, readCertificates } from "./certificate.ts";

/** An authority; without its key it is trusted, but signs nothing any more. */
export interface Authority {
  readonly certificate: Certificate;
  readonly key: string | undefined;
}

/** All certificates and keys of the webhook. */
export interface Material {
  /** The one that issued the certificate served. */
  readonly ca: Authority | undefined;
  /** The one that will take its place once all clients trust it. */
  readonly next: KeyPair | undefined;
  /** Those that it has replaced; still trusted for a while. */
  readonly previous: readonly Certificate[];
  readonly serving: KeyPair | undefined;
}

/** A Secret of the core group. */
export interface Secret extends KubeObject {
  type?: string;
  immutable?: boolean;
  /** Values in base64. */
  data?: Record<string, string> | null;
}

export interface ParsedMaterial {
  readonly material: Material;
  /** What is wrong with the Secret, in words for people. */
  readonly problems: readonly string[];
}

export const emptyMaterial: Material = { ca: undefined, next: undefined, previous: [], serving: undefined };

/** More are not trusted: each can only come from a rotation, and those are years apart. */
export const PREVIOUS_MAX = 4;

/** Which keys of the Secret hold what. */
const KEYS = {
  ca: ["ca.crt", "ca.key"],
  next: ["next-ca.crt", "next-ca.key"],
  serving: ["tls.crt", "tls.key"],
  previous: ["previous-ca.crt"],
} as const;

/** Reads a Secret. */
export function parseMaterial(secret: Secret): ParsedMaterial {
  const reader = new Reader(secret);
  const ca = reader.authority(KEYS.ca);
  const next = reader.authority(KEYS.next);
  const serving = reader.certified(KEYS.serving);
  if (!reader.has(KEYS.ca[0])) reader.complain(KEYS.ca[0], "is missing");
  if (!reader.has(KEYS.serving[0])) reader.complain(KEYS.serving[0], "is missing");
  if (next && next.key === undefined && !reader.has(KEYS.next[1])) reader.complain(KEYS.next[1], "is missing");
  if (serving && serving.key === undefined && !reader.has(KEYS.serving[1])) {
    reader.complain(KEYS.serving[1], "is missing");
  }
  const previous = reader.authorities(KEYS.previous[0]);
  return { material: { ca, next: asPair(next), previous, serving: asPair(serving) }, problems: reader.problems };
}

class Reader {
  readonly problems: string[] = [];
  readonly #data: Readonly<Record<string, unknown>>;

  constructor({ data }: Secret) {
    this.#data = data ?? {};
  }

  has(key: string): boolean {
    return typeof this.#data[key] === "string";
  }

  complain(key: string, what: string): undefined {
    this.problems.push(`key "${key}" ${what}`);
    return undefined;
  }

  authority(keys: readonly [certificate: string, key: string]): Authority | undefined {
    const found = this.certified(keys);
    return found && !found.certificate.x509.ca ? this.complain(keys[0], "holds no authority") : found;
  }

  certified([certificateKey, key]: readonly [string, string]): Authority | undefined {
    if (!this.has(certificateKey)) return undefined;
    const certificate = readCertificate(this.#text(certificateKey));
    if (!certificate) return this.complain(certificateKey, "does not hold one certificate in PEM");
    if (!this.has(key)) return { certificate, key: undefined };
    const text = this.#text(key);
    if (isKeyOf(text, certificate)) return { certificate, key: text };
    this.complain(key, `is no P-256 private key of the certificate in "${certificateKey}"`);
    return { certificate, key: undefined };
  }

  authorities(key: string): Certificate[] {
    if (!this.has(key)) return [];
    const found = readCertificates(this.#text(key)).filter(({ x509 }) => x509.ca);
    if (found.length === 0) this.complain(key, "holds no authority");
    return found.slice(0, PREVIOUS_MAX);
  }

  #text(key: string): string {
    return Buffer.from(String(this.#data[key]), "base64").toString("latin1");
  }
}

function asPair(found: Authority | undefined): KeyPair | undefined {
  return found?.key === undefined ? undefined : { certificate: found.certificate, key: found.key };
}

/** Returns the `data` of a merge patch: what the material has not, it takes away; keys of others it leaves alone. */
export function formatMaterial({ ca, next, previous, serving }: Material): Record<string, string | null> {
  const encode = (text: string | undefined): string | null => (text ? Buffer.from(text).toString("base64") : null);
  const pairs = { ca, next, serving };
  const data: Record<string, string | null> = {};
  for (const [part, [certificateKey, key]] of [
    ["ca", KEYS.ca],
    ["next", KEYS.next],
    ["serving", KEYS.serving],
  ] as const) {
    data[certificateKey] = encode(pairs[part]?.certificate.pem);
    data[key] = encode(pairs[part]?.key);
  }
  data[KEYS.previous[0]] = encode(previous.map(({ pem }) => pem).join(""));
  return data;
}

/** Returns the authorities that clients are to trust; none where the Secret has no authority of its own. */
export function bundleOf({ ca, next, previous }: Material): Certificate[] {
  if (!ca) return [];
  return distinct([ca.certificate, ...(next ? [next.certificate] : []), ...previous]);
}
