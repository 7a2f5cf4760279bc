/**
 * The operator is killed after its n-th write, for every n of a sequence that five applications live through.
 *
 * Each n is the whole sequence once: created, scaled up, scaled down, deleted, while an agent takes and gives back addresses. The
 * operator that dies on the way is followed by a fresh one, and the sequence goes on. A watcher of its own checks every version
 * of every object.
 * @module
 */

import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatAddress } from "../../src/address/address.ts";
import { countOf, formatRanges, type RangeSet } from "../../src/address/range-set.ts";
import { formatAllocatedIPs } from "../../src/api/allocated-ips.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import { type Cluster, hasCode } from "../../src/cluster/cluster.ts";
import type { Arming, Saying } from "../support/crashing-operator.ts";
import { eventually } from "../support/eventually.ts";
import { bookOf, parsePool } from "../support/invariants.ts";
import { deployment } from "../support/manifests.ts";
import { freshSpec } from "../support/place.ts";
import { freshNamespace, realCluster, realKubeconfig, removeObject, type TestNamespace } from "../support/real.ts";
import { define } from "../support/stage.ts";
import { Watcher } from "../support/watcher.ts";

const apps = ["app-0", "app-1", "app-2", "app-3", "app-4"] as const;
/** A sequence has fewer writes than this, whatever is written anew after a crash. */
const writesMax = 150;
const convergedSeconds = 15;

/** The operator that runs, and one that has loaded and waits for its death. */
class Operators {
  deaths = 0;
  readonly lines: string[] = [];
  /** Ends that nobody ordered. */
  readonly accidents: string[] = [];
  readonly #program: string;
  #current: ChildProcess | undefined;
  #spare: ChildProcess;
  #isEnding = false;

  constructor(program: string) {
    this.#program = program;
    this.#spare = this.#spawn();
  }

  /** Makes the running operator die at a write of the future; returns how many have died before. */
  async arm(arming: Arming): Promise<number> {
    this.#current ??= this.#promote();
    // One that was told to die may do so only now, at a write that came after the end of its sequence.
    for (let child = this.#current; !(await isToldTo(child, arming)); child = this.#current) {
      if (child === this.#current) await once(child, "exit");
    }
    return this.deaths;
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    const children = [this.#current, this.#spare].filter((child) => child?.exitCode === null && !child.signalCode);
    await Promise.all(children.map((child) => new Promise((resolve) => child?.on("exit", resolve).disconnect())));
  }

  #promote(): ChildProcess {
    const child = this.#spare;
    this.#spare = this.#spawn();
    return child;
  }

  #spawn(): ChildProcess {
    const child = fork(this.#program, [realKubeconfig()], { stdio: ["ignore", "inherit", "pipe", "ipc"] });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => this.lines.push(text));
    child.on("message", (saying: Saying) => {
      if (typeof saying === "object") this.lines.push(saying.line);
    });
    child.on("exit", (code, signal) => {
      if (this.#isEnding) return;
      this.lines.push(`--- operator ended by ${signal ?? `exit code ${code}`}`);
      if (signal !== "SIGKILL") this.accidents.push(`an operator ended with ${signal ?? code}`);
      if (child !== this.#current) return;
      this.deaths += 1;
      this.#current = this.#promote();
      this.#current.send({ write: 0, moment: "answered" } satisfies Arming);
    });
    return child;
  }
}

/** Sends a message; tells whether it was taken. */
function isToldTo(child: ChildProcess, arming: Arming): Promise<boolean> {
  return new Promise((resolve) => {
    if (child.connected) child.send(arming, (error) => resolve(error === null));
    else resolve(false);
  });
}

interface World {
  cluster: Cluster;
  directory: string;
  namespace: TestNamespace;
  subnet: string;
  watcher: Watcher;
  operators: Operators;
}

const crashing = suite<World>("an operator that is killed");

crashing.before(async (world) => {
  world.cluster = await realCluster();
  await define(world.cluster);
  world.directory = mkdtempSync(join(tmpdir(), "crash-"));
  const program = join(world.directory, "operator.mjs");
  const rolldown = join(import.meta.dirname, "../../node_modules/rolldown/bin/cli.mjs");
  const env = { ...process.env, BUNDLE: `test/support/crashing-operator.ts:${program}` };
  execFileSync(process.execPath, [rolldown, "-c", ".ci/bundle.config.js"], { env, stdio: "ignore" });
  world.namespace = await freshNamespace(world.cluster, "crash");
  world.subnet = world.namespace.name;
  const spec = freshSpec(4, 40);
  await world.cluster.create<SpiderSubnet>(spiderSubnets, { metadata: { name: world.subnet }, spec });
  world.watcher = await Watcher.start(world.cluster, spec.subnet);
  world.operators = new Operators(program);
});

crashing.after(async ({ cluster, directory, namespace, subnet, watcher, operators }) => {
  await namespace.remove();
  await removeObject(cluster, spiderSubnets, { name: subnet });
  try {
    await eventually(() => assert.is(watcher.subnets.size, 0, "the subnet goes"));
  } finally {
    await operators.end();
    await watcher.stop();
    await cluster.close();
    rmSync(directory, { recursive: true });
  }
});

/** The pool of an application as it was seen last; none where it is not there. */
function poolOf({ watcher, namespace }: World, app: string): SpiderIPPool | undefined {
  return [...watcher.pools.values()].find(({ spec }) => {
    const labels = spec.podAffinity?.matchLabels ?? {};
    return labels["ipam.spidernet.io/app-namespace"] === namespace.name && labels["ipam.spidernet.io/app-name"] === app;
  });
}

/** Lets an agent change which addresses of a pool are in use; conditional, as every agent does. */
async function allocate(
  world: World,
  app: string,
  choose: (addresses: readonly bigint[], inUse: readonly bigint[]) => readonly bigint[],
): Promise<void> {
  const name = poolOf(world, app)?.metadata.name ?? "";
  for (;;) {
    try {
      const pool = await world.cluster.get<SpiderIPPool>(spiderIPPools, { name });
      if (pool.metadata.deletionTimestamp !== undefined && choose([1n], []).length > 0) return; // nothing new from it
      const { ips, inUse } = parsePool(pool);
      const chosen = choose(expand(ips), expand(inUse));
      const records = chosen.map((ip) => [formatAddress(ip, 4), { pod: `x/${ip}`, podUid: `${ip}` }] as const);
      const allocatedIPs = formatAllocatedIPs(new Map(records)) ?? null;
      const { resourceVersion } = pool.metadata;
      const patch = { metadata: { resourceVersion }, status: { allocatedIPs, allocatedIPCount: chosen.length } };
      await world.cluster.patch(spiderIPPools, { name }, patch, { subresource: "status" });
      return;
    } catch (error) {
      if (hasCode(error, 404)) return;
      if (!hasCode(error, 409)) throw error;
    }
  }
}

const expand = (set: RangeSet): bigint[] =>
  set.flatMap(({ first, last }) => Array.from({ length: Number(last - first) + 1 }, (_, i) => first + BigInt(i)));

/** Every application has a pool of that size, the ledger says the same, and both statuses are up to date. */
function assertConverged(world: World, sizes: readonly number[]): void {
  const { watcher } = world;
  const subnet = watcher.subnets.get(world.subnet);
  assert.ok(subnet);
  const book = bookOf(subnet);
  const pools = apps.map((app) => poolOf(world, app));
  assert.equal(
    pools.map((pool) => (pool ? Number(countOf(parsePool(pool).ips)) : 0)),
    sizes,
    "sizes of the pools",
  );
  assert.is(watcher.pools.size, sizes.filter((size) => size > 0).length, "number of pools");
  assert.is(book.entries.size, watcher.pools.size, "number of records");
  for (const pool of watcher.pools.values()) {
    const { name } = pool.metadata;
    const record = book.entries.get(name);
    assert.equal(pool.spec.ips, record && formatRanges(record.ranges, 4), `record of ${name}`);
    assert.is(pool.status?.state, "created", `state of ${name}`);
    assert.is(pool.status?.totalIPCount, Number(countOf(parsePool(pool).ips)), `total of ${name}`);
  }
  assert.is(subnet.status?.allocatedIPCount ?? 0, Number(book.count), "count of the subnet");
  if (watcher.pools.size === 0) assert.not.ok(subnet.status?.controlledIPPools, "the ledger is empty");
}

const converged = (world: World, ...sizes: number[]): Promise<void> =>
  eventually(() => assertConverged(world, sizes), { seconds: convergedSeconds });

/** Lives of five applications, from nothing to nothing. */
async function play(world: World): Promise<void> {
  const { cluster, watcher } = world;
  const asking = { subnet: { ipv4: [world.subnet] }, number: "+1" };
  const refs = apps.map((name) => ({ namespace: world.namespace.name, name }));
  const scale = (replicas: number) => Promise.all(refs.map((ref) => deployment.scale(cluster, ref, replicas)));

  await Promise.all(refs.map((ref) => cluster.create(deployment.resource, deployment.manifest(ref, asking, 2))));
  await converged(world, 3, 3, 3, 3, 3);
  await allocate(world, "app-0", (all) => all.slice(0, 1));
  await allocate(world, "app-1", (all) => all.slice(-2));
  await allocate(world, "app-2", (all) => all);

  await scale(4);
  await converged(world, 5, 5, 5, 5, 5);
  await allocate(world, "app-4", (all) => all.slice(-2));

  // The agent takes an address while the pool is being made smaller, and holds more than there will be of another one.
  const shrunk = scale(1);
  await allocate(world, "app-3", (all, inUse) => [...inUse, ...all.slice(-1)]);
  await shrunk;
  await eventually(() => assert.is(Number(countOf(parsePool(poolOf(world, "app-0") as SpiderIPPool).ips)), 2));
  await allocate(world, "app-2", (_, inUse) => inUse.slice(-1));
  await converged(world, 2, 2, 2, 2, 2);

  await Promise.all(refs.map((ref) => removeObject(cluster, deployment.resource, ref)));
  await eventually(
    () => {
      const left = [...watcher.pools.values()].filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      assert.is(left.length, 0, "pools that are not being deleted");
    },
    { seconds: convergedSeconds },
  );
  for (const app of apps) await allocate(world, app, () => []);
  await converged(world, 0, 0, 0, 0, 0);
}

/** Plays once with an operator that dies at that write, and tells whether it came so far. */
async function playWithDeath(world: World, arming: Arming): Promise<boolean> {
  const { operators, watcher } = world;
  const [began, from] = [operators.lines.length, watcher.history.length];
  const deaths = await operators.arm(arming);
  try {
    await play(world);
    assert.equal(operators.accidents, []);
    assert.equal(watcher.check(), []);
    assert.is(watcher.gaps, 0, "every version was seen");
    assert.ok(operators.deaths <= deaths + 1, "an operator died that was not told to");
    return operators.deaths > deaths;
  } catch (error) {
    watcher.check();
    const told = [...watcher.history.slice(from), ...watcher.broken, ...operators.lines.slice(began)].join("\n");
    (error as Error).message += `\n\nkilled at write ${arming.write}, when it was ${arming.moment}:\n${told}`;
    throw error;
  }
}

// The second way to die is tried at every other write: nothing but time speaks against more.
for (const [moment, step] of [
  ["answered", 1],
  ["sent", 2],
] as const) {
  crashing(`leaves everything to its successor, whichever write was ${moment} last`, async (world) => {
    let write = 1;
    // A sequence that ends before the operator's death has shown that there is no such write.
    while (await playWithDeath(world, { write, moment })) {
      write += step;
      assert.ok(write <= writesMax, `a sequence of ${apps.length} applications has less than ${writesMax} writes`);
    }
    assert.ok(write > 4 * apps.length, `the operator has died at no write after ${write - step}`);
  });
}

crashing.run();
