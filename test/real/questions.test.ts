/**
 * Questions to a real API server: nothing is found wrong while operator and agent work, everything that is planted is found, and
 * what is safe is mended without a living pod losing anything.
 *
 * `QUESTIONS_LOAD_SECONDS` makes the load last longer.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatAllocatedIPs, parseAllocatedIPs } from "../../src/api/allocated-ips.ts";
import { formatControlledPools, type PoolRecord, parseControlledPools } from "../../src/api/controlled-pools.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import { spiderEndpoints, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { AddressAnswer } from "../../src/asking/address-answer.ts";
import type { Explanation } from "../../src/asking/explanation.ts";
import type { FindingName } from "../../src/asking/finding.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import type { Resource } from "../../src/cluster/cluster.ts";
import { explain } from "../../src/commands/explain.ts";
import { whoHas } from "../../src/commands/who-has.ts";
import { eventually } from "../support/eventually.ts";
import { deployment } from "../support/manifests.ts";
import { QuestionWorld } from "../support/question-world.ts";
import { addressesOf } from "../support/repair-world.ts";

interface Context {
  world: QuestionWorld;
}

const seconds = Number(process.env["QUESTIONS_LOAD_SECONDS"] ?? 30);

const asking = suite<Context>("questions on the real API server");

asking.before(async (context) => {
  context.world = await QuestionWorld.open();
});
asking.after(({ world }) => world.close());

/** Lets applications come, grow, shrink and go, one after the other, until the time is over. */
async function churnApplications({ repair }: QuestionWorld, end: number): Promise<number> {
  const { place } = repair;
  const asking = { subnet: { ipv4: [place.v4] }, number: "+1" };
  let count = 0;
  while (systemClock.now() < end) {
    const name = `web-${count % 4}`;
    await place.run(deployment, name, asking, 1 + (count % 3));
    for (const replicas of [4, 0, 2]) {
      await sleep(systemClock, 100);
      await place.scale(deployment, name, replicas);
      count += 1;
    }
    await place.end(deployment, name);
    count += 1;
  }
  return count;
}

/** Lets pods come and go; of each third one nobody says that its NIC is gone, so that the operator must collect its address. */
async function churnPods(world: QuestionWorld, pool: string, line: string, end: number): Promise<number> {
  let count = 0;
  for (; systemClock.now() < end; count += 1) {
    const { pod } = await world.pod(`game-${line}-${count}`, pool);
    await sleep(systemClock, 50);
    await world.place.deletePod(pod);
    if (count % 3 > 0) await world.agent.delWell(pod);
  }
  return count;
}

asking(`finds nothing wrong under load, for ${seconds} s`, async ({ world }) => {
  const pool = await world.place.pool(200);
  const end = systemClock.now() + seconds * 1000;
  const load = Promise.all([
    churnApplications(world, end),
    churnPods(world, pool, "a", end),
    churnPods(world, pool, "b", end),
  ]);
  let [checks, races, slowestMs] = [0, 0, 0];
  while (systemClock.now() < end) {
    const { findings, races: passed, tookMs } = await world.check();
    checks += 1;
    races += passed;
    slowestMs = Math.max(slowestMs, tookMs);
    assert.equal(findings, [], `check ${checks}`);
  }
  const [changes, ...started] = await load;
  const podCount = started.reduce((sum, count) => sum + count, 0);
  console.log(
    `${checks} checks, ${races} races told apart, slowest ${slowestMs} ms; ${changes} changes of applications, ${podCount} pods`,
  );
  assert.ok(checks >= 2);
  assert.ok(podCount > seconds);
});

/** Everything that is planted, and what it is about. */
interface Planting {
  readonly world: QuestionWorld;
  /** Pools of applications, each of 3 addresses. */
  readonly pools: readonly SpiderIPPool[];
  /** A manual pool of 40 addresses, and the pods that draw from it. */
  readonly manual: string;
  readonly pods: readonly { readonly pod: Pod; readonly address: string }[];
}

const nameOf = ({ metadata }: SpiderIPPool): string => metadata.name;

async function editLedger(
  { repair }: QuestionWorld,
  change: (records: Map<string, PoolRecord>) => void,
): Promise<void> {
  const records = parseControlledPools(await repair.ledger());
  change(records);
  await repair.editLedger(formatControlledPools(records) ?? null);
}

async function editUse(
  { repair }: QuestionWorld,
  pool: string,
  change: (records: ReturnType<typeof parseAllocatedIPs>) => void,
): Promise<void> {
  const records = parseAllocatedIPs((await repair.pool(pool)).status?.allocatedIPs);
  change(records);
  const status = { allocatedIPs: formatAllocatedIPs(records) ?? null, allocatedIPCount: records.size };
  await repair.edit(spiderIPPools, pool, { status });
}

const status =
  (resource: Resource, name: string, more: object) =>
  ({ repair }: QuestionWorld) =>
    repair.edit(resource, name, { status: more });

async function plantInLedger({ world, pools }: Planting): Promise<void> {
  const [missing, small, large, over, other] = pools.map(nameOf);
  const application = "apps_v1_Deployment_default_nobody-of-web";
  const addresses = addressesOf(pools[1] as SpiderIPPool);
  const free =
    addressesOf(pools.at(-1) as SpiderIPPool)
      .at(-1)
      ?.replace(/\d+$/, (digits) => `${Number(digits) + 20}`) ?? "";
  await editLedger(world, (records) => {
    const grown = (name: string | undefined, ...more: string[]): void => {
      const record = records.get(name ?? "");
      if (record) records.set(name ?? "", { ...record, ips: [...record.ips, ...more] });
    };
    records.set("auto4-nobody-of-web", {
      ips: [free.replace(/\d+$/, (digits) => `${Number(digits) + 1}`)],
      application,
    });
    grown(large, free);
    grown(over, addressesOf(pools[4] as SpiderIPPool)[0] ?? "");
    records.set(small ?? "", { ...records.get(small ?? ""), ips: addresses.slice(0, 1) });
    records.delete(missing ?? "");
    const record = records.get(other ?? "");
    if (record) records.set(other ?? "", { ...record, application });
  });
}

async function plantInObjects({ world, pools, manual }: Planting): Promise<void> {
  const { repair } = world;
  const [, , , , , finalizer, labels, owner, totals] = pools.map(nameOf);
  await status(spiderSubnets, repair.place.v4, { totalIPCount: 999 })(world);
  await repair.edit(spiderIPPools, finalizer ?? "", { metadata: { finalizers: null } });
  await repair.edit(spiderIPPools, labels ?? "", {
    metadata: { labels: { "ipam.spidernet.io/owner-application-name": "somebody" } },
  });
  await repair.edit(spiderIPPools, owner ?? "", { metadata: { ownerReferences: null } });
  await status(spiderIPPools, totals ?? "", { totalIPCount: 77 })(world);
  await status(spiderIPPools, manual, { totalIPCount: 77 })(world);
  const { subnet, ips = [] } = (pools[9] as SpiderIPPool).spec;
  const twin = { metadata: { name: `${repair.place.namespace}-twin` }, spec: { subnet, ips: ips.slice(0, 1) } };
  await repair.place.create(spiderIPPools, twin as SpiderIPPool);
}

async function plantInUse({ world, manual, pods }: Planting): Promise<void> {
  const { repair, place } = world;
  const { namespace } = place;
  const [first, unlisted, other, twin, stranger, lost] = pods;
  const base = first?.address.replace(/\d+$/, "") ?? "";
  const { pod: gone } = await world.pod("web-gone", manual);
  await editUse(world, manual, (records) => {
    records.set(`${base}40`, { pod: `${namespace}/ghost`, podUid: "ghost" });
    records.set(`${base}250`, { pod: `${namespace}/ghost-outside`, podUid: "ghost-outside" });
    records.delete(lost?.address ?? "");
    const record = records.get(other?.address ?? "");
    if (record) records.set(other?.address ?? "", { ...record, podUid: "predecessor" });
  });
  const ref = { namespace, name: unlisted?.pod.metadata.name ?? "" };
  await repair.cluster.patch(spiderEndpoints, ref, { status: { current: { ips: [] } } });
  await repair.cluster.patch(
    spiderEndpoints,
    { namespace, name: gone.metadata.name },
    { metadata: { ownerReferences: null } },
  );
  await editUse(world, manual, (records) => {
    for (const [address, { podUid }] of records) if (podUid === gone.metadata.uid) records.delete(address);
  });
  await place.deletePod(gone);
  if (twin && first) await world.show(twin.pod, first.address);
  if (stranger) await world.show(stranger.pod, `${base}45`);
}

const planted: readonly FindingName[] = [
  ...(["record-missing", "record-too-small", "record-too-large", "record-without-pool", "records-overlap"] as const),
  ...(["record-of-another", "subnet-total-wrong", "subnet-count-wrong", "pool-finalizer-missing"] as const),
  ...(["pool-labels-wrong", "pool-owner-wrong", "pool-total-wrong", "address-in-two-pools"] as const),
  ...(["allocation-without-pod", "allocation-outside-pool", "allocation-without-endpoint"] as const),
  ...(["allocation-of-another-uid", "endpoint-without-pod", "endpoint-not-recorded"] as const),
  ...(["address-of-two-pods", "pod-not-recorded"] as const),
];

/** What is left to a person. */
const left: ReadonlySet<FindingName> = new Set<FindingName>([
  ...(["record-too-large", "records-overlap", "record-of-another", "address-in-two-pools"] as const),
  ...(["allocation-outside-pool", "allocation-without-endpoint", "address-of-two-pods", "pod-not-recorded"] as const),
]);

asking(
  "finds everything that is planted, and mends what is safe without touching a living address",
  async ({ world }) => {
    const { repair, place } = world;
    const pools: SpiderIPPool[] = [];
    for (let i = 0; i < 10; i++) pools.push(await repair.run(`web-planted-${i}`, 3));
    const manual = await place.pool(40);
    const pods: { pod: Pod; address: string }[] = [];
    for (let i = 0; i < 6; i++) pods.push(await world.pod(`web-living-${i}`, manual));
    await eventually(async () => assert.equal((await world.check()).findings, []), { seconds: 60 });

    await repair.whileDown(async () => {
      const planting = { world, pools, manual, pods };
      await plantInLedger(planting);
      await plantInObjects(planting);
      await plantInUse(planting);
      const quick = ["--patience-seconds", "2"];
      const { findings } = await world.check(...quick);
      const names = new Set(findings.map(({ name }) => name));
      assert.equal(
        planted.filter((name) => !names.has(name)),
        [],
        `found: ${JSON.stringify(findings, undefined, 1)}`,
      );
      const living = await world.livingUse();

      const { findings: repaired } = await world.check("--repair", ...quick);

      const now = await world.livingUse();
      assert.equal(
        living.filter((line) => !now.includes(line)),
        [],
        "taken from living pods",
      );
      const undone = repaired.filter(({ name, remedy }) => !left.has(name) && !remedy?.done);
      // Overlapping records are not made larger.
      assert.equal(
        undone.map(({ name, remedy }) => `${name}: ${remedy?.text}`),
        [],
      );
      const { findings: after } = await world.check(...quick);
      assert.equal(
        after.filter(({ name }) => !left.has(name)).map(({ name, text }) => `${name}: ${text}`),
        [],
      );
      // What a pod that is gone had outside of its pool goes with it.
      const remaining = new Set<FindingName>([...after.map(({ name }) => name), "allocation-outside-pool"]);
      assert.equal(
        [...left].filter((name) => !remaining.has(name)),
        [],
        "left to a person, and gone",
      );
    });
  },
);

asking("says who has an address, and why a pool is as it is", async ({ world }) => {
  const { repair, place } = world;
  const manual = await place.pool(5);
  const { pod, address } = await world.pod("web-asked", manual);
  const { verdict, holders } = await world.json<AddressAnswer>(whoHas, address);
  assert.equal([verdict, holders[0]?.uid, holders[0]?.nics], ["held", pod.metadata.uid, ["eth0"]]);

  await repair.place.run(deployment, "hungry", { subnet: { ipv4: [repair.place.v4] }, number: "500" });
  await repair.place.told("Deployment", "hungry", "InsufficientAddresses", /500 are needed/);
  const told = await world.json<Explanation>(explain, "deploy/hungry", "-n", repair.place.namespace);
  const [obstacle] = told.obstacles;
  assert.equal([told.health, obstacle?.reason], ["stuck", "InsufficientAddresses"]);
  assert.is(told.warnings[0]?.reason, "InsufficientAddresses");
  assert.match(told.summary, new RegExp(`500 are needed.*; ${obstacle?.missing} addresses missing`));
});

asking.run();
