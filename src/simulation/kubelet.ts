/**
 * The simulated kubelet, one for all nodes: pods run a while after they were made, and end a while after they were deleted.
 *
 * Before a pod runs it is given its addresses, and after its end they are taken back, both by a `PodNetwork`. Where they cannot be
 * given, the pod stays Pending, an Event says why, and it is tried again. How addresses come about is not known here.
 * @module
 */

import type { Pod } from "../api/pod.ts";
import { pods } from "../api/resources.ts";
import { steadyBackOffMs } from "../back-off.ts";
import { fromTimestamp, sleep, toTimestamp } from "../clock.ts";
import type { Controller, World } from "./controller.ts";
import { KUBELET_FINALIZER } from "./pod.ts";

/** What connects pods: the container runtime with its CNI plugins. */
export interface PodNetwork {
  /**
   * Gives a pod its addresses and returns them, IPv4 first; asked again, the same ones.
   * @throws {Error} If it can have none now, with the reason as message.
   */
  attach(pod: Pod, signal: AbortSignal): Promise<readonly string[]>;
  /** Takes back what a pod has; that it has nothing is fine. */
  detach(pod: Pod): Promise<void>;
}

/** How long things take, and what a kubelet turns to. */
export interface KubeletOptions {
  /** Milliseconds from a pod's creation until it is given a network, and then runs. */
  readonly startMs: number;
  /** Milliseconds from a pod's deletion until it has ended. */
  readonly endMs: number;
  readonly network: PodNetwork;
  /** Records a Warning Event on a pod. */
  warn(pod: Pod, reason: string, message: string): void;
}

/** A pod that is being started. */
interface Start {
  readonly ending: AbortController;
  readonly done: Promise<void>;
}

/** A real kubelet looks at such a pod again every ten seconds or so. */
const retry = { firstMs: 1_000, maxMs: 10_000 };

/** Returns a kubelet; times are counted from the API's timestamps, so to the second. */
export function createKubelet(options: KubeletOptions): Controller<Pod> {
  /** By the pod's UID: a start lasts as long as it takes, and other pods do not wait for it. */
  const starts = new Map<string, Start>();

  async function cancelStart(uid: string): Promise<void> {
    const start = starts.get(uid);
    start?.ending.abort();
    await start?.done;
    starts.delete(uid);
  }

  return {
    resource: pods,
    owns: [],
    whileTerminating: true,
    async reconcile(pod, world) {
      const { uid = "", deletionTimestamp } = pod.metadata;
      if (deletionTimestamp !== undefined) {
        await cancelStart(uid);
        return end(pod, world, options);
      }
      if (pod.spec?.nodeName === undefined || pod.status?.phase === "Running" || starts.has(uid)) return undefined;
      const ending = new AbortController();
      starts.set(uid, { ending, done: start(pod, world, options, ending.signal) });
      await world.setStatus(pods, pod, { phase: "Pending" });
      return undefined;
    },
    async stop() {
      await Promise.all([...starts.keys()].map(cancelStart));
    },
  };
}

/** Tries until the pod runs, or is not to run any more. */
async function start(pod: Pod, world: World, options: KubeletOptions, signal: AbortSignal): Promise<void> {
  const { clock, random } = world;
  const { startMs, network, warn } = options;
  await sleep(clock, fromTimestamp(pod.metadata.creationTimestamp ?? "") + startMs - clock.now(), signal);
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      const addresses = await network.attach(pod, signal);
      if (!signal.aborted) await world.setStatus(pods, pod, running(addresses, clock.now()));
      return;
    } catch (error) {
      if (signal.aborted) return;
      warn(pod, "FailedCreatePodSandBox", `Failed to create pod sandbox: ${(error as Error).message}`);
      await sleep(clock, steadyBackOffMs(retry, attempt, random), signal);
    }
  }
}

function running(addresses: readonly string[], now: number): NonNullable<Pod["status"]> & { startTime: string } {
  const [podIP] = addresses;
  return {
    phase: "Running",
    startTime: toTimestamp(now),
    ...(podIP === undefined ? {} : { podIP, podIPs: addresses.map((ip) => ({ ip })) }),
    conditions: [{ type: "Ready", status: "True" }],
  };
}

/** Takes the network away when the pod has ended, and lets the pod go only then: its addresses are free when it is gone. */
async function end(pod: Pod, world: World, { endMs, network }: KubeletOptions): Promise<number | undefined> {
  const { deletionTimestamp = "", finalizers = [] } = pod.metadata;
  if (!finalizers.includes(KUBELET_FINALIZER)) return undefined;
  const restMs = fromTimestamp(deletionTimestamp) + endMs - world.clock.now();
  if (pod.spec?.nodeName !== undefined) {
    if (restMs > 0) return restMs;
    await network.detach(pod);
  }
  const others = finalizers.filter((finalizer) => finalizer !== KUBELET_FINALIZER);
  await world.patch(pods, pod, { metadata: { finalizers: others } });
  return undefined;
}
