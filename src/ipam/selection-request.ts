/**
 * Who asks for addresses: everything that selection looks at beside the pools.
 * @module
 */

import type { Application } from "../api/application.ts";
import type { Pod } from "../api/pod.ts";
import type { KubeObject } from "../cluster/cluster.ts";
import type { IpamSettings } from "./settings.ts";

/** One NIC of one pod, and its surroundings. */
export interface SelectionRequest {
  readonly pod: Pod;
  /** The NIC that is being added. */
  readonly nic: string;
  readonly top: Application;
  /** The pod's namespace; absent where it has not been seen yet. */
  readonly namespace: KubeObject | undefined;
  /** The pod's node; absent where it has not been seen yet. */
  readonly node: KubeObject | undefined;
  /** What the CNI configuration says. */
  readonly netconf: {
    readonly ipv4?: readonly string[];
    readonly ipv6?: readonly string[];
    readonly cleanGateway: boolean;
  };
  readonly settings: IpamSettings;
}
