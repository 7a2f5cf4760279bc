/**
 * The applications of the bench, and how long each waits for its pool.
 * @module
 */

import { countOf, parseRanges } from "../src/address/range-set.ts";
import type { SpiderIPPool } from "../src/api/ippool.ts";
import { AFFINITY, ANNOTATION } from "../src/api/names.ts";
import { deployments, spiderIPPools } from "../src/api/resources.ts";
import { systemClock } from "../src/clock.ts";
import type { Cluster, KubeObject } from "../src/cluster/cluster.ts";
import { type Reflector, startReflector } from "../src/cluster/reflector.ts";
import { systemRandom } from "../src/random.ts";

/** Does `work` for each item, so many at once. */
export async function inParallel<T>(
  items: readonly T[],
  callers: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      await work(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

/** One phase's latencies in ms, ascending, and how long it took until the last pool was right. */
export interface Phase {
  readonly seconds: number;
  readonly latencies: readonly number[];
}

/** Creates, scales and deletes paused Deployments, and watches their pools. */
export class Load {
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly #names: readonly string[];
  readonly #reflector: Reflector<SpiderIPPool>;
  /** When each application's change was sent, and what is waited for: addresses, or 0 for "gone". */
  #sent = new Map<string, number>();
  #wanted = 0;
  #latencies: number[] = [];
  #done: () => void = () => {};

  constructor(cluster: Cluster, namespace: string, count: number) {
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.#names = Array.from({ length: count }, (_, i) => `app-${i}`);
    this.#reflector = startReflector<SpiderIPPool>({
      cluster,
      resource: spiderIPPools,
      clock: systemClock,
      random: systemRandom,
      onEvent: ({ type, object }) => this.#see(type === "deleted" ? 0 : sizeOf(object), object),
    });
  }

  /** The applications take turns with the subnets. */
  create(callers: number, subnets: readonly string[]): Promise<Phase> {
    return this.#phase(3, callers, async (name, index) => {
      const annotations = {
        [ANNOTATION.subnet]: JSON.stringify({ ipv4: [subnets[index % subnets.length]] }),
        [ANNOTATION.ipNumber]: "+1",
      };
      await this.#cluster.create(deployments, deployment(this.#namespace, name, annotations));
    });
  }

  scale(callers: number): Promise<Phase> {
    return this.#phase(4, callers, async (name) => {
      await this.#cluster.patch(deployments, { namespace: this.#namespace, name }, { spec: { replicas: 3 } });
    });
  }

  remove(callers: number): Promise<Phase> {
    return this.#phase(0, callers, (name) => this.#cluster.delete(deployments, { namespace: this.#namespace, name }));
  }

  stop(): Promise<void> {
    return this.#reflector.stop();
  }

  async #phase(wanted: number, callers: number, send: (name: string, index: number) => Promise<void>): Promise<Phase> {
    await this.#reflector.synced;
    this.#wanted = wanted;
    this.#latencies = [];
    this.#sent = new Map();
    const done = new Promise<void>((resolve) => {
      this.#done = resolve;
    });
    const startedAt = systemClock.now();
    await inParallel(this.#names, callers, (name, index) => {
      this.#sent.set(name, systemClock.now());
      return send(name, index);
    });
    await done;
    return { seconds: (systemClock.now() - startedAt) / 1000, latencies: this.#latencies.toSorted((a, b) => a - b) };
  }

  #see(size: number, pool: SpiderIPPool): void {
    const name = pool.spec.podAffinity?.matchLabels?.[AFFINITY.name] ?? "";
    const sentAt = this.#sent.get(name);
    if (sentAt === undefined || size !== this.#wanted) return;
    this.#sent.delete(name);
    this.#latencies.push(systemClock.now() - sentAt);
    if (this.#latencies.length === this.#names.length) this.#done();
  }
}

function sizeOf(pool: SpiderIPPool): number {
  return Number(countOf(parseRanges(pool.spec.ips, 4)));
}

/** Paused, so that no pods of it load the machine. */
function deployment(namespace: string, name: string, annotations: Record<string, string>): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace, name },
    spec: {
      replicas: 2,
      paused: true,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations },
        spec: { containers: [{ name: "main", image: "none" }] },
      },
    },
  } as KubeObject;
}
