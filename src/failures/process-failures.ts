/**
 * What `autopool run` and `autopool agent` say as they end, and the warnings in their logs.
 *
 * Pure text; the errors are in src/.
 * @module
 */

import type { Failure } from "./failure.ts";

/** Last words on standard error. */
export const startFailures: readonly Failure[] = [
  {
    text: "Cannot load …: …",
    cause: "The kubeconfig is not there, or is no kubeconfig.",
    cure: "Give `--kubeconfig` the right path. The text never quotes the file: there are keys in it.",
  },
  {
    text: 'Cannot use context "…" of …: it has …',
    cause: "The kubeconfig has no context of that name.",
    cure: "Name one of those that it has with `--context`.",
  },
  {
    text: "Cannot find an API server: there is no kubeconfig and no service account; name a kubeconfig",
    cause: "It runs outside of a cluster and was not told which one.",
    cure: "Give `--kubeconfig`, or set `KUBECONFIG`.",
  },
  {
    text: 'Cannot load the credentials of user "…" for "…": …',
    cause: "A file or program that the kubeconfig names for its user cannot be read or run.",
    cure: "Do what the rest of the text says.",
  },
  {
    text: 'Cannot connect through "…": SOCKS proxies are not supported',
    cause: "The kubeconfig has a `proxy-url` with `socks5:`.",
    cure: "Use an HTTP proxy, or none.",
  },
  {
    text: 'Cannot listen on …: …; change "…"',
    cause:
      "A port of `--webhook-port`, `--metrics-port`, `--view-port` or `--debug-port` is taken, or not for this user.",
    cure: "End the other program or change the setting that the text names.",
  },
  {
    text: 'Cannot listen at "…": another agent answers there; end it first',
    cause: "Two agents on one node, ours or Spiderpool's.",
    cure: "Delete the other DaemonSet, or give one of them another `--socket`.",
  },
  {
    text: 'Cannot listen at "…": there is a file that is no socket',
    cause: "Something else lies where the socket is to be.",
    cure: "Remove it, or change `--socket`.",
  },
  {
    text: 'Cannot install the CNI plugin "…": …',
    cause: "The agent cannot write into `--cni-bin-dir`.",
    cure: "Mount the host's `/opt/cni/bin` there, writable.",
  },
  {
    text: 'Cannot record a trace to "…": …',
    cause: "The file of `--trace` cannot be written.",
    cure: "Give a path in a folder that is writable; the image's own file system is not.",
  },
  {
    text: "Cannot run beside …: … scale it to 0 first, see docs/install.md",
    cause: "Spiderpool's own controller runs, or holds the Lease; both would cut pools for the same applications.",
    cure: "`kubectl -n NAMESPACE scale deployment/spiderpool-controller --replicas=0`",
  },
  {
    text: "Leadership is lost: …",
    cause: "The leader could not renew its Lease in time, or somebody else has it; it ends so that nobody acts twice.",
    cure: "Nothing: the kubelet starts it again, and another replica leads. If it comes back, look at how the API server answers.",
  },
  {
    text: "Cannot end in time: requests are still under way",
    cause: "The API server did not answer for 28 s after the process was told to end.",
    cure: "Nothing: every write is conditional, and whoever acts next reads what came of it.",
  },
];

/** Lines of the logs, by their `msg`. */
export const logWarnings: readonly Failure[] = [
  {
    text: "watch failed",
    cause: "A list or watch of the resource that is named was refused or cut; it is tried again after `retryInMs`.",
    cure: "Nothing where it passes. `403`: a rule of the ClusterRole is missing. `401`: the token is not accepted.",
  },
  {
    text: "the cluster does not know this kind; kubectl apply -f crds/",
    cause: "The definitions are not installed.",
    cure: "`kubectl apply --server-side -f crds/`",
  },
  {
    text: "event not written",
    cause: "An Event was refused by the API server, mostly because its namespace is being deleted.",
    cure: "Nothing; Events are for people, and nothing depends on them.",
  },
  {
    text: "owners cannot be watched; their pools are kept",
    cause: "A kind of application that Kubernetes does not ship may not be read.",
    cure: "Give the operator `get`, `list` and `watch` on that kind, if pools of its applications are to be told orphaned.",
  },
  {
    text: "records of a pool cannot be read; they stay",
    cause: "`status.allocatedIPs` of a pool is broken.",
    cure: "Run `autopool check`; nothing is released from that pool until it can be read.",
  },
  {
    text: "trace not recorded any more",
    cause: "The disk of `--trace` is full, or the file became unwritable.",
    cure: "Make room and start the operator again; it works on without.",
  },
  {
    text: "client gone before the answer",
    cause: "The plugin gave up before the agent had an address, mostly because an automatic pool was long in coming.",
    cure: "Look at the Events of the pod's application.",
  },
  {
    text: "request refused",
    cause: "The agent refused a plugin; `reply` has the text.",
    cure: "Look it up here.",
  },
  {
    text: "leases cannot be looked at",
    cause: "A right on Leases is missing, so nobody sees whether a `spiderpool-controller` holds one.",
    cure: "Apply `deploy/base/rbac.yaml` again.",
  },
  {
    text: "lease not given back",
    cause: "The operator ended and could not release its Lease.",
    cure: "Nothing: the next one leads when the Lease has run out.",
  },
  {
    text: "writes are still under way; the lease is left to run out",
    cause: "The operator ended while the API server did not answer.",
    cure: "Nothing: the same.",
  },
];
