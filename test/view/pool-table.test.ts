/**
 * The tables of pools. The first one's text is what kubectl 1.32 printed for these pools.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { AFFINITY } from "../../src/api/names.ts";
import { lifeTable, poolTable } from "../../src/view/pool-table.ts";

const application = (name: string, ipVersion: 4 | 6, subnet: string): SpiderIPPool => ({
  metadata: { name },
  spec: {
    ipVersion,
    subnet,
    default: false,
    disable: false,
    podAffinity: { matchLabels: { [AFFINITY.namespace]: "default" } },
  },
  status: { allocatedIPCount: 3, totalIPCount: 5 },
});

const pools = suite("pool table");

pools("is what kubectl prints, letter by letter", () => {
  const manual = { metadata: { name: "manual" }, spec: { subnet: "172.18.41.0/24", default: false, disable: false } };

  const lines = poolTable([
    application("auto4-custom-kruise-cloneset-eth0-028d6", 4, "172.16.0.0/16"),
    application("auto6-custom-kruise-cloneset-eth0-028d6", 6, "fc00:f853:ccd:e790::/64"),
    manual,
  ]);

  assert.is(
    `${lines.join("$\n")}$`,
    `NAME                                      VERSION   SUBNET                    ALLOCATED-IP-COUNT   TOTAL-IP-COUNT   DEFAULT   DISABLE   APP-NAMESPACE$
auto4-custom-kruise-cloneset-eth0-028d6   4         172.16.0.0/16             3                    5                false     false     default$
auto6-custom-kruise-cloneset-eth0-028d6   6         fc00:f853:ccd:e790::/64   3                    5                false     false     default$
manual                                              172.18.41.0/24                                                  false     false     $`,
  );
});

pools("says so where there are none", () => {
  assert.equal(poolTable([]), ["No resources found"]);
});

pools.run();

const lives = suite("life table");

lives("shows the way of the states and all ranges, in the order of names", () => {
  const lines = lifeTable([
    { pool: "b", states: ["orphaned.reclaiming", "deleted"], ips: [] },
    { pool: "a", states: ["created.managed"], ips: ["10.0.0.1", "10.0.0.3-10.0.0.4"] },
  ]);

  assert.equal(lines, [
    "POOL   STATE                           ADDRESSES",
    "a      created.managed                 10.0.0.1, 10.0.0.3-10.0.0.4",
    "b      orphaned.reclaiming → deleted   -",
  ]);
});

lives.run();
