/**
 * What the CNI plugin says before it can ask for an address, or after it has.
 *
 * Pure text; the errors are in src/cni and src/ipam.
 * @module
 */

import type { Failure } from "./failure.ts";

export const pluginFailures: readonly Failure[] = [
  {
    text: "spiderpool IP allocation error: …",
    cause: "The agent refused, or did not answer in time; its own words stand behind it.",
    cure: "Look those up here.",
  },
  {
    text: "unhealthy spiderpool-agent backend, failed to check: …",
    cause: "No agent answers on the node's socket.",
    cure: "`kubectl -n autopool-system get pods -o wide` and the log of that node's agent; an agent that starts is waited for.",
  },
  {
    text: 'Cannot reach the agent at "…": …',
    cause: "The socket is not there, or nobody listens.",
    cure: "The same; and the plugin's `ipam_unix_socket_path` has to be the agent's `--socket`.",
  },
  {
    text: "spiderpool IP check error: …",
    cause: "CHECK found that the pod has not the addresses that it was given.",
    cure: "Run `autopool explain pod/NAME`; the container runtime makes the pod's network anew.",
  },
  {
    text: "Cannot serve match_master_subnet: …",
    cause: "Nothing here reads the addresses of the NIC's physical function.",
    cure: "Leave `match_master_subnet` out and name the fitting pools.",
  },
  {
    text: "wrong input, 'match_master_subnet' of the CNI configuration is not supported: set it to false, and name the IPPools that fit the master's subnet",
    cause: "The same, asked by Spiderpool's own plugin.",
    cure: "The same.",
  },
  {
    text: "Cannot serve …: this plugin cannot probe addresses; switch it off in the agent's configuration",
    cause: "A Spiderpool agent asks for IP conflict or gateway detection, for which raw sockets are needed.",
    cure: "Set `enableIPConflictDetection` and `enableGatewayDetection` to false.",
  },
  {
    text: "failed to load CNI network configuration: …",
    cause: "The node's network configuration has a member that cannot be used.",
    cure: "Correct `/etc/cni/net.d` as the text says.",
  },
  {
    text: "incompatible CNI versions",
    cause: "The network configuration has a `cniVersion` that is not among 0.3.0 to 1.1.0.",
    cure: "Change `cniVersion`.",
  },
  {
    text: 'config version "…" does not allow …',
    cause: "The runtime calls a command that came with a later version than the configuration's.",
    cure: "Raise `cniVersion`, or leave it: the runtime goes on without.",
  },
  {
    text: "required env variables […] missing",
    cause: "The plugin was not started by a container runtime.",
    cure: "It is of no use by hand; `autopool explain` answers questions.",
  },
  {
    text: "failed to load CNI ENV args: …",
    cause: "The runtime does not say which pod it is about (`CNI_ARGS`).",
    cure: "Use a runtime that does: containerd and CRI-O.",
  },
  {
    text: "error reading from stdin: …",
    cause: "The runtime gave no network configuration.",
    cure: "See the runtime's log.",
  },
  {
    text: "unexpected: …",
    cause: "A mistake of the plugin's own.",
    cure: "Please report it, with the plugin's log (`/var/log/spidernet/spiderpool.log` unless configured otherwise).",
  },
];
