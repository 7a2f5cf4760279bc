/**
 * The texts of errors as the source spells them: what the table of failures is held against.
 * @module
 */

import { readSources, type SourceFile } from "../support/source.ts";

/** What pods and their users are told is thrown as one of these. */
const THROWN = /new (?:IpamError|PoolUnavailable|EndpointInDoubt|CniError)\(/g;

export interface ErrorText {
  /** `path:line`. */
  readonly place: string;
  /** The parts of it that do not vary. */
  readonly parts: readonly string[];
}

/** Parts of a template or string that stand between what varies, long enough to be told apart. */
function fixedParts(literal: string): string[] {
  return literal
    .split(/\$\{(?:[^{}]|\{[^}]*\})*\}/)
    .map((part) => part.replaceAll('\\"', '"').trim())
    .filter((part) => part.length >= 6 && /[ :]/.test(part));
}

function textsOf({ path, text }: SourceFile): ErrorText[] {
  return [...text.matchAll(THROWN)].flatMap(({ index }) => {
    const rest = text.slice(index, index + 700);
    const call = rest.slice(0, rest.search(/\);\n/) + 1 || undefined);
    const literals = [...call.matchAll(/`((?:\\.|\$\{(?:[^{}`]|`[^`]*`)*\}|[^`\\])*)`|"((?:\\.|[^"\\\n])*)"/g)];
    const parts = literals.flatMap(([, template, string]) => fixedParts(template ?? string ?? ""));
    const place = `${path}:${text.slice(0, index).split("\n").length}`;
    return parts.length > 0 ? [{ place, parts }] : [];
  });
}

/** Returns the text of every such error in the source, where it has one of its own. */
export function errorTexts(): ErrorText[] {
  return readSources("src/ipam", "src/agent", "src/cni").flatMap(textsOf);
}
