/**
 * The objects of a trace with other names in them. What no decision depends on, and may say something, is left out: labels and
 * annotations of others, routes, affinities to nodes and the like. Pure.
 * @module
 */

import type { LabelSelector, SpiderIPPool } from "../api/ippool.ts";
import { AFFINITY, ANNOTATION, FINALIZER, LABEL } from "../api/names.ts";
import type { SpiderReservedIP } from "../api/reserved-ip.ts";
import { pods, spiderIPPools, spiderReservedIPs, spiderSubnets } from "../api/resources.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import type { ObjectMeta } from "../cluster/cluster.ts";
import type { SeenPod } from "../observe/seen-pod.ts";
import type { Workload } from "../observe/workload.ts";
import { masked } from "./masking.ts";
import { allocatedText, annotations, ledgerText, rangeTexts } from "./redacted-text.ts";
import type { NameKind, Names } from "./renaming.ts";
import { resourceName } from "./trace-line.ts";

const POOLS = resourceName(spiderIPPools);
const SUBNETS = resourceName(spiderSubnets);
const RESERVED = resourceName(spiderReservedIPs);
const PODS = resourceName(pods);

/** Returns what the names of a resource's objects are of; every other kind runs applications. */
export function kindOf(of: string): NameKind {
  return of === POOLS ? "pool" : of === SUBNETS ? "subnet" : of === RESERVED ? "reserved" : of === PODS ? "pod" : "app";
}

/** Returns an object of a resource as it is kept in a trace. */
export function redactedObject(of: string, object: object, names: Names): object {
  if (of === POOLS) return pool(object as SpiderIPPool, names);
  if (of === SUBNETS) return subnet(object as SpiderSubnet, names);
  if (of === RESERVED) return reserved(object as SpiderReservedIP, names);
  if (of === PODS) return pod(object as SeenPod, names);
  return application(object as Workload, names);
}

function application(object: Workload, names: Names): object {
  return {
    ...object,
    namespace: names.name("namespace", object.namespace),
    name: names.name("app", object.name),
    uid: names.name("uid", object.uid),
    // Of the owners of others' pods no annotations are kept.
    ...(object.annotations && { annotations: annotations(object.annotations, names) }),
  };
}

function pod({ pinned, ...rest }: SeenPod, names: Names): object {
  if (!pinned) return rest;
  const { owner } = pinned;
  return {
    ...rest,
    pinned: {
      ...pinned,
      namespace: names.name("namespace", pinned.namespace),
      name: names.name("pod", pinned.name),
      uid: names.name("uid", pinned.uid),
      owner: { ...owner, name: names.name("app", owner.name), uid: names.name("uid", owner.uid) },
      annotations: annotations(pinned.annotations, names),
    },
  };
}

function pool({ metadata, spec, status, ...rest }: SpiderIPPool, names: Names): object {
  const { ipVersion, default: isDefault, disable } = spec;
  const { allocatedIPs } = status ?? {};
  return {
    ...rest,
    metadata: meta(metadata, "pool", names),
    spec: {
      ...present({ ipVersion, default: isDefault, disable }),
      ...addressing(spec, names),
      ...(spec.podAffinity && { podAffinity: affinity(spec.podAffinity, names) }),
    },
    ...(status && {
      status: {
        ...told(status, names),
        ...(typeof allocatedIPs === "string" && { allocatedIPs: allocatedText(allocatedIPs, names) }),
      },
    }),
  };
}

function subnet({ metadata, spec, status, ...rest }: SpiderSubnet, names: Names): object {
  const { controlledIPPools } = status ?? {};
  return {
    ...rest,
    metadata: meta(metadata, "subnet", names),
    spec: { ...present({ ipVersion: spec.ipVersion }), ...addressing(spec, names) },
    ...(status && {
      status: {
        ...told(status, names),
        ...(typeof controlledIPPools === "string" && { controlledIPPools: ledgerText(controlledIPPools, names) }),
      },
    }),
  };
}

function reserved({ metadata, spec, ...rest }: SpiderReservedIP, names: Names): object {
  const { ipVersion, ips } = spec;
  return {
    ...rest,
    metadata: meta(metadata, "reserved", names),
    spec: present({ ipVersion, ips: rangeTexts(ips, names) }),
  };
}

function addressing({ subnet, ips, excludeIPs, gateway }: SpiderSubnet["spec"], names: Names): object {
  return present({
    subnet: names.network(subnet),
    ips: rangeTexts(ips, names),
    excludeIPs: rangeTexts(excludeIPs, names),
    gateway: gateway === undefined ? undefined : names.address(gateway),
  });
}

/** What a status says besides the texts with names in them. */
function told(status: NonNullable<SpiderIPPool["status"] | SpiderSubnet["status"]>, names: Names): object {
  const { allocatedIPCount, totalIPCount, observedGeneration, conditions } = status;
  const state = "state" in status ? status.state : undefined;
  const conditionsNow = conditions?.map((condition) => ({ ...condition, message: names.words(condition.message) }));
  return present({ allocatedIPCount, totalIPCount, state, observedGeneration, conditions: conditionsNow });
}

function meta(metadata: ObjectMeta, kind: NameKind, names: Names): object {
  const { name, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp } = metadata;
  const { labels, annotations: given, finalizers, ownerReferences } = metadata;
  const number = given?.[ANNOTATION.ipNumber];
  return present({
    name: names.name(kind, name),
    uid: uid === undefined ? undefined : names.name("uid", uid),
    resourceVersion,
    generation,
    creationTimestamp,
    deletionTimestamp,
    labels: labels && redactedLabels(labels, names),
    annotations: number === undefined ? undefined : annotations({ [ANNOTATION.ipNumber]: number }, names),
    finalizers: finalizers?.map((text) => (text === FINALIZER ? text : masked(text))),
    ownerReferences: ownerReferences?.map((owner) => ({
      ...owner,
      name: names.name(owner.kind === spiderSubnets.kind ? "subnet" : "app", owner.name),
      uid: names.name("uid", owner.uid),
    })),
  });
}

function redactedLabels(labels: Readonly<Record<string, string>>, names: Names): Record<string, string> {
  const redacted: Record<string, string> = {};
  for (const [label, value] of Object.entries(labels)) {
    const now = redactedLabel(label, value, names);
    if (now !== undefined) redacted[label] = now;
  }
  return redacted;
}

/** `undefined` for the labels of others. */
function redactedLabel(label: string, value: string, names: Names): string | undefined {
  switch (label) {
    case LABEL.subnetCidr:
    case LABEL.poolCidr:
      return names.cidrLabel(value);
    case LABEL.ownerSubnet:
      return names.name("subnet", value);
    case LABEL.applicationNamespace:
      return names.name("namespace", value);
    case LABEL.applicationName:
      return names.nameLabel(value);
    case LABEL.applicationUid:
      return names.name("uid", value);
    case LABEL.applicationGv:
    case LABEL.applicationKind:
    case LABEL.interface:
    case LABEL.ipVersion:
    case LABEL.reclaim:
      return value;
    default:
      return undefined;
  }
}

/** Keys of others stay others' keys. */
function affinity({ matchLabels, matchExpressions }: LabelSelector, names: Names): LabelSelector {
  const entries = Object.entries(matchLabels ?? {}).map(([key, value]): [string, string] => {
    if (key === AFFINITY.namespace) return [key, names.name("namespace", value)];
    if (key === AFFINITY.name) return [key, names.name("app", value)];
    return key === AFFINITY.group || key === AFFINITY.version || key === AFFINITY.kind
      ? [key, value]
      : [masked(key), masked(value)];
  });
  return {
    ...(matchLabels && { matchLabels: Object.fromEntries(entries) }),
    ...(matchExpressions && { matchExpressions: matchExpressions.map(() => ({ key: "x", operator: "Exists" })) }),
  };
}

/** Leaves out what is not there, which the API does not write either. */
function present<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>;
}
