/**
 * What `autopool demo` plays on: memory cluster, virtual clock, simulated controllers, and among them the operator and the agents.
 *
 * It performs steps and reports what came of each; what the steps are is for `simulation/story.ts`, how a report looks for `view/`.
 * @module
 */

import { pathOf } from "../../machines/step.ts";
import type { CoreEvent } from "../act/recorder.ts";
import type { SpiderIPPool } from "../api/ippool.ts";
import type { Pod } from "../api/pod.ts";
import * as served from "../api/resources.ts";
import { systemClock } from "../clock.ts";
import { createMemoryCluster, type MemoryCluster } from "../cluster/memory/memory-cluster.ts";
import { createVirtualClock, type VirtualClock } from "../cluster/memory/virtual-clock.ts";
import { defaultCollectorSettings } from "../ipam/collector-settings.ts";
import { silentLog } from "../log.ts";
import { Operator } from "../operator.ts";
import { seededRandom } from "../random.ts";
import { defaultSettings } from "../settings.ts";
import { cloneSets } from "../simulation/clone-set.ts";
import { type ControlPlane, startControlPlane } from "../simulation/control-plane.ts";
import { createControllers } from "../simulation/controllers.ts";
import type { Step } from "../simulation/step.ts";
import { podTable } from "../view/pod-table.ts";
import { lifeTable, type PoolLife, poolTable } from "../view/pool-table.ts";
import { tableLines } from "../view/table.ts";
import { Viewing } from "../viewing.ts";
import { DemoNodes, nodeNames } from "./demo-nodes.ts";

const seed = 1;
const latencyMs = 2;
/** Longer than any simulated delay: a cluster without a write for so long has settled, pods that wait for addresses apart. */
const quietMs = 5_000;
const settleMsMax = 10 * 60_000;

export class Stage {
  readonly clock: VirtualClock = createVirtualClock();
  readonly server: MemoryCluster;
  readonly viewing: Viewing;
  readonly #operator: Operator;
  readonly #nodes: DemoNodes;
  readonly #controlPlane: ControlPlane;
  /** The states that each machine has passed since the last report, by its key. */
  readonly #trails = new Map<string, string[]>();
  readonly #poolNames = new Map<string, string>();
  /** What was recorded since the last report, by name: a repetition shows once. */
  readonly #events = new Map<string, CoreEvent>();

  private constructor(isServed: boolean) {
    const { clock } = this;
    this.viewing = new Viewing({ clock, realClock: systemClock, settings: defaultSettings, isServed });
    this.server = createMemoryCluster({ clock, resources: [...Object.values(served), cloneSets] });
    this.server.observe(({ resource, type, object }) => {
      if (resource.kind === served.events.kind && type !== "DELETED")
        this.#events.set(object.metadata.name, object as unknown as CoreEvent);
    });
    const connect = () => this.server.connect({ latencyMs });
    this.#nodes = new DemoNodes({ clock, random: seededRandom(seed), connect });
    const [network, warn] = [this.#nodes, this.#nodes.warn.bind(this.#nodes)];
    this.#controlPlane = startControlPlane({
      cluster: this.server.connect(),
      clock,
      random: seededRandom(seed),
      controllers: createControllers({ nodeNames, network, warn }),
    });
    this.#operator = new Operator({
      cluster: connect(),
      clock,
      random: seededRandom(seed),
      settings: { ...defaultSettings, collection: defaultCollectorSettings },
      log: silentLog,
      recorder: this.viewing.recorder,
      onTransition: ({ key, from, to }) => {
        const trail = this.#trails.get(key) ?? [from];
        if (trail.at(-1) !== to) trail.push(to);
        this.#trails.set(key, trail);
      },
    });
  }

  /** Opens a stage whose operator and agents have begun; `isServed` where its page is to be served. */
  static async open({ isServed = false } = {}): Promise<Stage> {
    const stage = new Stage(isServed);
    const started = Promise.all([stage.#operator.start(), stage.#nodes.start()]);
    await stage.#settle();
    await started;
    return stage;
  }

  /**
   * Performs a step and waits until its consequences are over.
   * @throws {Error} If they are not after ten minutes of the stage's time.
   */
  async perform(step: Step): Promise<void> {
    this.#events.clear();
    this.#trails.clear();
    await step.act(this.server.connect(), this.clock);
    await this.#settle(step.lookMs);
  }

  /** Returns what there is now, and what happened in the step that was performed last. */
  report({ app }: Step): string[] {
    const pools = this.server.objects<SpiderIPPool>(served.spiderIPPools);
    const lives = this.#lives();
    return [
      ...poolTable(pools),
      ...(lives.length > 0 ? ["", ...lifeTable(lives)] : []),
      ...this.#podLines(app),
      ...this.#eventLines(),
    ];
  }

  async close(): Promise<void> {
    // Both first finish what is under way, and that may wait for time to pass.
    const stopped = Promise.all([this.#operator.stop(), this.#controlPlane.stop(), this.#nodes.stop()]);
    await this.clock.advance(quietMs);
    await stopped;
    await this.viewing.stop();
  }

  async #settle(atLeastMs = 0): Promise<void> {
    const begun = this.clock.now();
    const isEarly = (): boolean => this.clock.now() - begun < atLeastMs;
    for (let quietSince = begun; isEarly() || this.clock.now() - quietSince < quietMs; ) {
      const version = this.server.version();
      await this.clock.advance(500);
      if (this.server.version() !== version) quietSince = this.clock.now();
      if (this.clock.now() - begun > settleMsMax) throw new Error("Cannot settle the demo: it goes on writing");
    }
  }

  /** One for each pool that is there, and for each that went in the last step. */
  #lives(): PoolLife[] {
    const lives: PoolLife[] = [];
    for (const { life, snapshot } of this.#operator.reconciler.entries()) {
      const pool = life.pool?.metadata.name ?? life.key;
      this.#poolNames.set(life.key, pool);
      const states = this.#trails.get(life.key) ?? [pathOf(snapshot)];
      lives.push({ pool, states, ips: life.pool?.spec.ips ?? [] });
    }
    for (const [key, states] of this.#trails) {
      if (states.at(-1) === "deleted") lives.push({ pool: this.#poolNames.get(key) ?? key, states, ips: [] });
    }
    return lives;
  }

  #podLines(app: string | undefined): string[] {
    if (app === undefined) return [];
    const pods = this.server.objects<Pod>(served.pods);
    return ["", ...podTable(pods.filter(({ metadata }) => metadata.labels?.["app"] === app))];
  }

  #eventLines(): string[] {
    if (this.#events.size === 0) return [];
    const rows = [...this.#events.values()].map(({ type, reason, message, involvedObject: { kind, name } }) => [
      type,
      reason,
      `${kind}/${name}`,
      message,
    ]);
    return ["", ...tableLines(["EVENT", "REASON", "OBJECT", "MESSAGE"], rows)];
  }
}
