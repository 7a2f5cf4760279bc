/**
 * What a question is about: from `deploy/web`, `pod web-1`, `default/web-1` or a bare name to one object of the snapshot.
 *
 * Whoever names too little is told all that it could be; whoever names what is not there, what is called nearly so.
 * @module
 */

import type { Application } from "../api/application.ts";
import { storeKey } from "../cluster/reflected-store.ts";
import { nativeKinds, type Workload } from "../observe/workload.ts";
import type { Applications } from "./applications.ts";
import type { Snapshot } from "./snapshot.ts";

/** One object that can be explained. */
export type Subject =
  | {
      readonly is: "pod" | "pool" | "subnet";
      readonly kind: string;
      readonly namespace?: string;
      readonly name: string;
    }
  | {
      readonly is: "application";
      readonly kind: string;
      readonly namespace: string;
      readonly name: string;
      readonly application: Omit<Application, "uid">;
    };

/** Nothing, or too much, is called so. */
export class SubjectError extends Error {
  override readonly name = "SubjectError";
}

/** What can be named, and how people call it. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  Pod: ["pod", "pods", "po", "spiderendpoint", "spiderendpoints", "se", "endpoint", "endpoints"],
  SpiderIPPool: ["spiderippool", "spiderippools", "sp", "ippool", "ippools", "pool", "pools"],
  SpiderSubnet: ["spidersubnet", "spidersubnets", "ss", "subnet", "subnets"],
  Deployment: ["deployment", "deployments", "deploy"],
  ReplicaSet: ["replicaset", "replicasets", "rs"],
  StatefulSet: ["statefulset", "statefulsets", "sts"],
  DaemonSet: ["daemonset", "daemonsets", "ds"],
  Job: ["job", "jobs"],
  CronJob: ["cronjob", "cronjobs", "cj"],
};

interface Asked {
  readonly kind: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string;
}

/**
 * Finds what is meant.
 * @param words `KIND/NAME`, `KIND NAME`, `NAMESPACE/NAME` or `NAME`
 * @throws {SubjectError} If nothing, or more than one object, is called so.
 */
export function findSubject(
  words: readonly string[],
  namespace: string | undefined,
  snapshot: Snapshot,
  applications: Applications,
): Subject {
  const asked = readWords(words, namespace, snapshot);
  const all = [...subjectsIn(snapshot, applications)].filter((subject) => isOfKind(subject, asked.kind));
  const here = all.filter(
    (subject) =>
      asked.namespace === undefined || subject.namespace === undefined || subject.namespace === asked.namespace,
  );
  const found = here.filter(({ name }) => name === asked.name);
  const [only, another] = found;
  if (only && !another) return only;
  const text = [asked.namespace, asked.name].filter(Boolean).join("/");
  if (only) {
    const list = found.map((subject) => `  ${commandFor(subject)}`).join("\n");
    throw new SubjectError(
      `Cannot explain "${asked.name}": ${found.length} things are called so; name one of them\n${list}`,
    );
  }
  if (all.length === 0 && asked.kind !== undefined) throw new SubjectError(unknownKind(asked.kind, applications));
  const elsewhere = all.filter(({ name }) => name === asked.name);
  const near = elsewhere.length > 0 ? elsewhere : here.filter(({ name }) => isNear(name, asked.name));
  const hint = near.slice(0, nearMax).map((subject) => `  ${commandFor(subject)}`);
  const what = asked.kind === undefined ? "no application, pod, pool or subnet" : `no ${asked.kind}`;
  const mean = hint.length > 0 ? `; do you mean\n${hint.join("\n")}` : "";
  throw new SubjectError(`Cannot explain "${text}": there is ${what} of that name${mean}`);
}

const nearMax = 8;

function readWords(words: readonly string[], namespace: string | undefined, snapshot: Snapshot): Asked {
  const [first = "", second] = words;
  if (second !== undefined) {
    const [before, after] = splitOnce(second);
    // As we print it ourselves: "Deployment shop/web".
    return after === undefined
      ? { kind: first, namespace, name: second }
      : { kind: first, namespace: before, name: after };
  }
  const [before, after] = splitOnce(first);
  if (after === undefined) return { kind: undefined, namespace, name: first };
  const [middle, last] = splitOnce(after);
  if (last !== undefined) return { kind: before, namespace: middle, name: last };
  const isNamespace = !isKnownKind(before) && hasNamespace(snapshot, before);
  return isNamespace ? { kind: undefined, namespace: before, name: after } : { kind: before, namespace, name: after };
}

function splitOnce(text: string): [before: string, after: string | undefined] {
  const slash = text.indexOf("/");
  return slash < 0 ? [text, undefined] : [text.slice(0, slash), text.slice(slash + 1)];
}

function isKnownKind(text: string): boolean {
  return Object.values(aliases).some((names) => names.includes(text.toLowerCase()));
}

function hasNamespace(snapshot: Snapshot, name: string): boolean {
  if (snapshot.namespaces.has(`/${name}`)) return true;
  return [...snapshot.pods.values()].some(({ metadata }) => metadata.namespace === name);
}

function* subjectsIn(snapshot: Snapshot, applications: Applications): Generator<Subject> {
  for (const { metadata } of snapshot.pods.values()) {
    yield { is: "pod", kind: "Pod", namespace: metadata.namespace ?? "", name: metadata.name };
  }
  for (const endpoint of snapshot.endpoints.values()) {
    if (snapshot.pods.has(storeKey(endpoint.metadata))) continue;
    yield { is: "pod", kind: "Pod", namespace: endpoint.metadata.namespace ?? "", name: endpoint.metadata.name };
  }
  for (const { metadata } of snapshot.pools.values()) yield { is: "pool", kind: "SpiderIPPool", name: metadata.name };
  for (const { metadata } of snapshot.subnets.values())
    yield { is: "subnet", kind: "SpiderSubnet", name: metadata.name };
  for (const workload of snapshot.workloads.values()) yield subjectOf(workload);
  for (const [, application] of applications.pinned()) yield subjectOf(application);
  for (const key of applications.keys()) {
    const gone = snapshot.workloads.has(key) ? undefined : applications.observeKey(key);
    // A native application that is gone may have left a pool.
    if (gone?.native) yield subjectOf(gone.application);
  }
}

function subjectOf({ apiVersion, kind, namespace, name }: Omit<Application, "uid"> | Workload): Subject {
  return { is: "application", kind, namespace, name, application: { apiVersion, kind, namespace, name } };
}

function isOfKind({ kind }: Subject, asked: string | undefined): boolean {
  if (asked === undefined) return true;
  const [word = ""] = asked.toLowerCase().split(".");
  const lower = kind.toLowerCase();
  return word === lower || word === `${lower}s` || aliases[kind]?.includes(word) === true;
}

function unknownKind(kind: string, applications: Applications): string {
  if (isKnownKind(kind.split(".")[0] ?? "")) return `Cannot explain a ${kind}: there is none`;
  const natives = nativeKinds.map(({ resource }) => resource.kind);
  const others = new Set([...applications.pinned()].map(([, application]) => application.kind));
  const known = ["Pod", "SpiderIPPool", "SpiderSubnet", ...natives, ...others].join(", ");
  return `Cannot explain a ${kind}: none has pods or pools here; kinds that can be explained are ${known}`;
}

/** What a person would type to ask about it. */
function commandFor({ kind, namespace, name }: Subject): string {
  const scope = namespace === undefined ? "" : ` -n ${namespace}`;
  return `autopool explain ${kind.toLowerCase()}/${name}${scope}`;
}

function isNear(name: string, asked: string): boolean {
  if (asked.length >= 3 && (name.includes(asked) || asked.includes(name))) return true;
  return distance(name, asked) <= 2;
}

/** Edits that make one text of the other; texts of very different length are far apart without a look. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
