/**
 * A whole cluster in memory to ask questions about: operator, agents of two nodes, simulated controllers, a virtual clock.
 *
 * Everything works by itself as on a real cluster; what a test plants, it plants by hand. Questions are asked as on the command line.
 * @module
 */

import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { ANNOTATION } from "../../src/api/names.ts";
import type { Pod } from "../../src/api/pod.ts";
import * as api from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import type { Cluster, KubeObject, Resource } from "../../src/cluster/cluster.ts";
import type { VirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import type { CommandContext } from "../../src/commands/command.ts";
import { Stage } from "../../src/commands/demo-stage.ts";
import type { QuestionCommand } from "../../src/commands/question.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import type { Workload } from "../../src/simulation/workload.ts";
import { subnet } from "../support/scenario.ts";
import type { Inventory } from "./frozen-cluster.ts";

/** What a command said. */
export interface Said {
  readonly code: number;
  readonly text: string;
}

/** What an application of a test is like. */
export interface Wanted {
  readonly replicas?: number;
  /** Without their prefix; objects are made JSON. */
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly namespace?: string;
  readonly hostNetwork?: boolean;
}

/** How long a question may take on the cluster's clock. */
const answerMsMax = 600_000;

/** Asks as on the command line, while time goes on. */
export async function askOf(
  cluster: Cluster,
  clock: VirtualClock,
  command: QuestionCommand,
  args: readonly string[],
  context: Partial<CommandContext> = {},
): Promise<Said> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  let isDone = false;
  const answered = Promise.resolve()
    .then(() => command.ask(cluster, clock, args, { signal: new AbortController().signal, print, ...context }))
    .finally(() => {
      isDone = true;
    });
  // Told below, and only there.
  answered.catch(() => {});
  const end = clock.now() + answerMsMax;
  while (!isDone && clock.now() < end) await clock.advance(100);
  return { code: await answered, text: lines.join("\n") };
}

export class AskingWorld {
  readonly stage: Stage;
  readonly user: Cluster;

  private constructor(stage: Stage) {
    this.stage = stage;
    this.user = stage.server.connect();
  }

  /** Opens a cluster with subnets s4 (10 addresses), t4 (10) and s6 (16). */
  static async open(): Promise<AskingWorld> {
    const world = new AskingWorld(await Stage.open());
    await world.act(async (user) => {
      await user.create(api.spiderSubnets, subnet("s4", "10.4.0.0/24", ["10.4.0.10-10.4.0.19"]));
      await user.create(api.spiderSubnets, subnet("t4", "10.5.0.0/24", ["10.5.0.10-10.5.0.19"]));
      await user.create(api.spiderSubnets, subnet("s6", "fd00::/120", ["fd00::10-fd00::1f"]));
    });
    return world;
  }

  /** Does something and waits until its consequences are over. */
  async act(act: (user: Cluster) => Promise<unknown>, lookMs?: number): Promise<void> {
    await this.stage.perform({ heading: "", command: "", act, ...(lookMs !== undefined && { lookMs }) });
  }

  /** Creates a workload with a pod template; waits until its pods have started or wait. */
  async run(resource: Resource, name: string, wanted: Wanted): Promise<void> {
    await this.act((user) => user.create(resource, workload(name, wanted)));
  }

  /** Asks as on the command line, while time goes on. */
  async ask(command: QuestionCommand, ...args: string[]): Promise<Said> {
    return this.askWith({}, command, ...args);
  }

  askWith(context: Partial<CommandContext>, command: QuestionCommand, ...args: string[]): Promise<Said> {
    return askOf(this.user, this.stage.clock, command, args, context);
  }

  async json<T>(command: QuestionCommand, ...args: string[]): Promise<T> {
    return JSON.parse((await this.ask(command, ...args, "-o", "json")).text) as T;
  }

  objects<T extends KubeObject = KubeObject>(resource: Resource): T[] {
    return this.stage.server.objects<T>(resource);
  }

  /** Copies of everything that there is. */
  inventory(): Inventory {
    return [...Object.values(api), cloneSets].map((resource) => [resource, this.objects(resource)]);
  }

  get pools(): SpiderIPPool[] {
    return this.objects(api.spiderIPPools);
  }

  pool(begin: string): SpiderIPPool {
    const found = this.pools.find(({ metadata }) => metadata.name.startsWith(begin));
    if (!found) throw new Error(`There is no pool "${begin}…": ${this.pools.map(({ metadata }) => metadata.name)}`);
    return found;
  }

  subnet(name: string): SpiderSubnet {
    return this.objects<SpiderSubnet>(api.spiderSubnets).find(({ metadata }) => metadata.name === name) as SpiderSubnet;
  }

  pods(begin = ""): Pod[] {
    return this.objects<Pod>(api.pods).filter(({ metadata }) => metadata.name.startsWith(begin));
  }

  close(): Promise<void> {
    return this.stage.close();
  }
}

/** Returns annotations with their prefix. */
export function annotationsOf(annotations: Readonly<Record<string, unknown>> = {}): Record<string, string> {
  const prefix = ANNOTATION.subnet.split("/")[0];
  return Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [
      key.includes("/") ? key : `${prefix}/${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** Returns a workload as the simulated controllers read it. */
export function workload(
  name: string,
  { replicas = 1, annotations, namespace = "default", hostNetwork }: Wanted,
): Workload {
  const labels = { app: name };
  const template = {
    metadata: { labels, annotations: annotationsOf(annotations) },
    ...(hostNetwork && { spec: { hostNetwork } }),
  };
  const spec = { replicas, selector: { matchLabels: labels }, template };
  return { metadata: { namespace, name, labels }, spec } as Workload;
}
