/**
 * What an operator shows of itself: its trace's last lines, and the page that is fed with every line, put together and served.
 *
 * The ring is always there; the page costs nothing unless it is served.
 * @module
 */

import type { Clock } from "./clock.ts";
import { LiveView } from "./live-view.ts";
import type { DemandSettings } from "./observe/demand.ts";
import { TraceRecorder, type TraceSink } from "./trace/recorder.ts";
import { TraceRing } from "./trace/ring.ts";
import { knownMachines } from "./view/known-machines.ts";
import type { MachineGraph } from "./view/machine-graph.ts";
import { type PageDocument, pageDocument } from "./view/page-document.ts";
import { pageFiles } from "./view/page-files.ts";
import { serveView, type ViewServer } from "./view-server.ts";

/** Port of the page as documented. */
export const VIEW_PORT = 5730;

export interface ViewingOptions {
  /** The operator's clock, which lines are stamped by. */
  readonly clock: Clock;
  /** The clock of those who look on. */
  readonly realClock: Clock;
  readonly settings: DemandSettings;
  /** Where lines go besides. */
  readonly sinks?: readonly TraceSink[];
  /** Whether the page will be served. */
  readonly isServed: boolean;
}

export interface ViewPlace {
  /** 0 takes one that is free. */
  readonly port: number;
  readonly address?: string;
}

export class Viewing {
  readonly ring = new TraceRing();
  /** To be given to the operator. */
  readonly recorder: TraceRecorder;
  readonly #live: LiveView | undefined;
  readonly #clock: Clock;
  #server: ViewServer | undefined;

  constructor({ clock, realClock, settings, sinks = [], isServed }: ViewingOptions) {
    this.#clock = realClock;
    this.#live = isServed ? new LiveView({ graph: poolGraph(), clock: realClock }) : undefined;
    const all = [this.ring, ...(this.#live ? [this.#live] : []), ...sinks];
    this.recorder = new TraceRecorder({ clock, settings, sinks: all });
  }

  /**
   * Serves the page; resolves to where it is.
   * @throws {Error} If the port is taken, or it was not to be served.
   */
  async serve(place: ViewPlace): Promise<string> {
    const { ring } = this;
    const view = this.#live;
    if (!view) throw new Error("Cannot serve the page: its lines were not taken");
    this.#server = await serveView({
      ...place,
      clock: this.#clock,
      document: await poolDocument("live"),
      source: { trace: () => ring.texts(), live: { view, lines: () => ring.lines() } },
    });
    return this.#server.url;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
  }
}

/** Returns the page's document for the pool's machine. */
export function poolDocument(mode: "live" | "trace"): Promise<PageDocument> {
  return pageDocument(pageFiles(), { mode, graph: poolGraph() });
}

function poolGraph(): MachineGraph {
  const { graph } = knownMachines["pool"] as (typeof knownMachines)[string];
  return graph();
}
