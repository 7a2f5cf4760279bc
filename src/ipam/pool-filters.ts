/**
 * Why a pool may not serve a NIC: the checks in the contract's order (ipam §2.4), each one pure and tiny.
 *
 * The first reason counts. That the operator has refused the pool is a check of ours. Rule 9 (`match_master_subnet`) needs the
 * pod's network namespace and is not among them.
 * @module
 */

import { podAffinityFor } from "../api/application.ts";
import { familyOfPool, isAutoPool, type LabelSelector, type SpiderIPPool } from "../api/ippool.ts";
import type { KubeObject } from "../cluster/cluster.ts";
import { type Candidate, IpamError } from "./candidate.ts";
import { selects } from "./label-selector.ts";
import { networkOf, qualified } from "./network-attachments.ts";
import type { SelectionRequest } from "./selection-request.ts";

/** Returns why the pool cannot be used; `undefined` where this check has nothing against it. */
type Check = (pool: SpiderIPPool, candidate: Candidate, request: SelectionRequest) => string | undefined;

const CHECKS: readonly Check[] = [
  terminating,
  disabled,
  refused,
  otherFamily,
  otherNode,
  otherNamespace,
  otherApplication,
  otherPod,
  otherNetwork,
];

/** Reasons of the condition `Stalled` that are about the pool's addresses. */
const REFUSALS: ReadonlySet<string> = new Set(["InvalidSpec", "Overlap"]);

/** Returns the first reason why a pool may not serve a candidate; `undefined` where it may. */
export function reasonAgainst(pool: SpiderIPPool, candidate: Candidate, request: SelectionRequest): string | undefined {
  for (const check of CHECKS) {
    const reason = check(pool, candidate, request);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function terminating({ metadata }: SpiderIPPool): string | undefined {
  return metadata.deletionTimestamp === undefined ? undefined : `terminating IPPool ${metadata.name}`;
}

function disabled({ metadata, spec }: SpiderIPPool): string | undefined {
  return spec.disable === true ? `disabled IPPool ${metadata.name}` : undefined;
}

/** The operator found the pool wrong, or its addresses another one's: they may be in use elsewhere. */
function refused({ metadata, status }: SpiderIPPool): string | undefined {
  const stalled = status?.conditions?.find(({ type }) => type === "Stalled");
  if (stalled?.status !== "True" || !REFUSALS.has(stalled.reason)) return undefined;
  return `refused IPPool ${metadata.name}: ${stalled.reason}: ${stalled.message}`;
}

function otherFamily(pool: SpiderIPPool, candidate: Candidate): string | undefined {
  const family = familyOfPool(pool);
  if (family === undefined) return `nil ippool ipVersion of IPPool ${pool.metadata.name}`;
  if (family === candidate.family) return undefined;
  return `expect an IPv${candidate.family} IPPool, but the version of the IPPool ${pool.metadata.name} is IPv${family}`;
}

/** A list of names hides the selector. */
function otherNode(
  { metadata, spec }: SpiderIPPool,
  _: Candidate,
  { pod, node }: SelectionRequest,
): string | undefined {
  if (spec.nodeName?.length) {
    return spec.nodeName.includes(pod.spec?.nodeName ?? "")
      ? undefined
      : `unmatched Node name of IPPool ${metadata.name}`;
  }
  return unselected(spec.nodeAffinity, node, `unmatched Node affinity of IPPool ${metadata.name}`);
}

/** A list of names hides the selector. */
function otherNamespace(
  { metadata, spec }: SpiderIPPool,
  _: Candidate,
  { pod, namespace }: SelectionRequest,
): string | undefined {
  if (spec.namespaceName?.length) {
    const isListed = spec.namespaceName.includes(pod.metadata.namespace ?? "");
    return isListed ? undefined : `unmatched Namespace name of IPPool ${metadata.name}`;
  }
  return unselected(spec.namespaceAffinity, namespace, `unmatched Namespace affinity of IPPool ${metadata.name}`);
}

/** An automatic pool's five keys name its application; no pod has them as labels. */
function otherApplication(pool: SpiderIPPool, _: Candidate, { top }: SelectionRequest): string | undefined {
  if (!isAutoPool(pool)) return undefined;
  const actual = pool.spec.podAffinity?.matchLabels ?? {};
  const isOurs = Object.entries(podAffinityFor(top).matchLabels ?? {}).every(([key, value]) => actual[key] === value);
  return isOurs ? undefined : `unmatched Pod affinity of auto-created IPPool ${pool.metadata.name}`;
}

function otherPod(pool: SpiderIPPool, _: Candidate, { pod }: SelectionRequest): string | undefined {
  if (isAutoPool(pool)) return undefined;
  return unselected(pool.spec.podAffinity, pod, `unmatched Pod affinity of IPPool ${pool.metadata.name}`);
}

/**
 * The NIC's network is looked for only where the pool names networks: the reference always does, and so serves no `eth0` in a
 * cluster without multus (ipam §8, B10). An automatic pool belongs to its application on every network.
 */
function otherNetwork(pool: SpiderIPPool, { nic }: Candidate, request: SelectionRequest): string | undefined {
  const { pod, settings } = request;
  const { multusName } = pool.spec;
  if (!multusName?.length || isAutoPool(pool)) return undefined;
  try {
    const network = networkOf(nic, pod, settings);
    if (multusName.some((entry) => qualified(entry, settings.agentNamespace) === network)) return undefined;
    return networkMismatch(pool.metadata.name, multusName, nic, network);
  } catch (error) {
    if (error instanceof IpamError) return error.message;
    throw error;
  }
}

function networkMismatch(
  pool: string,
  multusName: readonly string[],
  nic: string,
  network: string | undefined,
): string {
  const list = `[${multusName.join(" ")}]`;
  if (network === undefined) {
    return `cluster-network multus isn't set, the IPPool ${pool} specified multusName ${list} unmatched`;
  }
  return `the spec.multusName ${list} in the IPPool ${pool} used by the Pod interface ${nic} is not matched with the multusCR ${network} specified by the Pod`;
}

/** An object that has not been seen yet is not selected, not even by a selector without requirements. */
function unselected(
  selector: LabelSelector | null | undefined,
  object: KubeObject | undefined,
  reason: string,
): string | undefined {
  if (selector === undefined || selector === null) return undefined;
  if (object === undefined) return `${reason}: the object to match has not been seen on this node yet`;
  try {
    return selects(selector, object.metadata.labels) ? undefined : reason;
  } catch (error) {
    if (error instanceof SyntaxError) return `${reason}: ${error.message}`;
    throw error;
  }
}
