/**
 * Requests at the same moment at a real API server with two replicas of the webhook and an operator: of what overlaps one comes to
 * be, and nothing is left of the others.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseRanges, type RangeSet } from "../../src/address/range-set.ts";
import { parseControlledPools } from "../../src/api/controlled-pools.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet, SpiderSubnetSpec } from "../../src/api/subnet.ts";
import { ApiError, type Cluster, type Resource } from "../../src/cluster/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { deployment } from "../support/manifests.ts";
import { freshSpec } from "../support/place.ts";
import { realCluster, removeObject } from "../support/real.ts";
import { Stage } from "../support/stage.ts";
import { Watcher } from "../support/watcher.ts";
import { startReplicas, type WebhookReplicas } from "../support/webhook-replicas.ts";

const fifty = Array.from({ length: 50 }, (_, index) => index);
/** Through a connection each, as if each came from a client of its own. */
const CLIENTS = 5;

let stage: Stage;
let replicas: WebhookReplicas;
let clients: Cluster[] = [];
let created: [Resource, string][] = [];

/** Creates an object; returns "stored" or the HTTP code of the refusal. */
async function create(index: number, resource: Resource, name: string, spec: SpiderSubnetSpec): Promise<string> {
  const object = { metadata: { name: `${replicas.name}-${name}` }, spec };
  created.push([resource, object.metadata.name]);
  try {
    await clients[index % CLIENTS]?.create<SpiderSubnet>(resource, object);
    return "stored";
  } catch (error) {
    assert.instance(error, ApiError);
    assert.ok([409, 422].includes((error as ApiError).code), (error as ApiError).message);
    return String((error as ApiError).code);
  }
}

/** What there is of this CIDR. */
async function listed<T extends SpiderSubnet | SpiderIPPool>(resource: Resource, cidr: string): Promise<T[]> {
  const { items } = await replicas.cluster.list<T>(resource);
  return items.filter(({ spec }) => spec.subnet === cidr);
}

/** The ledger of a subnet: pool → addresses; none of them is on its way. */
function recordsOf(subnet: SpiderSubnet | undefined): Record<string, RangeSet> {
  const records = [...parseControlledPools(subnet?.status?.controlledIPPools)];
  assert.equal(
    records.flatMap(([name, { admitted }]) => (admitted ? [name] : [])),
    [],
    "on their way",
  );
  return Object.fromEntries(records.map(([name, { ips }]) => [name, parseRanges(ips, 4)]));
}

/** Fifty pools that all have one address of a subnet, and others around it. */
function overlapping({ ips: [range = ""] = [], ...spec }: SpiderSubnetSpec, index: number): SpiderSubnetSpec {
  const base = range.split("-")[0]?.replace(/\d+$/, "");
  return { ...spec, ips: [`${base}${40 - (index % 7)}-${base}${40 + (index % 5)}`] };
}

const countOf = (outcomes: readonly string[], outcome: string): number =>
  outcomes.filter((other) => other === outcome).length;

/** What ends what was begun; also where it did not begin well, since what is left running would keep the process from its end. */
let endings: (() => Promise<unknown>)[] = [];

function begin(options?: { isHeld: boolean }): () => Promise<void> {
  return async () => {
    stage = await Stage.open();
    endings.push(() => stage.close());
    replicas = await startReplicas(2, options);
    endings.push(() => replicas.remove());
    clients = await Promise.all(Array.from({ length: CLIENTS }, () => realCluster()));
    endings.push(() => Promise.all(clients.map((client) => client.close())));
  };
}

async function clear(): Promise<void> {
  for (const [resource, name] of created) await removeObject(replicas.cluster, resource, { name });
  await eventually(
    async () => {
      for (const resource of [spiderIPPools, spiderSubnets]) {
        const { items } = await replicas.cluster.list(resource);
        const left = items.filter(({ metadata }) => metadata.name.startsWith(`${replicas.name}-`));
        assert.equal(
          left.map(({ metadata }) => metadata.name),
          [],
        );
      }
    },
    { seconds: 30 },
  );
  created = [];
  await stage.clear();
}

async function end(): Promise<void> {
  const all = endings.reverse();
  endings = [];
  for (const one of all) await one();
}

const open = suite("two replicas that hold nothing");
open.before(begin({ isHeld: false }));
open.after.each(clear);
open.after(end);

open("let several overlapping pools and identical subnets in: that is the race", async () => {
  const [forPools, forSubnets] = [freshSpec(4, 90), freshSpec(4, 90)];

  const pools = await Promise.all(
    fifty.map((index) => create(index, spiderIPPools, `p${index}`, overlapping(forPools, index))),
  );
  const subnets = await Promise.all(fifty.map((index) => create(index, spiderSubnets, `s${index}`, forSubnets)));

  assert.ok(countOf(pools, "stored") > 1, `${countOf(pools, "stored")} pools`);
  assert.ok(countOf(subnets, "stored") > 1, `${countOf(subnets, "stored")} subnets`);
});

open.run();

const held = suite("two replicas that hold what they let in");
held.before(begin());
held.after.each(clear);
held.after(end);

held("let one of 50 overlapping pools in that have no subnet", async () => {
  for (const round of [1, 2, 3]) {
    const spec = freshSpec(round === 3 ? 6 : 4, 90);

    const outcomes = await Promise.all(
      fifty.map((index) => create(index, spiderIPPools, `p${round}-${index}`, overlapping(spec, index))),
    );

    assert.is(countOf(outcomes, "stored"), 1, outcomes.join());
    assert.is((await listed(spiderIPPools, spec.subnet)).length, 1);
  }
});

held("let one of 50 overlapping pools of a subnet in, and its record is all that is left", async () => {
  for (const round of [1, 2, 3]) {
    const spec = freshSpec(4, 90);
    assert.is(await create(0, spiderSubnets, `s${round}`, spec), "stored");
    const watcher = await Watcher.start(replicas.cluster, spec.subnet);

    const outcomes = await Promise.all(
      fifty.map((index) => create(index, spiderIPPools, `p${round}-${index}`, overlapping(spec, index))),
    );

    assert.is(countOf(outcomes, "stored"), 1, outcomes.join());
    await eventually(async () => {
      const [pool, ...others] = await listed<SpiderIPPool>(spiderIPPools, spec.subnet);
      assert.is(others.length, 0);
      const [subnet] = await listed<SpiderSubnet>(spiderSubnets, spec.subnet);
      assert.equal(recordsOf(subnet), { [pool?.metadata.name ?? ""]: parseRanges(pool?.spec.ips, 4) });
      assert.is(pool?.status?.conditions?.find(({ type }) => type === "Ready")?.status, "True");
    });
    await watcher.stop();
    assert.equal(watcher.check(), []);
  }
});

held("let one of 50 identical subnets in, and its name is free for nobody else", async () => {
  for (const round of [1, 2, 3]) {
    const spec = freshSpec(4, 90);

    const outcomes = await Promise.all(fifty.map((index) => create(index, spiderSubnets, `s${round}-${index}`, spec)));

    assert.is(countOf(outcomes, "stored"), 1, outcomes.join());
    assert.is((await listed(spiderSubnets, spec.subnet)).length, 1);
  }
});

held("keep people's pools apart from those that the operator makes of the same subnet meanwhile", async () => {
  const place = await stage.place({ v4: 80 });
  const { spec } = await place.subnet(place.v4);
  const { ips: _, ...bare } = spec;
  const watcher = await Watcher.start(replicas.cluster, spec.subnet);
  const prefix = spec.ips?.[0]?.split("-")[0]?.replace(/\d+$/, "");
  const some = (index: number): SpiderSubnetSpec => {
    const from = 10 + ((index * 13) % 75);
    return { ...bare, ips: [`${prefix}${from}-${prefix}${from + 3}`] };
  };

  const [outcomes] = await Promise.all([
    Promise.all(fifty.map((index) => create(index, spiderIPPools, `m${index}`, some(index)))),
    ...Array.from({ length: 8 }, (_none, index) =>
      place.run(deployment, `app-${index}`, { subnet: { ipv4: [place.v4] }, number: "3" }, 0),
    ),
  ]);

  assert.ok(countOf(outcomes, "stored") >= 5, outcomes.join());
  await eventually(
    async () => {
      const pools = await listed<SpiderIPPool>(spiderIPPools, spec.subnet);
      const has = pools.map(({ metadata, spec: { ips } }) => [metadata.name, parseRanges(ips, 4)]);
      assert.equal(recordsOf(await place.subnet(place.v4)), Object.fromEntries(has));
    },
    { seconds: 30 },
  );
  await watcher.stop();
  assert.equal(watcher.check(), []);
});

held.run();
