/**
 * Whatever people create, change and delete at any time, through replicas whose caches are behind and whose requests fail, while the
 * operator gives addresses of the same subnets to applications: nothing overlaps at any commit, everybody's pool is
 * recorded, and at the end nothing is left of what was not let in.
 *
 * `AUTOPOOL_SEED=123 npm exec -- uvu test/admission 'hold-random'` plays one seed again and tells what happens.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isAutoPool, type SpiderIPPool } from "../../src/api/ippool.ts";
import { deployments, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import { hasCode, type KubeObject, type Resource } from "../../src/cluster/cluster.ts";
import { randomFaults } from "../../src/cluster/memory/faults.ts";
import { seededRandom } from "../../src/random.ts";
import type { App } from "../operator/chaos.ts";
import { unsettled } from "../operator/settled.ts";
import { admitWithUid, aPool, aSubnet, FrontDoor, type Outcome, Replica } from "../support/front-door.ts";
import { MemoryWorld } from "../support/memory-world.ts";
import { annotationsOf, createWorkload, scaleWorkload } from "../support/scenario.ts";
import { broken, textOf } from "./door-scene.ts";

/** One seed, or a range such as `1-20`. */
const only = process.env["AUTOPOOL_SEED"];
const [first = 1, last = first] = only === undefined ? [1, 200] : only.split("-").map(Number);
const isTold = first === last;

const cidrs = ["10.1.0.0/24", "10.1.0.0/24", "10.2.0.0/24", "10.1.0.0/25", "10.2.0.0/16"];
const pauses = [0, 0, 0, 1, 5, 40, 300, 2_000, 12_000];
const tell = (line: string): unknown => isTold && console.log(line);

/** People, applications, the operator and the replicas of the webhook; everything they do comes from a seed. */
class Play {
  readonly random: () => number;
  readonly world: MemoryWorld;
  readonly broken: string[] = [];
  readonly #door: FrontDoor;
  readonly #replicas: Replica[] = [];
  readonly #apps: App[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #isFaulty = true;
  #count = 0;

  constructor(seed: number, isHeld: boolean) {
    const random = seededRandom(seed);
    this.random = random;
    this.world = new MemoryWorld({ seed, admit: admitWithUid, latencyMs: () => 1 + this.#upTo(10) });
    const { server, clock } = this.world;
    this.#door = new FrontDoor({
      ...{ clock, server, random, isHeld, timeoutMs: 9_000 },
      storeMs: () => [0, 1, 10, 500, 5_000, 55_000][this.#upTo(6)] as number,
      isLost: () => random() < 0.05,
    });
    server.observe(({ version, resource, type, object }) => {
      if (resource.plural.startsWith("spider"))
        tell(`  ${version} ${type} ${object.metadata.name} ${describe(object)}`);
      for (const text of broken(this.world.subnets, this.world.pools)) this.broken.push(`version ${version}: ${text}`);
    });
  }

  async run(): Promise<void> {
    const { clock } = this.world;
    const faults = randomFaults({ random: this.random, rate: this.random() * 0.3 });
    this.world.start((request) => (this.#isFaulty ? faults(request) : undefined));
    for (let i = 0; i < 2; i += 1) this.#replicas.push(this.#newReplica());
    await clock.advance(60_000);
    for (let left = 20 + this.#upTo(40); left > 0; left -= 1) {
      await clock.advance(pauses[this.#upTo(pauses.length)] as number);
      await this.#act();
    }
    this.#isFaulty = false;
    while (this.#underWay.size > 0) await clock.advance(10_000);
  }

  /** What is not as it should be when everything has come to rest. */
  async rest(): Promise<string[]> {
    await this.world.clock.advance(120_000);
    if (!(await this.world.settle(600_000))) return ["the operator does not come to rest"];
    const byHand = [...this.world.pools.filter((pool) => !isAutoPool(pool)), ...this.world.subnets];
    const stalled = byHand.flatMap(({ metadata, status }) => {
      const condition = status?.conditions?.find(({ type }) => type === "Stalled");
      return condition?.status === "True" ? [`${metadata.name} is stalled: ${condition.message}`] : [];
    });
    return [...unsettled(this.world, this.#apps), ...stalled];
  }

  async end(): Promise<void> {
    const ended = Promise.all([...this.#replicas.map((replica) => replica.stop()), this.world.close()]);
    await this.world.clock.advance(60_000);
    await ended;
  }

  #newReplica(): Replica {
    this.#count += 1;
    const faults = randomFaults({ random: this.random, rate: this.random() * 0.2 });
    const staleMs = [0, 100, 3_000, 20_000][this.#upTo(4)] as number;
    return new Replica(this.world.server, this.world.clock, {
      ...{ seed: this.#count, staleMs },
      faults: (request) => (this.#isFaulty ? faults(request) : undefined),
    });
  }

  async #act(): Promise<void> {
    const dice = this.#upTo(20);
    const { pools, subnets } = this.world;
    if (dice < 6) return this.#create(spiderIPPools, this.#somePool());
    if (dice < 8) return this.#create(spiderSubnets, this.#someSubnet());
    const pool = this.#pick(pools.filter(({ metadata }) => metadata.name.startsWith("p")));
    if (dice < 12 && pool) return this.#edit(pool.metadata.name);
    if (dice < 14 && pool) return this.#delete(spiderIPPools, pool.metadata.name);
    if (dice < 15 && subnets.length > 0) return this.#delete(spiderSubnets, this.#pick(subnets)?.metadata.name ?? "");
    if (dice < 16) return this.#restart();
    await this.#application();
  }

  #create(resource: Resource, object: SpiderIPPool | SpiderSubnet): void {
    const replica = this.#pick(this.#replicas);
    if (!replica) return;
    this.#follow(`create ${object.metadata.name} ${describe(object)}`, this.#door.create(replica, resource, object));
  }

  #edit(name: string): void {
    const replica = this.#pick(this.#replicas);
    if (!replica) return;
    const ips = this.#someAddresses("10.1.0.");
    const change = (pool: SpiderIPPool): SpiderIPPool => {
      const own = pool.spec.subnet.startsWith("10.1.") ? ips : ips.map((text) => text.replaceAll("10.1.0.", "10.2.0."));
      return { ...pool, spec: { ...pool.spec, ips: own } };
    };
    this.#follow(
      `edit ${name} ${ips}`,
      this.#door.update<SpiderIPPool>(replica, spiderIPPools, name, change).catch((error: unknown) => {
        if (hasCode(error, 404)) return "lost" as const;
        throw error;
      }),
    );
  }

  async #delete(resource: Resource, name: string): Promise<void> {
    tell(`> delete ${name}`);
    await this.world.act((user) => user.delete(resource, { name }));
  }

  /** A replica dies with all that it was about to do, and another one comes. */
  #restart(): void {
    tell("> restart a replica");
    this.#follow(
      "stop a replica",
      this.#replicas
        .shift()
        ?.stop()
        .then(() => "lost" as const) ?? Promise.resolve("lost"),
    );
    this.#replicas.push(this.#newReplica());
  }

  async #application(): Promise<void> {
    const subnet = this.#pick(this.world.subnets);
    const app = this.#pick(this.#apps);
    const replicas = this.#upTo(5);
    if (app && this.#upTo(2) === 0) {
      app.replicas = replicas;
      tell(`> scale ${app.name} to ${replicas}`);
      return this.world.act((user) => scaleWorkload(user, deployments, app.name, replicas));
    }
    if (!subnet || this.#apps.length > 3) return;
    const wish = { nics: [{ interface: "eth0", ipv4: subnet.metadata.name }] };
    const name = `app-${this.#apps.length}`;
    this.#apps.push({ resource: deployments, native: true, name, exists: true, replicas, wish, pods: [] });
    tell(`> run ${name} on ${subnet.metadata.name} with ${replicas}`);
    await this.world.act((user) => createWorkload(user, deployments, name, replicas, annotationsOf(wish)));
  }

  #follow(what: string, outcome: Promise<Outcome>): void {
    tell(`> ${what}`);
    const told = outcome.then((found) => {
      this.#underWay.delete(told);
      tell(`< ${what}: ${textOf(found)}`);
    });
    this.#underWay.add(told);
  }

  #somePool(): SpiderIPPool {
    const cidr = this.#pick(cidrs) as string;
    const prefix = cidr.startsWith("10.1.") ? "10.1.0." : "10.2.0.";
    return aPool(`p${this.#upTo(8)}`, cidr, ...this.#someAddresses(prefix));
  }

  #someSubnet(): SpiderSubnet {
    const cidr = this.#pick(cidrs) as string;
    const prefix = cidr.startsWith("10.1.") ? "10.1.0." : "10.2.0.";
    return aSubnet(`s${this.#upTo(4)}`, cidr, `${prefix}8-${prefix}${40 + this.#upTo(20)}`);
  }

  #someAddresses(prefix: string): string[] {
    if (this.#upTo(8) === 0) return [];
    const from = 8 + this.#upTo(24);
    return [`${prefix}${from}-${prefix}${from + this.#upTo(6)}`];
  }

  #upTo(max: number): number {
    return Math.floor(this.random() * max);
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[this.#upTo(items.length)];
  }
}

function describe(object: KubeObject): string {
  const { metadata, spec, status } = object as SpiderSubnet;
  const terminating = metadata.deletionTimestamp === undefined ? "" : "terminating ";
  return `${terminating}${spec?.subnet} [${spec?.ips}] ${status?.controlledIPPools ?? ""}`;
}

const chance = suite("the door: anything at any time");

chance("nothing overlaps at any commit, and what is there at the end is sound", async () => {
  const failures: string[] = [];
  for (let seed = first; seed <= last && failures.length === 0; seed += 1) {
    const play = new Play(seed, true);
    await play.run();
    const unrest = await play.rest();
    await play.end();
    failures.push(...[...play.broken, ...play.world.broken, ...unrest].map((text) => `seed ${seed}: ${text}`));
  }

  assert.equal(failures.slice(0, 10), []);
});

chance("without the door that is not so", async () => {
  let brokenSeeds = 0;
  for (let seed = 1; seed <= 10; seed += 1) {
    const play = new Play(seed, false);
    await play.run();
    await play.end();
    if (play.broken.length > 0) brokenSeeds += 1;
  }

  assert.ok(brokenSeeds >= 5, `${brokenSeeds} of 10`);
});

chance.run();
