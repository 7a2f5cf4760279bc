/**
 * `autopool plan -f FILE…`: what manifests would get if they were applied now.
 * @module
 */

import { ObjectError, readObject } from "../admission/admitted-object.ts";
import { API_VERSION } from "../api/names.ts";
import { type PlannedObject, Planner } from "../asking/plan.ts";
import { isFine, type PlanReport, planLines } from "../asking/plan-text.ts";
import { unseenIn } from "../asking/snapshot.ts";
import { allParts, readSnapshot } from "../asking/snapshot-reader.ts";
import type { KubeObject } from "../cluster/cluster.ts";
import { ConfigError } from "../config.ts";
import { demandOf, demandSettings, ipamOf } from "./demand-settings.ts";
import { type Manifest, readManifests } from "./lint-documents.ts";
import { commandOf } from "./question.ts";

export const plan = commandOf({
  summary: "tell what manifests would get: pools, names, sizes, addresses",
  usage: "plan -f FILE... [-n NAMESPACE] [-o FORMAT]",
  about: `Tells what would come of manifests if they were applied now, in their order: for applications the pools with their names, sizes and
addresses, or what is missing; for subnets, pools and reserved addresses whether admission would take them. Nothing is written.
A FILE is YAML or JSON with any number of documents, a folder of such files, or - for the standard input.

It is worked out by the same code that the operator decides with; the settings must be its.

Exit codes: 0 everything fits, 1 something does not, or it failed, 2 wrong arguments or unreadable files.`,
  flags: [
    { name: "filename", short: "f", value: "FILE", help: "file, folder or -; may be given several times", many: true },
    { name: "namespace", short: "n", value: "NAMESPACE", help: "for manifests that name none; default unless given" },
  ],
  settings: demandSettings,
  check: (words, { flags }) => {
    if (words[0] !== undefined)
      throw new ConfigError(`Cannot plan "${words[0]}": name files with -f, as in "autopool plan -f web.yaml"`);
    if (flags("filename").length === 0)
      throw new ConfigError('Cannot plan nothing: name files, as in "autopool plan -f web.yaml"');
  },
  async answer({ cluster, clock, signal }, { flag, flags, settings }) {
    const manifests = readManifests([...new Set(flags("filename"))]);
    if (manifests.length === 0) throw new ConfigError("Cannot plan: the files have no object in them");
    const snapshot = await readSnapshot(cluster, allParts, signal);
    const namespace = flag("namespace") ?? "default";
    const options = { snapshot, now: clock.now(), demand: demandOf(settings), ipam: ipamOf(settings), namespace };
    const planner = new Planner(options);
    const objects = manifests.map((manifest) => planned(planner, manifest));
    const data: PlanReport = { fits: objects.every(isFine), objects, unseen: unseenIn(snapshot) };
    return { data, lines: (style) => planLines(data, style), exitCode: data.fits ? 0 : 1 };
  },
});

function planned(planner: Planner, manifest: Manifest): PlannedObject {
  if ("mistake" in manifest) return unreadable(manifest, manifest.mistake);
  const { value } = manifest;
  if (typeof value !== "object" || value === null) return unreadable(manifest, "it is no Kubernetes object");
  const { kind, apiVersion, metadata } = value as Partial<KubeObject>;
  if (typeof kind !== "string" || typeof apiVersion !== "string" || typeof metadata?.name !== "string") {
    return unreadable(manifest, "kind, apiVersion or metadata.name is missing");
  }
  try {
    return planner.plan(apiVersion === API_VERSION ? readObject<KubeObject>(value, "") : (value as KubeObject));
  } catch (error) {
    if (error instanceof ObjectError) return unreadable(manifest, error.message);
    throw error;
  }
}

function unreadable({ file, line }: Manifest, why: string): PlannedObject {
  const name = `on line ${line} of ${file === "-" ? "the standard input" : file}`;
  return { kind: "Object", name, verdict: "refused", summary: `cannot be read: ${why}`, pools: [], helps: [] };
}
