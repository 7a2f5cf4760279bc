/**
 * A user who does anything at any time, drawn from a seed: applications, subnets, addresses in use, edits by hand, crashes.
 *
 * Remembers what the user wants at the end, so that `settled.ts` can compare it with what has become of it.
 * @module
 */

import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { pods, spiderReservedIPs, spiderSubnets } from "../../src/api/resources.ts";
import type { Resource } from "../../src/cluster/cluster.ts";
import type { FaultPolicy } from "../../src/cluster/memory/faults.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import type { MemoryWorld } from "../support/memory-world.ts";
import {
  allocate,
  annotateWorkload,
  annotationsOf,
  cloneSet,
  createWorkload,
  inUseOf,
  NAMESPACE,
  type Nic,
  nativeResources,
  podOf,
  scaleWorkload,
  subnet,
  type Wish,
} from "../support/scenario.ts";
import { addressesOf, type Dice, Edits } from "./edits.ts";

/** An application as its user wants it now. */
export interface App {
  readonly resource: Resource;
  readonly native: boolean;
  readonly name: string;
  exists: boolean;
  replicas: number;
  /** What the pod template says; "malformed" and "none" are what they say. */
  wish: Wish | "malformed" | "none";
  /** Of applications that are not native: what each pod says, oldest first. */
  readonly pods: { name: string; wish: Wish | "malformed" | "none" }[];
}

/** A subnet that comes and goes. */
interface Plan {
  readonly name: string;
  readonly cidr: string;
  readonly family: 4 | 6;
  readonly prefix: string;
  size: number;
}

const malformed = { "ipam.spidernet.io/subnet": '{"ipv4":' };

function written(wish: App["wish"]): Readonly<Record<string, string>> {
  if (wish === "none") return {};
  return wish === "malformed" ? malformed : annotationsOf(wish);
}

/** A user whose every choice comes from `random`. */
export class Chaos {
  readonly apps: App[] = [];
  readonly #world: MemoryWorld;
  readonly #random: () => number;
  readonly #faults: FaultPolicy;
  readonly #plans: Plan[];
  readonly #edits: Edits;
  #counter = 0;

  constructor(world: MemoryWorld, random: () => number, faults: FaultPolicy) {
    this.#world = world;
    this.#random = random;
    this.#faults = faults;
    const dice: Dice = { upTo: (max) => this.#upTo(max), pick: (items) => this.#pick(items) };
    this.#plans = drawPlans(dice.upTo);
    this.#edits = new Edits(world, dice);
  }

  /** Creates the first subnets and applications. */
  async begin(): Promise<void> {
    const world = this.#world;
    for (const plan of this.#plans) await world.act((user) => user.create(spiderSubnets, plannedSubnet(plan)));
    for (let i = 3 + this.#upTo(5); i > 0; i--) {
      this.apps.push(newApp(this.#pick(nativeResources) as Resource, `app-${i}`));
    }
    for (let i = this.#upTo(3); i > 0; i--) this.apps.push(newApp(cloneSets, `clone-${i}`));
    for (const app of this.apps) if (this.#chance(0.6)) await this.#create(app);
  }

  /** Does one thing and returns what it was. */
  async act(): Promise<string> {
    const world = this.#world;
    const dice = this.#random();
    if (dice < 0.5) return this.#appAct(this.#pick(this.apps) as App);
    if (dice < 0.62) return this.#allocateSome().then(() => "allocate");
    if (dice < 0.7) return this.#releaseSome(this.#pick(world.pools)).then(() => "release");
    if (dice < 0.76) return this.#subnetAct(this.#pick(this.#plans) as Plan);
    if (dice < 0.82) return this.#reserve(this.#pick(this.#plans) as Plan);
    if (dice < 0.92) return this.#edits.act();
    if (dice < 0.94) {
      world.server.compact();
      return "compact";
    }
    world.crash();
    await world.clock.advance(this.#upTo(5_000));
    world.start(this.#faults);
    return "crash and restart";
  }

  #upTo(max: number): number {
    return Math.floor(this.#random() * max);
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[this.#upTo(items.length)];
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #drawWish(native: boolean): Wish {
    const of = (family: 4 | 6): string[] =>
      this.#plans.filter((plan) => plan.family === family).map(({ name }) => name);
    const [v4, v6] = [of(4), of(6)];
    const nics: Nic[] = [];
    for (const nic of this.#chance(0.2) ? ["eth0", "net1"] : ["eth0"]) {
      const [ipv4] = v4.splice(this.#upTo(v4.length), 1);
      const [ipv6] = this.#chance(0.4) || ipv4 === undefined ? v6.splice(this.#upTo(v6.length), 1) : [];
      if (ipv4 === undefined && ipv6 === undefined) continue;
      nics.push({
        interface: nic,
        ...(ipv4 && { ipv4: nic === "eth0" && this.#chance(0.04) ? "missing" : ipv4 }),
        ...(ipv6 && { ipv6 }),
      });
    }
    const count = 1 + this.#upTo(4);
    const number = native
      ? this.#pick([String(count), `+${this.#upTo(3)}`, undefined])
      : this.#chance(0.1)
        ? `+${count}`
        : String(count);
    return { nics, number, reclaim: this.#pick([true, false, undefined]) };
  }

  async #create(app: App): Promise<void> {
    if (app.wish === "none" || app.wish === "malformed" || this.#chance(0.5)) app.wish = this.#drawWish(app.native);
    app.replicas = this.#upTo(5);
    app.exists = true;
    await this.#world.act((user) =>
      app.native
        ? createWorkload(user, app.resource, app.name, app.replicas, written(app.wish))
        : user.create(cloneSets, cloneSet(app.name)),
    );
    if (!app.native) await this.#addPod(app);
  }

  async #remove(app: App): Promise<void> {
    app.exists = false;
    app.pods.length = 0;
    const ref = { namespace: NAMESPACE, name: app.name };
    await this.#world.act((user) => user.delete(app.resource, ref, { propagationPolicy: "Background" }));
  }

  async #addPod(app: App): Promise<void> {
    const owner = this.#world.objects(cloneSets).find(({ metadata }) => metadata.name === app.name);
    if (!owner) return;
    const name = `${app.name}-${String(++this.#counter).padStart(4, "0")}`;
    app.pods.push({ name, wish: app.wish });
    await this.#world.act((user) => user.create(pods, podOf(owner, name, written(app.wish))));
  }

  async #removePod(app: App): Promise<void> {
    const [pod] = app.pods.splice(this.#upTo(app.pods.length), 1);
    if (pod) await this.#world.act((user) => user.delete(pods, { namespace: NAMESPACE, name: pod.name }));
  }

  async #annotate(app: App, wish: App["wish"]): Promise<void> {
    app.wish = wish;
    if (app.native) await this.#world.act((user) => annotateWorkload(user, app.resource, app.name, written(wish)));
    else await this.#addPod(app);
  }

  async #allocateSome(): Promise<void> {
    const pool = this.#pick(this.#world.pools.filter(({ metadata }) => metadata.deletionTimestamp === undefined));
    if (!pool) return;
    const used = inUseOf(pool);
    const free = addressesOf(pool).filter((address) => !used.includes(address));
    const more = free.filter(() => this.#chance(0.5));
    await this.#world.act((user) => allocate(user, pool, [...used, ...more]));
  }

  async #releaseSome(pool: SpiderIPPool | undefined): Promise<void> {
    if (!pool) return;
    await this.#world.act((user) =>
      allocate(
        user,
        pool,
        inUseOf(pool).filter(() => this.#chance(0.3)),
      ),
    );
  }

  async #subnetAct(plan: Plan): Promise<string> {
    const there = this.#world.subnets.find(({ metadata }) => metadata.name === plan.name);
    if (!there) {
      await this.#world.act((user) => user.create(spiderSubnets, plannedSubnet(plan)));
      return `create subnet ${plan.name} of ${plan.size}`;
    }
    if (this.#chance(0.5)) {
      await this.#world.act((user) => user.delete(spiderSubnets, { name: plan.name }));
      return `delete subnet ${plan.name}`;
    }
    plan.size += 1 + this.#upTo(6);
    const { ips } = plannedSubnet(plan).spec;
    await this.#world.act((user) => user.patch(spiderSubnets, { name: plan.name }, { spec: { ips } }));
    return `extend subnet ${plan.name} to ${plan.size}`;
  }

  async #reserve(plan: Plan): Promise<string> {
    const name = `reserved-${plan.name}`;
    const there = this.#world.objects(spiderReservedIPs).some(({ metadata }) => metadata.name === name);
    if (there) {
      await this.#world.act((user) => user.delete(spiderReservedIPs, { name }));
      return `delete ${name}`;
    }
    const ips = [addressIn(plan, this.#upTo(plan.size)), addressIn(plan, this.#upTo(plan.size))];
    const object = { metadata: { name }, spec: { ipVersion: plan.family, ips } };
    await this.#world.act((user) => user.create(spiderReservedIPs, object));
    return `create ${name} ${ips}`;
  }

  async #appAct(app: App): Promise<string> {
    const what = `${app.resource.kind} ${app.name}`;
    if (!app.exists) {
      await this.#create(app);
      return `create ${what} ${app.replicas} ${JSON.stringify(app.wish)}`;
    }
    const dice = this.#upTo(10);
    if (dice < 2) {
      await this.#remove(app);
      if (dice === 1) await this.#create(app);
      return dice === 1 ? `delete and create ${what} ${app.replicas} ${JSON.stringify(app.wish)}` : `delete ${what}`;
    }
    if (dice < 6) {
      if (!app.native) {
        if (this.#chance(0.5)) await this.#addPod(app);
        else await this.#removePod(app);
        return `${what} has ${app.pods.length} pods`;
      }
      app.replicas = this.#upTo(6);
      await this.#world.act((user) => scaleWorkload(user, app.resource, app.name, app.replicas));
      return `scale ${what} to ${app.replicas}`;
    }
    await this.#annotate(app, dice === 6 ? "malformed" : dice === 7 ? "none" : this.#drawWish(app.native));
    return `annotate ${what} ${JSON.stringify(app.wish)}`;
  }
}

function newApp(resource: Resource, name: string): App {
  return { resource, native: resource !== cloneSets, name, exists: false, replicas: 0, wish: "none", pods: [] };
}

function drawPlans(upTo: (max: number) => number): Plan[] {
  const size = (): number => 5 + upTo(15);
  const plans: Plan[] = [{ name: "s4", cidr: "10.4.0.0/24", family: 4, prefix: "10.4.0.", size: size() }];
  if (upTo(2)) plans.push({ name: "s6", cidr: "fd00::/120", family: 6, prefix: "fd00::", size: size() });
  if (upTo(2)) plans.push({ name: "t4", cidr: "10.5.0.0/24", family: 4, prefix: "10.5.0.", size: size() });
  return plans;
}

function addressIn({ family, prefix }: Plan, index: number): string {
  return `${prefix}${(10 + index).toString(family === 4 ? 10 : 16)}`;
}

function plannedSubnet(plan: Plan): ReturnType<typeof subnet> {
  const [first, last] = [addressIn(plan, 0), addressIn(plan, plan.size - 1)];
  return subnet(plan.name, plan.cidr, [`${first}-${last}`], [addressIn(plan, 1)]);
}
