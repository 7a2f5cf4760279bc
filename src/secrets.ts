/**
 * What must not be written anywhere that people read: private keys, tokens, passwords.
 *
 * Nothing of autopool's hands such a thing to a log. This is for what others put into their errors: a server that repeats a header, a
 * parser that quotes the line it stumbled over. Pure.
 * @module
 */

const HIDDEN = "[hidden]";

const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----|[\s\S]*)/g, HIDDEN],
  // The same in base64, as Secrets and kubeconfigs have it; certificates begin likewise and are no loss.
  [/\bLS0tLS1CRUdJTi[\w+/=]*/g, HIDDEN],
  // Tokens of service accounts and of OpenID Connect.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, HIDDEN],
  [/\b(Bearer|Basic) +[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  [
    /\b((?:token|password|secret|client-key-data|clientSecret)\\?["']?\s*[:=]\s*\\?["']?)[\w.~+/=-]{16,}/gi,
    `$1${HIDDEN}`,
  ],
];

/** Returns the text with every key, token and password that can be recognized replaced by "[hidden]". */
export function withoutSecrets(text: string): string {
  return SECRETS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}
