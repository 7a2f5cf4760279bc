/**
 * What the page is told while an operator runs: takes the trace's lines as they come, and tells what changed a few times a second.
 *
 * Lines are noted at once; rows and texts are made at most once in {@link DELTA_MS}, once for all who listen, and not at all while
 * nobody does. Who comes back with the id of the last message that it got is told what it missed, if that is still known, else everything.
 * @module
 */

import type { Cancel, Clock } from "./clock.ts";
import type { TraceSink } from "./trace/recorder.ts";
import type { TraceLine } from "./trace/trace-line.ts";
import type { MachineGraph } from "./view/machine-graph.ts";
import { ViewModel } from "./view/model.ts";

/** Least time between two messages, in milliseconds. */
export const DELTA_MS = 250;
/** How much of what was told is kept for those who come back, in bytes. */
const KEPT_BYTES = 2 ** 20;

/** A message of the stream of events. */
export interface LiveMessage {
  readonly id: string;
  readonly event: "state" | "delta";
  /** JSON without line feeds. */
  readonly data: string;
}

export interface LiveViewOptions {
  readonly graph: MachineGraph;
  /** Real time, also where the operator's is simulated. */
  readonly clock: Clock;
}

export class LiveView implements TraceSink {
  readonly model: ViewModel;
  /** It takes whatever comes; a checkpoint would tell it nothing. */
  readonly isFull = false;
  readonly #clock: Clock;
  readonly #epoch: string;
  readonly #listeners = new Set<(message: LiveMessage) => void>();
  #number = 0;
  #kept: LiveMessage[] = [];
  #keptBytes = 0;
  #cancel: Cancel | undefined;

  constructor({ graph, clock }: LiveViewOptions) {
    this.model = new ViewModel(graph);
    this.#clock = clock;
    this.#epoch = clock.now().toString(36);
  }

  take(line: TraceLine): void {
    this.model.take(line);
    if (this.#listeners.size > 0) this.#cancel ??= this.#clock.after(DELTA_MS, () => this.#tell());
  }

  begin(): void {}

  /** Everything that is shown now, as a message after which deltas go on. */
  state(): LiveMessage {
    this.#tell();
    return this.#message("state", JSON.stringify(this.model.state()));
  }

  /**
   * Tells a listener what it has missed, then what changes, until the returned function is called.
   * @param lastId of the last message that it got, if any
   */
  listen(listener: (message: LiveMessage) => void, lastId?: string): () => void {
    this.#tell();
    for (const message of this.#missed(lastId) ?? [this.state()]) listener(message);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    };
  }

  #tell(): void {
    this.#stop();
    const delta = this.model.delta();
    if (delta === undefined) return;
    this.#number += 1;
    if (delta === "everything") {
      this.#kept = [];
      this.#keptBytes = 0;
      if (this.#listeners.size > 0) this.#send(this.#message("state", JSON.stringify(this.model.state())));
      return;
    }
    const message = this.#message("delta", JSON.stringify(delta));
    this.#keep(message);
    this.#send(message);
  }

  #send(message: LiveMessage): void {
    for (const listener of this.#listeners) listener(message);
  }

  #keep(message: LiveMessage): void {
    this.#kept.push(message);
    this.#keptBytes += message.data.length;
    while (this.#keptBytes > KEPT_BYTES) this.#keptBytes -= this.#kept.shift()?.data.length ?? 0;
  }

  /** What came after a message; `undefined` where that is not known any more. */
  #missed(lastId: string | undefined): readonly LiveMessage[] | undefined {
    const [epoch, number] = lastId?.split("-") ?? [];
    if (epoch !== this.#epoch) return undefined;
    const missing = this.#number - Number(number);
    return missing >= 0 && missing <= this.#kept.length ? this.#kept.slice(this.#kept.length - missing) : undefined;
  }

  #message(event: LiveMessage["event"], data: string): LiveMessage {
    return { id: `${this.#epoch}-${this.#number}`, event, data };
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
