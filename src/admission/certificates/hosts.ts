/**
 * The hosts that a certificate names: DNS names and IP addresses, each in one form. Pure.
 * @module
 */

import { familyOf, formatAddress, parseAddress } from "../../address/address.ts";

const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/;

/** Tells whether a text is an IP address, which certificates name in another way than a DNS name. */
export function isAddress(host: string): boolean {
  try {
    parseAddress(host);
    return true;
  } catch {
    return false;
  }
}

/** Returns a host in lower case, an IP address in its canonical form: so that equal hosts are equal texts. */
export function canonicalHost(host: string): string {
  return isAddress(host) ? formatAddress(parseAddress(host), familyOf(host)) : host.toLowerCase();
}

/**
 * Returns hosts in their canonical form.
 * @throws {RangeError} If there is none, or one of them is neither a DNS name nor an IP address
 */
export function parseHosts(hosts: readonly string[]): string[] {
  if (hosts.length === 0) throw new RangeError("Cannot make a certificate: there is no host to make it for");
  return hosts.map((host) => {
    const canonical = canonicalHost(host);
    if (isAddress(host) || DNS_NAME.test(canonical)) return canonical;
    throw new RangeError(`Cannot make a certificate for "${host}": it is neither a DNS name nor an IP address`);
  });
}
