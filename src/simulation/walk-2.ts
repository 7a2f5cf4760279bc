/**
 * The manifests of walk 2, an automatic pool for a CloneSet, as objects: the demo needs no files.
 *
 * They are acceptance data and equal the files in `test/fixtures/seed`, member by member; a test compares them.
 * @module
 */

import type { SpiderSubnet } from "../api/subnet.ts";
import { walkApplication } from "./walk-application.ts";

/** `subnets.yaml`. */
export const walkSubnets: readonly SpiderSubnet[] = [
  {
    apiVersion: "spiderpool.spidernet.io/v2beta1",
    kind: "SpiderSubnet",
    metadata: { name: "subnet-demo-v4" },
    spec: { subnet: "172.16.0.0/16", ips: ["172.16.41.1-172.16.41.200"] },
  },
  {
    apiVersion: "spiderpool.spidernet.io/v2beta1",
    kind: "SpiderSubnet",
    metadata: { name: "subnet-demo-v6" },
    spec: { subnet: "fc00:f853:ccd:e790::/64", ips: ["fc00:f853:ccd:e790::1-fc00:f853:ccd:e790::200"] },
  },
];

/** `automatic.yaml`. */
export const walkCloneSet = walkApplication({
  "ipam.spidernet.io/subnet": '{"ipv4": ["subnet-demo-v4"], "ipv6": ["subnet-demo-v6"]}',
  "ipam.spidernet.io/ippool-ip-number": "5",
});
