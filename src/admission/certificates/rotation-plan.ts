/**
 * What is to be done about the certificates, now: one next step, or nothing until some time.
 *
 * Promises that whoever follows it, from any Secret at any time, comes to a certificate that holds and stays there; and that
 * in the ordinary course clients trust the authority of a certificate before it is served. Pure: all replicas plan alike.
 * @module
 */

import { type Certificate, covers, isIssuedBy, isValidAt, type KeyPair } from "./certificate.ts";
import type { Authority, Material } from "./key-material.ts";
import type { Lifetimes } from "./lifetimes.ts";

/** Everything that the plan depends on. */
export interface Situation {
  readonly material: Material;
  /** Something in the Secret is wrong. */
  readonly isDamaged: boolean;
  /** The last usable material that this replica has seen: what it serves, while the Secret is lost. */
  readonly remembered: Material | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** DNS names and IP addresses that the certificate served must have. */
  readonly hosts: readonly string[];
  readonly lifetimes: Lifetimes;
  /** Since when all configurations have carried an authority; `undefined` while they do not, or nobody knows. */
  carriedSince(authority: Certificate): number | undefined;
}

/**
 * What to do.
 *
 * - `found`: make a new authority, and serve a certificate of it at once; nothing is left to be trusted
 * - `revive`: write back what this replica still serves, which all clients trust, and give it a successor
 * - `announce`: make the next authority; nothing is served of it yet
 * - `switch`: let the next authority issue what is served
 * - `renew`: let the authority issue another certificate
 * - `retire`: trust the replaced authorities no longer
 * - `tidy`: take away what cannot be read
 */
export type StepKind = "found" | "revive" | "announce" | "switch" | "renew" | "retire" | "tidy";

/** A step, or none before a time at which the plan is to be asked again. */
export type Step =
  | { readonly kind: StepKind; readonly why: string }
  | { readonly kind: "keep"; readonly until: number };

/** Returns the next step. */
export function nextStep(situation: Situation): Step {
  const { material, now, remembered } = situation;
  if (isUsable(material, now)) return rotate(situation);
  const { ca, next } = material;
  if (ca?.key !== undefined && isValidAt(ca.certificate, now)) {
    return { kind: "renew", why: servingFault(material, now) };
  }
  const why = ca && isValidAt(ca.certificate, now) ? servingFault(material, now) : authorityFault(material, now);
  if (remembered && isUsable(remembered, now)) return { kind: "revive", why };
  return { kind: next && isValidAt(next.certificate, now) ? "switch" : "found", why };
}

/** Tells whether a server can show what the material has, and clients who trust its authorities accept it. */
export function isUsable({ ca, serving }: Material, now: number): boolean {
  if (!ca || !serving || !isValidAt(ca.certificate, now)) return false;
  return isValidAt(serving.certificate, now) && isIssuedBy(serving.certificate, ca.certificate);
}

/** The ordinary course of things, where what is served holds. */
function rotate(situation: Situation): Step {
  const { material, now, lifetimes, isDamaged } = situation;
  const { ca, serving } = material;
  if (!ca || !serving) throw new Error("Cannot plan a rotation: the material is not usable");
  const succession = successionOf(situation, ca);
  if (succession.at <= now) return succession.step;
  const renewal = ca.key === undefined ? undefined : renewalOf(situation, ca, serving);
  if (renewal && renewal.at <= now) return { kind: "renew", why: renewal.why };
  const remaining = remainingPrevious(material, lifetimes, now);
  if (remaining.length < material.previous.length) {
    return { kind: "retire", why: "nothing that they issued is served any more" };
  }
  if (isDamaged) return { kind: "tidy", why: "a part of the Secret cannot be used" };
  const moments = [ca.certificate.notAfter, serving.certificate.notAfter, succession.at];
  if (renewal) moments.push(renewal.at);
  return { kind: "keep", until: Math.min(...moments, ...remaining.map(({ leavesAt }) => leavesAt)) };
}

/** Returns the replaced authorities that are still to be trusted, and how long. */
export function remainingPrevious(
  { previous, serving }: Material,
  lifetimes: Lifetimes,
  now: number,
): { readonly certificate: Certificate; readonly leavesAt: number }[] {
  // The certificate served is of the new authority, or newer.
  const replacedAt = serving ? issuedAt(serving.certificate, lifetimes) : now;
  return previous
    .map((certificate) => ({ certificate, leavesAt: Math.min(replacedAt + lifetimes.retireMs, certificate.notAfter) }))
    .filter(({ leavesAt }) => leavesAt > now);
}

/** When the authority makes room for the next one, or the next one is made. */
function successionOf(situation: Situation, ca: Authority): { readonly at: number; readonly step: Step } {
  const { material, now, lifetimes } = situation;
  const { next } = material;
  if (next && isValidAt(next.certificate, now)) {
    const since = situation.carriedSince(next.certificate) ?? Number.POSITIVE_INFINITY;
    const step: Step = { kind: "switch", why: "all configurations carry the next authority" };
    return { at: since + lifetimes.propagationMs, step };
  }
  if (ca.key === undefined)
    return { at: now, step: { kind: "announce", why: "the authority has no key to sign with" } };
  const at = dueAt(ca.certificate, lifetimes.caRenewAt, lifetimes);
  return { at, step: { kind: "announce", why: "the authority has lived the greater part of its life" } };
}

/** When the authority issues another certificate. */
function renewalOf({ hosts, now, lifetimes }: Situation, ca: Authority, serving: KeyPair) {
  if (!covers(serving.certificate, hosts)) return { at: now, why: "what is served lacks a host" };
  const at = dueAt(serving.certificate, lifetimes.servingRenewAt, lifetimes);
  const ends = Math.min(now + lifetimes.servingMs, ca.certificate.notAfter);
  // Near the authority's end another one would not hold any longer, and one after the other would be issued.
  const isWorthIt = ends - serving.certificate.notAfter >= 1000;
  const why = "what is served has lived the greater part of its life";
  return { at: at <= now && !isWorthIt ? Number.POSITIVE_INFINITY : at, why };
}

function issuedAt({ notBefore }: Certificate, { backdateMs }: Lifetimes): number {
  return notBefore + backdateMs;
}

function dueAt(certificate: Certificate, part: number, lifetimes: Lifetimes): number {
  return certificate.notAfter - (1 - part) * (certificate.notAfter - issuedAt(certificate, lifetimes));
}

function authorityFault({ ca }: Material, now: number): string {
  return ca ? `the authority ${validityFault(ca.certificate, now)}` : "there is no authority";
}

function servingFault({ ca, serving }: Material, now: number): string {
  if (!ca || !serving) return "there is no certificate to serve";
  if (!isValidAt(serving.certificate, now)) return `what is served ${validityFault(serving.certificate, now)}`;
  return "what is served is not of the authority";
}

function validityFault({ notBefore }: Certificate, now: number): string {
  return notBefore > now ? "does not hold yet" : "has expired";
}
