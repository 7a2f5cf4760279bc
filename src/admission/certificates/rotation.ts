/**
 * Carries out a step of the plan on the material: makes the certificates and puts each in its place.
 *
 * Writes nothing anywhere; the result is what the Secret is to hold. Promises that nothing that clients may still need leaves
 * the bundle: what is replaced becomes one of the previous authorities.
 * @module
 */

import { issueServing, makeAuthority, type Validity } from "./authority.ts";
import { type Certificate, covers, distinct, hostsOf, isValidAt, type KeyPair } from "./certificate.ts";
import { type Authority, bundleOf, type Material, PREVIOUS_MAX } from "./key-material.ts";
import { isUsable, remainingPrevious, type Situation, type StepKind } from "./rotation-plan.ts";

/**
 * Returns the material after a step.
 *
 * @param carried the authorities that the configurations carry now, to which other replicas may still serve certificates
 * @throws {Error} If what was made does not do, which no later attempt would mend either
 */
export async function perform(
  kind: StepKind,
  situation: Situation,
  carried: readonly Certificate[],
): Promise<Material> {
  const { material, now, lifetimes } = situation;
  switch (kind) {
    case "found":
      return found(situation, carried);
    case "revive":
      return revive(situation);
    case "announce":
      return { ...material, next: await newAuthority(situation) };
    case "switch":
      return promote(situation);
    case "renew":
      return renew(situation);
    case "retire": {
      const previous = remainingPrevious(material, lifetimes, now).map(({ certificate }) => certificate);
      return { ...material, previous };
    }
    case "tidy":
      return material;
  }
}

async function found(situation: Situation, carried: readonly Certificate[]): Promise<Material> {
  const ca = await newAuthority(situation);
  const previous = stillTrusted(situation, ca.certificate, [...bundleOf(situation.material), ...carried]);
  return { ca, next: undefined, previous, serving: await serve(situation, ca) };
}

/** Who deletes the Secret or overwrites it may want other keys: so the old one is not used again. */
async function revive(situation: Situation): Promise<Material> {
  const { material, remembered, now } = situation;
  if (!remembered?.ca) throw new Error("Cannot write back the certificates: none is remembered");
  const { certificate } = remembered.ca;
  const isNextValid = material.next && isValidAt(material.next.certificate, now);
  const next = isNextValid ? material.next : await newAuthority(situation);
  const previous = stillTrusted(situation, certificate, [...remembered.previous, ...bundleOf(material)]);
  return { ca: { certificate, key: undefined }, next, previous, serving: remembered.serving };
}

async function promote(situation: Situation): Promise<Material> {
  const { next: ca } = situation.material;
  if (!ca) throw new Error("Cannot switch to the next authority: there is none");
  const previous = stillTrusted(situation, ca.certificate, bundleOf(situation.material));
  return { ca, next: undefined, previous, serving: await serve(situation, ca) };
}

/** Where the authority turns out to be unable to issue what clients accept, it loses its key, and so gets a successor. */
async function renew(situation: Situation): Promise<Material> {
  const { material, now, hosts } = situation;
  const { ca, serving } = material;
  const pair = asPair(ca);
  if (!pair) throw new Error("Cannot renew the certificate: the authority has no key");
  // Replicas of two versions may want different hosts; each adding its own, they come to rest.
  const isLacking = isUsable(material, now) && serving !== undefined && !covers(serving.certificate, hosts);
  const others = isLacking ? hostsOf(serving.certificate).filter((host) => !hosts.includes(host)) : [];
  const renewed = { ...material, serving: await issue(situation, pair, [...hosts, ...others]) };
  if (isUsable(renewed, now)) return renewed;
  return { ...material, ca: { certificate: pair.certificate, key: undefined } };
}

async function serve(situation: Situation, ca: KeyPair): Promise<KeyPair> {
  const serving = await issue(situation, ca, situation.hosts);
  const material = { ca, serving, next: undefined, previous: [] };
  if (isUsable(material, situation.now) && covers(serving.certificate, situation.hosts)) return serving;
  throw new Error(`Cannot issue a certificate for ${situation.hosts.join(", ")}: it would not be accepted`);
}

/** Returns the authorities beside the new one that still hold, newest places first. */
function stillTrusted({ now }: Situation, ca: Certificate, others: readonly Certificate[]): Certificate[] {
  const holding = others.filter((other) => isValidAt(other, now) && other.fingerprint !== ca.fingerprint);
  return distinct(holding).slice(0, PREVIOUS_MAX);
}

function issue(situation: Situation, ca: KeyPair, hosts: readonly string[]): Promise<KeyPair> {
  return issueServing(ca, hosts, validity(situation, situation.lifetimes.servingMs));
}

function newAuthority(situation: Situation): Promise<KeyPair> {
  return makeAuthority(validity(situation, situation.lifetimes.caMs));
}

function validity({ now, lifetimes }: Situation, lifetimeMs: number): Validity {
  return { notBefore: now - lifetimes.backdateMs, notAfter: now + lifetimeMs };
}

function asPair(ca: Authority | undefined): KeyPair | undefined {
  return ca?.key === undefined ? undefined : { certificate: ca.certificate, key: ca.key };
}
