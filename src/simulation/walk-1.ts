/**
 * The manifests of walk 1, a manual pool for a CloneSet, as objects: the demo needs no files.
 *
 * They are acceptance data and equal the file in `test/fixtures/seed`, member by member; a test compares them.
 * @module
 */

import type { SpiderIPPool } from "../api/ippool.ts";
import { walkApplication } from "./walk-application.ts";

/** The first document of `manual.yaml`. */
export const manualPool: SpiderIPPool = {
  apiVersion: "spiderpool.spidernet.io/v2beta1",
  kind: "SpiderIPPool",
  metadata: { name: "custom-ipv4-ippool" },
  spec: { subnet: "172.18.41.0/24", ips: ["172.18.41.40-172.18.41.50"] },
};

/** The second document of `manual.yaml`. */
export const manualCloneSet = walkApplication({
  "ipam.spidernet.io/ippool": '{\n  "ipv4": ["custom-ipv4-ippool"]\n}',
});
