/**
 * What is wrong with manifests before anybody applies them: the rules of admission, with the other manifests as the world.
 *
 * Subnets come first, then pools, whatever their order in the files: so a pool is judged with the subnet that it will have. Each object
 * stands for those after it, even if something is wrong with it, so that all mistakes are found at once. What is in the cluster
 * already is not known here. No I/O.
 * @module
 */

import { ObjectError, readObject } from "../admission/admitted-object.ts";
import { kindRules, rulesOf } from "../admission/kind-rules.ts";
import { formatRefusal } from "../admission/rules/refusal.ts";
import type { RuledKind } from "../admission/rules/rule-table.ts";
import { API_VERSION } from "../api/names.ts";
import type { KubeObject } from "../cluster/cluster.ts";
import type { Manifest, Place } from "./lint-documents.ts";
import { unknownFields } from "./lint-fields.ts";
import { GrowingWorld, type LintSettings } from "./lint-world.ts";

/** One thing that is wrong. */
export interface Mistake {
  /** Name of the rule; absent where the text is no object of its kind at all. */
  readonly rule?: string;
  readonly field?: string;
  readonly message: string;
}

/** An object of ours, or a text that should be one, and what is wrong with it. */
export interface Linted extends Place {
  readonly kind?: string;
  readonly name?: string;
  readonly mistakes: readonly Mistake[];
}

export interface LintReport {
  /** In the order of the files. */
  readonly objects: readonly Linted[];
  /** Objects of kinds that have no rules. */
  readonly passedOver: number;
}

const ORDER: readonly RuledKind[] = ["SpiderSubnet", "SpiderIPPool", "SpiderReservedIP"];

/** Names as Kubernetes takes them (RFC 1123 subdomain). */
const NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const NAME_MAX = 253;

interface Candidate {
  readonly place: Place;
  readonly kind: RuledKind;
  readonly name: string;
  readonly object: KubeObject | undefined;
  readonly mistakes: Mistake[];
}

/** Judges all manifests together. */
export function lint(manifests: readonly Manifest[], settings: LintSettings): LintReport {
  const candidates: Candidate[] = [];
  const unreadable: Linted[] = [];
  let passedOver = 0;
  for (const manifest of manifests) {
    const { file, document, line, item } = manifest;
    const place = { file, document, line, ...(item !== undefined && { item }) };
    const kind = "value" in manifest ? kindOf(manifest.value) : undefined;
    if ("mistake" in manifest) unreadable.push({ ...place, mistakes: [{ message: manifest.mistake }] });
    else if (kind === undefined) passedOver += 1;
    else candidates.push(read(place, kind, manifest.value as object));
  }
  judgeAll(candidates, settings);
  const linted = candidates.map(({ place, kind, name, mistakes }) => ({
    ...place,
    kind,
    ...(name && { name }),
    mistakes,
  }));
  const order = new Map(manifests.map((manifest, index) => [placeOf(manifest), index]));
  const at = (place: Place): number => order.get(placeOf(place)) ?? 0;
  return { objects: [...unreadable, ...linted].sort((a, b) => at(a) - at(b)), passedOver };
}

function placeOf({ file, document, item }: Place): string {
  return `${document} ${item} ${file}`;
}

function kindOf(value: unknown): RuledKind | undefined {
  const { kind } = (typeof value === "object" && value !== null ? value : {}) as { kind?: unknown };
  return ORDER.find((known) => known === kind);
}

/** Reads an object and finds what needs no rule: its version, name and types. */
function read(place: Place, kind: RuledKind, value: object): Candidate {
  const { apiVersion } = value as { apiVersion?: unknown };
  const mistakes: Mistake[] = [];
  if (apiVersion !== API_VERSION) {
    mistakes.push({ field: "apiVersion", message: `apiVersion: ${said(apiVersion)}: write ${API_VERSION}` });
  }
  for (const { field, detail } of unknownFields(kind, value)) mistakes.push({ field, message: `${field}: ${detail}` });
  const name = nameIn(value);
  try {
    const object = readObject<KubeObject>(value, "");
    if (!("generateName" in object.metadata) && !(NAME.test(name) && name.length <= NAME_MAX)) {
      const detail = `write lower-case letters, digits, "-" and ".", such as pool-a`;
      mistakes.push({ field: "metadata.name", message: `metadata.name: ${said(name || undefined)}: ${detail}` });
    }
    return { place, kind, name, object, mistakes };
  } catch (error) {
    if (!(error instanceof ObjectError)) throw error;
    mistakes.push({ message: error.message });
    return { place, kind, name, object: undefined, mistakes };
  }
}

function nameIn(value: object): string {
  const { metadata } = value as { metadata?: unknown };
  const { name } = (metadata ?? {}) as { name?: unknown };
  return typeof name === "string" ? name : "";
}

function judgeAll(candidates: readonly Candidate[], settings: LintSettings): void {
  const world = new GrowingWorld(settings);
  const places = new Map<string, Place>();
  const inOrder = ORDER.flatMap((kind) => candidates.filter((candidate) => candidate.kind === kind));
  for (const { place, kind, name, object: given, mistakes } of inOrder) {
    if (!given) continue;
    const twin = places.get(`${kind} ${name}`);
    if (twin && name !== "") {
      const detail = `stands in ${twin.file}:${twin.line} as well, and the last one counts; write it once`;
      mistakes.push({ field: "metadata.name", message: `metadata.name: ${said(name)}: ${detail}` });
    }
    places.set(`${kind} ${name}`, place);
    const rules = rulesOf(kindRules, kind);
    const object = rules?.defaults(given, world) ?? given;
    for (const refusal of rules?.judge({ operation: "CREATE", object }, world)?.refusals ?? []) {
      mistakes.push({ rule: refusal.rule, field: refusal.field, message: formatRefusal(refusal) });
    }
    world.add(kind, object);
  }
}

function said(value: unknown): string {
  return value === undefined ? "it is missing" : JSON.stringify(value);
}
