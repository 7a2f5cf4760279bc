/**
 * Why a pod got no address: texts that kubelet puts into the pod's Event `FailedCreatePodSandBox`.
 *
 * Pure text; the errors are in src/ipam, src/agent and src/cni.
 * @module
 */

import type { Failure } from "./failure.ts";

/** Nothing could be chosen from. */
export const selectionFailures: readonly Failure[] = [
  {
    text: "no IPPool available, no pool selection rules of any type are specified",
    cause: "Neither pod nor namespace nor CNI configuration names a pool, and no pool is the default.",
    cure: "Annotate the pod template with `ipam.spidernet.io/subnet`, or give a pool `spec.default: true`.",
  },
  {
    text: "no IPPool available, … filtered out: …",
    cause: "There is something against each pool that is named; what, stands behind it, pool by pool (next table).",
    cure: "Mend what is said of the pool that should serve, or name another one.",
  },
  {
    text: "no IPPool available, … gives interface … no … IPPool",
    cause: "The annotation or configuration that counts names no pool for this NIC.",
    cure: "Name one for each NIC, of a family that is switched on.",
  },
  {
    text: "no matching auto-created IPPool candidate: SpiderSubnet … has no IPv… IPPool for interface … of … yet; what hinders it, the Events of that … say",
    cause: "The automatic pool of the pod's application was not made within `--wait-for-pool-seconds`.",
    cure: "Look at the Events of the application (`autopool explain`), and at whether an operator leads.",
  },
  {
    text: "failed to get original IPPool …: …; it is named in …",
    cause: "An annotation or configuration names a pool that is not there.",
    cure: "Correct the name, or create the pool.",
  },
  {
    text: "wrong input, duplicate IPPool … specified for NIC … in …",
    cause: "A list of pools has one pool twice, or a wildcard that matches another element.",
    cure: "Take it out of the list once.",
  },
  {
    text: "failed to match wildcard: IPv… PoolName pattern '…', error: …; it stands in …",
    cause: "A name with `*`, `?` or `[` is no usable pattern.",
    cure: "Correct the pattern; `[a-z]` has to be closed.",
  },
  {
    text: "wrong input, invalid format of … annotation '…': …; its value is …",
    cause: "An annotation of the pod or its namespace cannot be read.",
    cure: "Correct it as the text says; [annotations.md](annotations.md) has the forms.",
  },
  {
    text: "wrong input, no item is left for interface …: …; list one item for each NIC",
    cause: "The annotation `ippools` has fewer items without a name than the pod has NICs.",
    cure: "List one item for each NIC, or give each item its `interface`.",
  },
  {
    text: "it's invalid to use … annotation when Auto-Pool feature is disabled",
    cause: "The pod asks for an automatic pool, and the agent runs with `--enable-auto-pool false`.",
    cure: "Switch it on, or name pools with `ipam.spidernet.io/ippool`.",
  },
  {
    text: 'SpiderSubnet feature doesn\'t support no-controller pod: … has no effect on "…", which has no controller',
    cause: "A pod that nobody owns has no application that a pool could belong to.",
    cure: "Let a Deployment or another controller make the pod, or name a pool with `ipam.spidernet.io/ippool`.",
  },
  {
    text: "failed to get IPPool candidates from Subnet: …",
    cause: "The annotation `subnet` or `subnets` of the pod cannot be read.",
    cure: "Correct it as the rest of the text says.",
  },
  {
    text: "unknown: no matched multus object for NIC '…'. The multus network-attachments: […]",
    cause: "The pool is for certain networks (`spec.multusName`), and no network attachment of the pod has this NIC.",
    cure: "Name the NIC in the pod's annotation `k8s.v1.cni.cncf.io/networks`, or leave `spec.multusName` out.",
  },
];

/** What there may be against one pool. */
export const poolFailures: readonly Failure[] = [
  {
    text: "terminating IPPool …",
    cause: "The pool is being deleted and waits for its last pod.",
    cure: "Name another pool; an automatic one is made anew by itself.",
  },
  { text: "disabled IPPool …", cause: "The pool has `spec.disable: true`.", cure: "Set it to false." },
  {
    text: "refused IPPool …: …",
    cause: "The pool came in past the webhook and is wrong, or another one has its addresses (`Stalled`).",
    cure: "Do what the text behind it says; it is judged again at once.",
  },
  {
    text: "nil ippool ipVersion of IPPool …",
    cause: "The pool has neither `spec.ipVersion` nor a subnet that tells it.",
    cure: "Write the pool again while the webhook runs.",
  },
  {
    text: "expect an IPv… IPPool, but the version of the IPPool … is IPv…",
    cause: "An IPv6 pool is named under ipv4, or the other way round.",
    cure: "Move the name to the other list.",
  },
  {
    text: "unmatched Node name of IPPool …",
    cause: "`spec.nodeName` does not have the pod's node.",
    cure: "Add the node, or name a pool for it.",
  },
  {
    text: "unmatched Node affinity of IPPool …",
    cause: "`spec.nodeAffinity` does not select the pod's node by its labels.",
    cure: "Label the node, or change the selector.",
  },
  {
    text: "unmatched Namespace name of IPPool …",
    cause: "`spec.namespaceName` does not have the pod's namespace.",
    cure: "Add the namespace, or name a pool for it.",
  },
  {
    text: "unmatched Namespace affinity of IPPool …",
    cause: "`spec.namespaceAffinity` does not select the pod's namespace by its labels.",
    cure: "Label the namespace, or change the selector.",
  },
  {
    text: "unmatched Pod affinity of IPPool …",
    cause: "`spec.podAffinity` does not select the pod by its labels.",
    cure: "Label the pod template, or change the selector.",
  },
  {
    text: "unmatched Pod affinity of auto-created IPPool …",
    cause: "The pool is the automatic one of another application.",
    cure: "Ask for a pool of its own with `ipam.spidernet.io/subnet`.",
  },
  {
    text: "cluster-network multus isn't set, the IPPool … specified multusName … unmatched",
    cause: "The pool is for certain networks, and which one the pod's `eth0` is on nobody says.",
    cure: "Set the agents' `--cluster-network NAMESPACE/NAME`, or leave `spec.multusName` out.",
  },
  {
    text: "the spec.multusName … in the IPPool … used by the Pod interface … is not matched with the multusCR … specified by the Pod",
    cause: "The pool is for other networks than the one that this NIC is on.",
    cure: "Name a pool for that network, or add it to `spec.multusName`.",
  },
  {
    text: "all IP addresses used out",
    cause: "Every address of the pool is in use, excluded or reserved.",
    cure: "Add addresses, or have the application ask for more (`ippool-ip-number`); `autopool who-has` and `autopool check` say who holds them.",
  },
  {
    text: "all IP addresses used out, threshold of IP records(<=…) for IPPool … exceeded",
    cause: "The pool has as many pods as one object can hold (`--max-allocated-ips`).",
    cure: "Spread the pods over several pools.",
  },
  {
    text: "exhaust all retries (… times), failed to allocate IP from IPPool …",
    cause: "Others wrote the pool again and again in the same moments, or the API server did not answer.",
    cure: "Nothing: the kubelet tries again. If it stays, look at how the API server answers (`autopool_api_requests_total`).",
  },
  {
    text: 'spiderippools.spiderpool.spidernet.io "…" not found',
    cause: "The pool was deleted just now.",
    cure: "Nothing: the kubelet tries again, and another pool is chosen.",
  },
];

/** What went wrong with a pod that has its pools. */
export const allocationFailures: readonly Failure[] = [
  {
    text: "failed to allocate any IPv… IP address to NIC … from IPPools […]: … (addresses: …)",
    cause: "Pools were fit, but none had an address to give; what was with each stands behind it.",
    cure: "See the table of pools.",
  },
  {
    text: 'Cannot use IPPool "…": …',
    cause: "`spec` or `status.allocatedIPs` of the pool cannot be read.",
    cure: "Run `autopool check`; it names the field, and `--repair` mends what is safe.",
  },
  {
    text: "failed to get Pod …",
    cause: "The pod is gone, or is another one than the kubelet asks for.",
    cure: "Nothing: the kubelet gives up by itself.",
  },
  {
    text: "dead Pod …, we cannot allocate IP addresses to it: it has ended, is being deleted or has been replaced",
    cause: "The pod's end came while its network was being made.",
    cure: "Nothing: who is going needs no address.",
  },
  {
    text: "failed to get Namespace …: it has not been seen on this node yet",
    cause: "The agent's cache of namespaces is behind.",
    cure: "Nothing for a moment; if it stays, look at the agent's log for `watch failed`.",
  },
  {
    text: 'failed to get the top controller of the Pod …: its … "…" does not exist any more',
    cause: "The pod's owner was deleted before the pod had its address.",
    cure: "Nothing: the pod goes too. If it does not, delete it.",
  },
  {
    text: 'Cannot write SpiderEndpoint "…": somebody has changed it meanwhile; the next attempt begins with what it says now',
    cause: "Somebody else wrote the pod's record in the same moment.",
    cure: "Nothing: the kubelet tries again. Look for a `spiderpool-agent` on the same node if it comes back.",
  },
  {
    text: 'Cannot release the addresses of SpiderEndpoint "…": somebody has changed it meanwhile',
    cause: "The same, at the pod's end.",
    cure: "Nothing: it is tried again, and the operator collects what is left.",
  },
  {
    text: 'Cannot tell whether SpiderEndpoint "…" was written: …',
    cause: "The API server's answer to a write was lost.",
    cure: "Nothing: the next attempt reads what came of it.",
  },
  {
    text: 'Cannot replace SpiderEndpoint "…": it is being deleted, and finalizers … keep it; whoever set them must let it go',
    cause: "A record of an earlier pod of that name hangs on a finalizer that is not ours.",
    cure: "Find out who set it, and remove it.",
  },
];
