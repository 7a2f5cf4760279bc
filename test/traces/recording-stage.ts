/**
 * An operator on the real API server whose trace is taken down, and a place for one play.
 *
 * The operator can be restarted: what the play does meanwhile it has to make up for. Only a cluster that `test/cluster` started has
 * an API server that can be restarted.
 * @module
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "../../src/clock.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { silentLog } from "../../src/log.ts";
import { Operator } from "../../src/operator.ts";
import { systemRandom } from "../../src/random.ts";
import { defaultSettings as settings } from "../../src/settings.ts";
import { TraceRecorder, type TraceSink } from "../../src/trace/recorder.ts";
import { eventually } from "../support/eventually.ts";
import { Place } from "../support/place.ts";
import { freshNamespace, realCluster } from "../support/real.ts";
import { define } from "../support/stage.ts";

export class RecordingStage {
  readonly place: Place;
  /** What users act with. */
  readonly user: Cluster;
  readonly #sinks: readonly TraceSink[];
  readonly #connection: Cluster;
  #operator: Operator;

  private constructor(user: Cluster, connection: Cluster, namespace: string, sinks: readonly TraceSink[]) {
    this.user = user;
    this.#connection = connection;
    this.#sinks = sinks;
    this.#operator = this.#create();
    const current = (): Operator => this.#operator;
    // The place asks the operator that runs then.
    const operator = {
      get reconciler() {
        return current().reconciler;
      },
    };
    this.place = new Place(user, operator as Operator, namespace);
  }

  static async open(sinks: readonly TraceSink[]): Promise<RecordingStage> {
    const [user, connection] = [await realCluster(), await realCluster()];
    await define(user);
    const { name } = await freshNamespace(user);
    const stage = new RecordingStage(user, connection, name, sinks);
    await stage.#operator.start();
    return stage;
  }

  /** Stops the operator, lets things happen, and starts another one. */
  readonly restart = async (meanwhile: () => Promise<void>): Promise<void> => {
    await this.#operator.stop();
    await meanwhile();
    this.#operator = this.#create();
    await this.#operator.start();
  };

  readonly restartServer = async (): Promise<void> => {
    const script = join(import.meta.dirname, "../cluster/process.sh");
    await promisify(execFile)("bash", [script, "restart", "kube-apiserver"]);
  };

  /** Resolves once the operator has nothing to do. */
  async rest(): Promise<void> {
    await eventually(() => {
      if (!this.#operator.isIdle) throw new Error("The operator does not come to rest");
    });
  }

  /** Removes what the play has made, and ends. */
  async close(): Promise<void> {
    try {
      await this.place.clear();
      await this.rest();
    } finally {
      await this.#operator.stop();
      await Promise.all([this.#connection.close(), this.user.close()]);
    }
  }

  #create(): Operator {
    return new Operator({
      cluster: this.#connection,
      clock: systemClock,
      random: systemRandom,
      settings,
      log: silentLog,
      recorder: new TraceRecorder({ clock: systemClock, settings, sinks: this.#sinks }),
    });
  }
}
