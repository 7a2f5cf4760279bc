import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Pod } from "../../src/api/pod.ts";
import { deployments, pods as podResource } from "../../src/api/resources.ts";
import { podTimes } from "../../src/simulation/controllers.ts";
import type { PodNetwork } from "../../src/simulation/kubelet.ts";
import { ref, simulated, workload } from "./simulated-cluster.ts";

/** A network with so many addresses, which notes what it is asked for. */
class Network implements PodNetwork {
  readonly held = new Map<string, string>();
  readonly detached: string[] = [];
  readonly #free: string[];

  constructor(count: number) {
    this.#free = Array.from({ length: count }, (_, index) => `10.0.0.${index + 1}`);
  }

  async attach({ metadata: { name } }: Pod): Promise<string[]> {
    const ip = this.held.get(name) ?? this.#free.shift();
    if (ip === undefined) throw new Error("all IP addresses used out");
    this.held.set(name, ip);
    return [ip];
  }

  async detach({ metadata: { name } }: Pod): Promise<void> {
    const ip = this.held.get(name);
    this.held.delete(name);
    this.detached.push(name);
    if (ip !== undefined) this.#free.push(ip);
  }
}

const kubelet = suite("simulated kubelet");

kubelet("has pods run with the addresses that they are given, on nodes that take turns", () =>
  simulated(
    async ({ clock, user, pods }) => {
      await user.create(deployments, workload(4));
      await clock.advance(10_000);

      const of = (pod: Pod) => [pod.status?.phase, pod.status?.podIP, pod.status?.podIPs?.length];
      assert.equal(
        pods()
          .map(of)
          .sort(([, a], [, b]) => String(a).localeCompare(String(b))),
        ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"].map((ip) => ["Running", ip, 1]),
      );
      const nodeNames = pods().map(({ spec }) => spec?.nodeName ?? "");
      assert.equal(new Set(nodeNames), new Set(["node-1", "node-2"]));
    },
    { network: new Network(4), nodeNames: ["node-1", "node-2"] },
  ),
);

kubelet("keeps a pod Pending that gets no address, says why, and starts it when there is one", async () => {
  const network = new Network(2);
  const warnings: string[] = [];
  const warn = ({ metadata }: Pod, reason: string, message: string): void =>
    void warnings.push(`${metadata.name} ${reason} ${message}`);
  await simulated(
    async ({ clock, user, pods }) => {
      await user.create(deployments, workload(3));
      await clock.advance(30_000);
      const phaseOf = (name: string | undefined) =>
        pods().find(({ metadata }) => metadata.name === name)?.status?.phase;
      const waiting = pods().find(({ status }) => status?.phase === "Pending")?.metadata.name;
      assert.is(pods().filter(({ status }) => status?.phase === "Running").length, 2);
      const warning = `${waiting} FailedCreatePodSandBox Failed to create pod sandbox: all IP addresses used out`;
      assert.equal(new Set(warnings), new Set([warning]));
      assert.ok(warnings.length > 1, "it is tried again");

      const other = pods().find(({ metadata }) => metadata.name !== waiting)?.metadata.name ?? "";
      await user.delete(podResource, { namespace: "default", name: other });
      await user.patch(deployments, ref, { spec: { replicas: 2 } });
      await clock.advance(20_000);

      assert.is(phaseOf(waiting), "Running");
    },
    { network, warn },
  );
});

kubelet("lets a pod go only after it has ended and its addresses are taken back", async () => {
  const network = new Network(1);
  await simulated(
    async ({ clock, user, pods }) => {
      await user.create(deployments, workload(1));
      await clock.advance(10_000);
      const names = pods().map(({ metadata }) => metadata.name);

      await user.delete(deployments, ref, { propagationPolicy: "Background" });
      await clock.advance(podTimes.endMs - 1_000);
      assert.equal([pods().length, network.held.size], [1, 1]);

      await clock.advance(3_000);
      assert.equal([pods().length, network.held.size], [0, 0]);
      assert.equal(network.detached, names);
    },
    { network },
  );
});

kubelet("gives up a pod's start when it is deleted meanwhile", async () => {
  const network = new Network(0);
  await simulated(
    async ({ clock, user, pods }) => {
      await user.create(deployments, workload(1));
      await clock.advance(10_000);

      await user.delete(deployments, ref, { propagationPolicy: "Background" });
      await clock.advance(10_000);

      assert.equal(pods(), []);
      assert.is(network.detached.length, 1);
    },
    { network },
  );
});

kubelet.run();
