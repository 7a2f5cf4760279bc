/**
 * A trace that can be gone through: its lines, its moments, and a model of each moment.
 *
 * A moment is a step or a complaint, so that something is to be seen at each. Going back starts from the nearest of the models that
 * were kept on the way; going forward just goes on.
 * @module
 */

import type { TraceLine } from "../../trace/trace-line.ts";
import { poolDetail, subnetDetail } from "../holders.ts";
import type { MachineGraph } from "../machine-graph.ts";
import { ViewModel } from "../model.ts";
import type { PoolDetail, SubnetDetail } from "../page-state.ts";
import type { DetailSource } from "./live.ts";

/** Lines between two models that are kept. */
const KEPT_EVERY = 2_000;
/** Lines that are read at once, before the page may answer to somebody. */
const TURN_LINES = 20_000;

export class Recording implements DetailSource {
  readonly #lines: readonly TraceLine[];
  /** Index of the line behind each moment; the last one is the end of all. */
  readonly #ends: readonly number[];
  /** Time of each line, in milliseconds since the epoch. */
  readonly #times: readonly number[];
  readonly #kept = new Map<number, ViewModel>();
  #model: ViewModel;
  /** Lines that the model has taken. */
  #taken = 0;

  constructor(lines: readonly TraceLine[], graph: MachineGraph) {
    this.#lines = lines;
    this.#model = new ViewModel(graph);
    this.#kept.set(0, this.#model.clone());
    this.#ends = endsOf(lines);
    this.#times = timesOf(lines);
  }

  /** Moments that can be gone to, from 0 on. */
  get length(): number {
    return this.#ends.length;
  }

  /** The model of the moment that was gone to last. */
  get model(): ViewModel {
    return this.#model;
  }

  /** Goes to a moment. */
  seek(moment: number): void {
    const end = this.#ends[moment] ?? 0;
    if (end < this.#taken) this.#goBack(end);
    while (this.#taken < end) {
      this.#model.take(this.#lines[this.#taken] as TraceLine);
      this.#taken += 1;
      if (this.#taken % KEPT_EVERY === 0 && !this.#kept.has(this.#taken))
        this.#kept.set(this.#taken, this.#model.clone());
    }
  }

  /** When a moment was, in milliseconds since the epoch. */
  timeOf(moment: number): number {
    return this.#times[(this.#ends[moment] ?? 0) - 1] ?? 0;
  }

  /** The step or complaint of a moment; `undefined` at the first one. */
  lineOf(moment: number): TraceLine | undefined {
    return moment === 0 ? undefined : this.#lines[(this.#ends[moment] ?? 0) - 1];
  }

  async pool(key: string): Promise<PoolDetail | undefined> {
    return poolDetail(this.#model, this.#lines.slice(0, this.#taken), key);
  }

  async subnet(name: string): Promise<SubnetDetail | undefined> {
    return subnetDetail(this.#model, name);
  }

  #goBack(end: number): void {
    const from = end - (end % KEPT_EVERY);
    let at = from;
    while (!this.#kept.has(at)) at -= KEPT_EVERY;
    this.#model = (this.#kept.get(at) as ViewModel).clone();
    this.#taken = at;
  }
}

/** Fetches the trace behind the page and reads it. */
export async function fetchRecording(graph: MachineGraph, onProgress: (lines: number) => void): Promise<Recording> {
  const response = await fetch("trace");
  if (!response.ok || !response.body) throw new Error(`Cannot read the trace: the answer is ${response.status}`);
  const lines: TraceLine[] = [];
  let rest = "";
  const take = (text: string): void => {
    // The last line of a process that was killed may be half a one.
    try {
      if (text !== "") lines.push(JSON.parse(text));
    } catch {
      return;
    }
  };
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    const texts = (rest + chunk.value).split("\n");
    rest = texts.pop() ?? "";
    const before = Math.floor(lines.length / TURN_LINES);
    texts.forEach(take);
    if (Math.floor(lines.length / TURN_LINES) > before) onProgress(lines.length);
  }
  take(rest);
  return new Recording(lines, graph);
}

/** The first moment is when all that was known at the beginning has been told. */
function endsOf(lines: readonly TraceLine[]): number[] {
  const first = lines.findIndex(({ line }) => line === "step" || line === "complaint");
  const ends = [first < 0 ? lines.length : first];
  lines.forEach(({ line }, index) => {
    if (line === "step" || line === "complaint") ends.push(index + 1);
  });
  return ends;
}

function timesOf(lines: readonly TraceLine[]): number[] {
  let startedAt = 0;
  return lines.map((line) => {
    if (line.line === "header") startedAt = Date.parse(line.at) || 0;
    return startedAt + line.t;
  });
}
