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
import { cloneSets, type MemoryWorld } from "../support/memory-world.ts";
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
import { createEdits } from "./edits.ts";

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

export interface Chaos {
  readonly apps: readonly App[];
  /** Creates the first subnets and applications. */
  begin(): Promise<void>;
  /** Does one thing and returns what it was. */
  act(): Promise<string>;
}

const malformed = { "ipam.spidernet.io/subnet": '{"ipv4":' };

function written(wish: App["wish"]): Readonly<Record<string, string>> {
  if (wish === "none") return {};
  return wish === "malformed" ? malformed : annotationsOf(wish);
}

/** Returns a user whose every choice comes from `random`. */
export function createChaos(world: MemoryWorld, random: () => number, faults: FaultPolicy): Chaos {
  const upTo = (max: number): number => Math.floor(random() * max);
  const pick = <T>(items: readonly T[]): T | undefined => items[upTo(items.length)];
  const chance = (share: number): boolean => random() < share;
  const plans = drawPlans(upTo);
  const apps: App[] = [];
  let counter = 0;

  function drawWish(native: boolean): Wish {
    const of = (family: 4 | 6): string[] => plans.filter((plan) => plan.family === family).map(({ name }) => name);
    const [v4, v6] = [of(4), of(6)];
    const nics: Nic[] = [];
    for (const nic of chance(0.2) ? ["eth0", "net1"] : ["eth0"]) {
      const [ipv4] = v4.splice(upTo(v4.length), 1);
      const [ipv6] = chance(0.4) || ipv4 === undefined ? v6.splice(upTo(v6.length), 1) : [];
      if (ipv4 === undefined && ipv6 === undefined) continue;
      nics.push({ interface: nic, ...(ipv4 && { ipv4: chance(0.04) ? "missing" : ipv4 }), ...(ipv6 && { ipv6 }) });
    }
    const count = 1 + upTo(4);
    const number = native ? pick([String(count), `+${upTo(3)}`, undefined]) : chance(0.1) ? `+${count}` : String(count);
    return { nics, number, reclaim: pick([true, false, undefined]) };
  }

  async function create(app: App): Promise<void> {
    if (app.wish === "none" || app.wish === "malformed" || chance(0.5)) app.wish = drawWish(app.native);
    app.replicas = upTo(5);
    app.exists = true;
    await world.act((user) =>
      app.native
        ? createWorkload(user, app.resource, app.name, app.replicas, written(app.wish))
        : user.create(cloneSets, cloneSet(app.name)),
    );
    if (!app.native) await addPod(app);
  }

  async function remove(app: App): Promise<void> {
    app.exists = false;
    app.pods.length = 0;
    const ref = { namespace: NAMESPACE, name: app.name };
    await world.act((user) => user.delete(app.resource, ref, { propagationPolicy: "Background" }));
  }

  async function addPod(app: App): Promise<void> {
    const owner = world.objects(cloneSets).find(({ metadata }) => metadata.name === app.name);
    if (!owner) return;
    const name = `${app.name}-${String(++counter).padStart(4, "0")}`;
    app.pods.push({ name, wish: app.wish });
    await world.act((user) => user.create(pods, podOf(owner, name, written(app.wish))));
  }

  async function removePod(app: App): Promise<void> {
    const [pod] = app.pods.splice(upTo(app.pods.length), 1);
    if (pod) await world.act((user) => user.delete(pods, { namespace: NAMESPACE, name: pod.name }));
  }

  async function annotate(app: App, wish: App["wish"]): Promise<void> {
    app.wish = wish;
    if (app.native) await world.act((user) => annotateWorkload(user, app.resource, app.name, written(wish)));
    else await addPod(app);
  }

  async function allocateSome(): Promise<void> {
    const pool = pick(world.pools.filter(({ metadata }) => metadata.deletionTimestamp === undefined));
    if (!pool) return;
    const used = inUseOf(pool);
    const free = edits.addressesOf(pool).filter((address) => !used.includes(address));
    const more = free.filter(() => chance(0.5));
    await world.act((user) => allocate(user, pool, [...used, ...more]));
  }

  async function releaseSome(pool: SpiderIPPool | undefined): Promise<void> {
    if (!pool) return;
    await world.act((user) =>
      allocate(
        user,
        pool,
        inUseOf(pool).filter(() => chance(0.3)),
      ),
    );
  }

  async function subnetAct(plan: Plan): Promise<string> {
    const there = world.subnets.find(({ metadata }) => metadata.name === plan.name);
    if (!there) {
      await world.act((user) => user.create(spiderSubnets, plannedSubnet(plan)));
      return `create subnet ${plan.name} of ${plan.size}`;
    }
    if (chance(0.5)) {
      await world.act((user) => user.delete(spiderSubnets, { name: plan.name }));
      return `delete subnet ${plan.name}`;
    }
    plan.size += 1 + upTo(6);
    const { ips } = plannedSubnet(plan).spec;
    await world.act((user) => user.patch(spiderSubnets, { name: plan.name }, { spec: { ips } }));
    return `extend subnet ${plan.name} to ${plan.size}`;
  }

  async function reserve(plan: Plan): Promise<string> {
    const name = `reserved-${plan.name}`;
    const there = world.objects(spiderReservedIPs).some(({ metadata }) => metadata.name === name);
    if (there) {
      await world.act((user) => user.delete(spiderReservedIPs, { name }));
      return `delete ${name}`;
    }
    const ips = [addressIn(plan, upTo(plan.size)), addressIn(plan, upTo(plan.size))];
    const object = { metadata: { name }, spec: { ipVersion: plan.family, ips } };
    await world.act((user) => user.create(spiderReservedIPs, object));
    return `create ${name} ${ips}`;
  }

  const edits = createEdits(world, { upTo, pick });

  async function appAct(app: App): Promise<string> {
    const what = `${app.resource.kind} ${app.name}`;
    if (!app.exists) {
      await create(app);
      return `create ${what} ${app.replicas} ${JSON.stringify(app.wish)}`;
    }
    const dice = upTo(10);
    if (dice < 2) {
      await remove(app);
      if (dice === 1) await create(app);
      return dice === 1 ? `delete and create ${what} ${app.replicas} ${JSON.stringify(app.wish)}` : `delete ${what}`;
    }
    if (dice < 6) {
      if (!app.native) {
        if (chance(0.5)) await addPod(app);
        else await removePod(app);
        return `${what} has ${app.pods.length} pods`;
      }
      app.replicas = upTo(6);
      await world.act((user) => scaleWorkload(user, app.resource, app.name, app.replicas));
      return `scale ${what} to ${app.replicas}`;
    }
    await annotate(app, dice === 6 ? "malformed" : dice === 7 ? "none" : drawWish(app.native));
    return `annotate ${what} ${JSON.stringify(app.wish)}`;
  }

  return {
    apps,
    async begin() {
      for (const plan of plans) await world.act((user) => user.create(spiderSubnets, plannedSubnet(plan)));
      for (let i = 3 + upTo(5); i > 0; i--) apps.push(newApp(pick(nativeResources) as Resource, `app-${i}`));
      for (let i = upTo(3); i > 0; i--) apps.push(newApp(cloneSets, `clone-${i}`));
      for (const app of apps) if (chance(0.6)) await create(app);
    },
    async act() {
      const dice = random();
      if (dice < 0.5) return appAct(pick(apps) as App);
      if (dice < 0.62) return allocateSome().then(() => "allocate");
      if (dice < 0.7) return releaseSome(pick(world.pools)).then(() => "release");
      if (dice < 0.76) return subnetAct(pick(plans) as Plan);
      if (dice < 0.82) return reserve(pick(plans) as Plan);
      if (dice < 0.92) return edits.act();
      if (dice < 0.94) {
        world.server.compact();
        return "compact";
      }
      world.crash();
      await world.clock.advance(upTo(5_000));
      world.start(faults);
      return "crash and restart";
    },
  };
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
