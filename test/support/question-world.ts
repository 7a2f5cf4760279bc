/**
 * A real API server to ask questions about: an operator with applications, an agent with pods that have addresses, and the commands.
 * @module
 */

import type { SpiderIPPool } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import { pods, spiderEndpoints, spiderIPPools } from "../../src/api/resources.ts";
import type { CheckReport } from "../../src/asking/check-text.ts";
import { systemClock } from "../../src/clock.ts";
import { check } from "../../src/commands/check.ts";
import type { Command } from "../../src/commands/command.ts";
import { defaultCollectorSettings } from "../../src/ipam/collector-settings.ts";
import { addressesIn } from "./agent-caller.ts";
import { PodPlace } from "./pod-place.ts";
import { realKubeconfig } from "./real.ts";
import { RepairWorld } from "./repair-world.ts";
import { RunningAgent } from "./running-agent.ts";

export class QuestionWorld {
  readonly repair: RepairWorld;
  readonly place: PodPlace;
  readonly agent: RunningAgent;

  private constructor(repair: RepairWorld, place: PodPlace, agent: RunningAgent) {
    this.repair = repair;
    this.place = place;
    this.agent = agent;
  }

  static async open(): Promise<QuestionWorld> {
    const repair = await RepairWorld.open({ collection: defaultCollectorSettings });
    const place = await PodPlace.open(repair.cluster);
    return new QuestionWorld(repair, place, await RunningAgent.start(place.node));
  }

  /** Starts a pod that draws from a pool, and shows its address as a kubelet does. Returns the pod and its address. */
  async pod(name: string, pool: string): Promise<{ pod: Pod; address: string }> {
    const pod = await this.place.pod(name, { annotations: { ippool: { ipv4: [pool] } } });
    const [address = ""] = addressesIn(await this.agent.addWell(pod));
    await this.show(pod, address);
    return { pod, address };
  }

  /** Lets a pod's status show this address. */
  async show({ metadata: { namespace = "", name } }: Pod, address: string): Promise<void> {
    const status = { phase: "Running", podIPs: [{ ip: address }], podIP: address };
    await this.repair.cluster.patch(pods, { namespace, name }, { status }, { subresource: "status" });
  }

  /** Runs a command on this cluster, as on the command line. */
  async ask(command: Command, ...args: string[]): Promise<{ code: number; text: string }> {
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    const context = { signal: new AbortController().signal, print };
    const code = await command.execute([...args, "--kubeconfig", realKubeconfig()], context);
    return { code, text: lines.join("\n") };
  }

  async json<T>(command: Command, ...args: string[]): Promise<T> {
    return JSON.parse((await this.ask(command, ...args, "-o", "json")).text) as T;
  }

  /** Checks; findings about what other tests may have left are not ours. */
  async check(...args: string[]): Promise<CheckReport & { readonly tookMs: number }> {
    const began = systemClock.now();
    const report = await this.json<CheckReport>(check, ...args);
    const { namespace } = this.place;
    const own = [namespace, this.repair.place.namespace, "web", "game"];
    const findings = report.findings.filter(({ subject, text }) =>
      own.some((name) => `${subject} ${text}`.includes(name)),
    );
    return { ...report, findings, tookMs: systemClock.now() - began };
  }

  /** What living pods have by the records of pools, as `pool address`. */
  async livingUse(): Promise<string[]> {
    const { items } = await this.repair.cluster.list<SpiderIPPool>(spiderIPPools);
    const { items: alive } = await this.repair.cluster.list<Pod>(pods, { namespace: this.place.namespace });
    const uids = new Set(alive.map(({ metadata }) => metadata.uid));
    return items.flatMap(({ metadata, status }) => {
      const records = JSON.parse(status?.allocatedIPs ?? "{}") as Record<string, { podUid: string }>;
      return Object.entries(records).flatMap(([address, { podUid }]) =>
        uids.has(podUid) ? [`${metadata.name} ${address}`] : [],
      );
    });
  }

  async endpoints(): Promise<number> {
    return (await this.repair.cluster.list(spiderEndpoints, { namespace: this.place.namespace })).items.length;
  }

  async close(): Promise<void> {
    await this.agent.stop();
    await this.place.close();
    await this.repair.close();
  }
}
