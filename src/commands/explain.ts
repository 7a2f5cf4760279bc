/**
 * `autopool explain`: why an application, pod, pool or subnet is as it is, and what would help.
 * @module
 */

import type { Application } from "../api/application.ts";
import { Applications } from "../asking/applications.ts";
import { Enquiry } from "../asking/enquiry.ts";
import { explain as explained, withWarnings } from "../asking/explain.ts";
import { explanationLines } from "../asking/explanation-text.ts";
import { endpointPlace } from "../asking/places.ts";
import type { Snapshot } from "../asking/snapshot.ts";
import { allParts, readSnapshot, rereadPlaces } from "../asking/snapshot-reader.ts";
import { findSubject, type Subject, SubjectError } from "../asking/subject.ts";
import { readWarnings } from "../asking/warnings.ts";
import { fromTimestamp } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { find } from "../cluster/find.ts";
import { ConfigError } from "../config.ts";
import type { Existence } from "../observe/demand.ts";
import { isNativeKind, workloadKey } from "../observe/workload.ts";
import { demandOf, demandSettings, ipamOf } from "./demand-settings.ts";
import { commandOf } from "./question.ts";

export const explain = commandOf({
  summary: "tell why an application, pod, pool or subnet is as it is",
  usage: "explain KIND/NAME | POD | POOL | SUBNET [-n NAMESPACE] [-o FORMAT]",
  about: `Tells why something is as it is: what it waits for, how many addresses are missing, who holds what could be freed, and what
would help; with the Warning Events of late. KIND may be any that has pods or pools, and the short names of kubectl:
deploy/web, sts/db, cloneset/game, pod/web-1, sp/my-pool, ss/my-subnet. A bare NAME will do where only one thing is called so.

It is worked out from what the API server has now, by the same code that operator and agents decide with; the settings must be theirs.

Exit codes: 0 answered, 1 failed, or nothing is called so, 2 wrong arguments, or several things are called so.`,
  flags: [{ name: "namespace", short: "n", value: "NAMESPACE", help: "where it is; anywhere unless given" }],
  settings: demandSettings,
  check: (words) => {
    if (words.length === 0)
      throw new ConfigError('Cannot explain nothing: name something, as in "autopool explain deploy/web"');
    const [, , third] = words;
    if (third !== undefined) throw new ConfigError(`Cannot explain "${third}" too: name one thing, as KIND/NAME`);
  },
  async answer({ cluster, clock, signal }, { words, flag, settings }) {
    const snapshot = await readSnapshot(cluster, allParts, signal);
    const demand = demandOf(settings);
    const subject = named(() => findSubject(words, flag("namespace"), snapshot, new Applications(snapshot, demand)));
    const existence = await existenceOf(cluster, ownerOf(subject, snapshot, new Applications(snapshot, demand)));
    if (subject.is === "pod") await rereadPlaces(cluster, snapshot, [endpointPlace(subject)], signal);
    const now = clock.now();
    const enquiry = new Enquiry({ snapshot, now, demand, ipam: ipamOf(settings), existence });
    const unwarned = explained(enquiry, subject);
    const warnings = await readWarnings(cluster, unwarned.toldOf, signal);
    const data = withWarnings(unwarned, warnings, now, fromTimestamp);
    return { data, lines: (style) => explanationLines(data, now, style), exitCode: 0 };
  },
});

/** What is meant must be told by whoever asks. */
function named(look: () => Subject): Subject {
  try {
    return look();
  } catch (error) {
    if (error instanceof SubjectError && error.message.includes("are called so")) throw new ConfigError(error.message);
    throw error;
  }
}

/** The application whose existence decides: itself, or that of a pool. */
function ownerOf(
  subject: Subject,
  snapshot: Snapshot,
  applications: Applications,
): Omit<Application, "uid"> | undefined {
  if (subject.is === "application") return subject.application;
  const key = subject.is === "pool" ? snapshot.pools.applicationOf(subject.name) : undefined;
  return key === undefined ? undefined : applications.observeKey(key)?.application;
}

/** Whether a non-native application is there, by a read; of all others nobody asks. */
async function existenceOf(
  cluster: Cluster,
  asked: Omit<Application, "uid"> | undefined,
): Promise<(application: Omit<Application, "uid">) => Existence> {
  if (!asked || isNativeKind(asked.apiVersion, asked.kind)) return () => "unknown";
  const found = await lookUp(cluster, asked);
  const key = workloadKey(asked);
  return (other) => (workloadKey(other) === key ? found : "unknown");
}

async function lookUp(
  cluster: Cluster,
  { apiVersion, kind, namespace, name }: Omit<Application, "uid">,
): Promise<Existence> {
  try {
    const resource = await cluster.resolve(apiVersion, kind);
    if (!resource) return "unknown";
    const owner = await find(cluster, resource, resource.namespaced ? { namespace, name } : { name }, {
      metadataOnly: true,
    });
    return owner ? { uid: owner.metadata.uid ?? "" } : "gone";
  } catch {
    return "unknown"; // As for the operator: what cannot be read is neither there nor gone.
  }
}
