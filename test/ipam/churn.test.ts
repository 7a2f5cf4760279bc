/**
 * Whatever fails and whoever dies: no address is ever with two living pods, and after quiet the records are the living pods'.
 *
 * `AUTOPOOL_SEED=123 npm test -- ipam/churn` plays one seed again and tells what happens.
 */
import { suite } from "uvu";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { spiderIPPools, spiderReservedIPs, statefulSets } from "../../src/api/resources.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { randomFaults } from "../../src/cluster/memory/faults.ts";
import { createLog } from "../../src/log.ts";
import { type Random, seededRandom } from "../../src/random.ts";
import { Churn, keepStatefulSet, NAMESPACE } from "./churn.ts";

const only = process.env["AUTOPOOL_SEED"];
const [first = 1, last = first] = only === undefined ? [1, 500] : only.split("-").map(Number);
const isTold = first === last;
const minute = 60_000;
const pauses = [0, 5, 20, 100, 1_500, 8_000, 8_000, 40_000];
const setName = "set";

/** Lets things happen, drawn from a seed. */
class Chance {
  readonly #churn: Churn;
  readonly #random: Random;
  #replicas = 0;
  #counter = 0;

  constructor(churn: Churn, random: Random) {
    this.#churn = churn;
    this.#random = random;
  }

  async begin(): Promise<void> {
    for (const [name, net] of [
      ["p", 1],
      ["q", 2],
    ] as const) {
      const spec = { ipVersion: 4 as const, subnet: `10.0.${net}.0/24`, ips: [`10.0.${net}.1-10.0.${net}.6`] };
      await this.#churn.user.create<SpiderIPPool>(spiderIPPools, { metadata: { name }, spec });
    }
  }

  async act(): Promise<string> {
    const churn = this.#churn;
    const dice = this.#random();
    await this.settle();
    if (dice < 0.4) return this.#createPods();
    if (dice < 0.66) return this.#deletePods();
    if (dice < 0.76) return this.#scale();
    if (dice < 0.82) return this.#reserve();
    if (dice < 0.84) return this.#toggle();
    if (dice < 0.88) {
      churn.server.compact();
      return "compact";
    }
    const node = churn.nodeNames[Math.floor(this.#random() * 3)] ?? "n1";
    if (dice < 0.96) {
      churn.killAgent(node);
      await churn.clock.advance(Math.floor(this.#random() * 5_000));
      churn.startAgent(node);
      return `agent of ${node} restarted`;
    }
    await churn.loseNode(node);
    await churn.clock.advance(Math.floor(this.#random() * 5_000));
    await churn.bootNode(node);
    return `${node} lost and back`;
  }

  /** Lets the StatefulSet's controller look once. */
  async settle(): Promise<void> {
    await keepStatefulSet(this.#churn, setName, this.#replicas, this.#random);
  }

  async #createPods(): Promise<string> {
    const told: string[] = [];
    for (let left = 1 + Math.floor(this.#random() * 5); left > 0; left--) told.push(await this.#createPod());
    return told.join(", ");
  }

  async #createPod(): Promise<string> {
    this.#counter += 1;
    // Some names come again, so that a pod meets what its predecessor left.
    const kind = this.#random() < 0.25 ? "two" : "one";
    const name = this.#random() < 0.5 ? `${kind}-${this.#counter % 3}` : `${kind}-x${this.#counter}`;
    if (this.#churn.pods.some(({ metadata }) => metadata.name === name)) return "nothing";
    await this.#churn.createPod(name, this.#churn.nodeNames[Math.floor(this.#random() * 3)] ?? "n1");
    return `create ${name}`;
  }

  async #deletePods(): Promise<string> {
    const told: string[] = [];
    for (let left = 1 + Math.floor(this.#random() * 4); left > 0; left--) told.push(await this.#deletePod());
    return told.join(", ");
  }

  async #deletePod(): Promise<string> {
    const { pods } = this.#churn;
    const pod = pods[Math.floor(this.#random() * pods.length)];
    if (pod) await this.#churn.deletePod(pod.metadata.name);
    return `delete ${pod?.metadata.name}`;
  }

  async #scale(): Promise<string> {
    const { user, server } = this.#churn;
    this.#replicas = Math.floor(this.#random() * 4);
    const spec = { replicas: this.#replicas };
    const ref = { namespace: NAMESPACE, name: setName };
    if (server.objects(statefulSets).length === 0) {
      await user.create(statefulSets, { metadata: ref, spec } as KubeObject);
    } else if (this.#random() < 0.2) {
      await user.delete(statefulSets, ref);
      this.#replicas = 0;
    } else await user.patch(statefulSets, ref, { spec });
    return `scale to ${this.#replicas}`;
  }

  async #reserve(): Promise<string> {
    const { user, server } = this.#churn;
    const [known] = server.objects(spiderReservedIPs);
    if (known) await user.delete(spiderReservedIPs, known.metadata);
    else {
      const ips = [`10.0.${1 + Math.floor(this.#random() * 2)}.${1 + Math.floor(this.#random() * 6)}`];
      await user.create(spiderReservedIPs, { metadata: { name: "r" }, spec: { ipVersion: 4, ips } } as KubeObject);
    }
    return "reserve";
  }

  async #toggle(): Promise<string> {
    await this.#churn.user.patch(spiderIPPools, { name: "q" }, { spec: { disable: this.#random() < 0.3 } });
    return "toggle q";
  }
}

async function play(seed: number): Promise<{ problems: string[]; served: number }> {
  const random = seededRandom(seed);
  const drawn = randomFaults({ random: seededRandom(seed + 7), rate: random() * 0.4 });
  let isFaulty = true;
  const tell = (line: string): void => {
    if (isTold) console.log(line);
  };
  const log = isTold
    ? createLog({
        clock: { now: () => churn.clock.now(), after: () => () => {} },
        level: "debug",
        format: "text",
        write: tell,
      })
    : undefined;
  const churn = new Churn(seed, (request) => (isFaulty ? drawn(request) : undefined), log);
  const chance = new Chance(churn, random);
  await chance.begin();
  await churn.start();
  for (let left = 20 + Math.floor(random() * 40); left > 0; left--) {
    await churn.clock.advance(pauses[Math.floor(random() * pauses.length)] as number);
    tell(`> ${await chance.act()}`);
  }
  isFaulty = false;
  await churn.clock.advance(2 * minute);
  // Those for whom there was no address go, so that nobody asks any more.
  for (const { metadata } of churn.pods)
    if (!churn.living.has(metadata.uid ?? "")) await churn.deletePod(metadata.name);
  await chance.settle();
  await churn.clock.advance(6 * minute);
  const expected = [...churn.living]
    .flatMap(([uid, addresses]) => addresses.map((address) => `${address} ${uid}`))
    .sort();
  const problems = [...churn.broken];
  for (const what of ["records", "endpoints"] as const) {
    const actual = new Set(churn[what]);
    const surplus = [...actual].filter((entry) => !expected.includes(entry));
    const missing = expected.filter((entry) => !actual.has(entry));
    if (surplus.length + missing.length > 0) problems.push(`${what}: surplus ${surplus}; missing ${missing}`);
  }
  tell(`${churn.served} ADDs served`);
  await churn.stop();
  return { problems, served: churn.served };
}

const churning = suite("pods' addresses under churn");

churning("are never with two living pods, and never leak", async () => {
  const failures: string[] = [];
  let total = 0;
  for (let seed = first; seed <= last; seed++) {
    const { problems, served } = await play(seed);
    total += served;
    if (problems.length > 0)
      failures.push(`AUTOPOOL_SEED=${seed} npm test -- ipam/churn\n  ${problems.slice(0, 6).join("\n  ")}`);
  }
  const least = 5 * (last - first + 1);
  if (!isTold && total < least)
    throw new Error(`only ${total} ADDs were served, fewer than ${least}: nothing was tried`);
  if (failures.length === 0) return;
  throw new Error(
    `${failures.length} of ${last - first + 1} seeds failed; each is played again by\n${failures.slice(0, 8).join("\n")}`,
  );
});

churning.run();
