/**
 * The bar at the bottom: goes through the trace, forward and back, step by step or by itself, and back to what is now.
 *
 * While an operator runs behind the page, its last lines are fetched when somebody first goes back; they stay as they were then.
 * @module
 */

import type { MachineGraph } from "../machine-graph.ts";
import { make, setAttributes, setText } from "./dom.ts";
import { count, dateAndTime, timeOfDay } from "./format.ts";
import { fetchRecording, type Recording } from "./recording.ts";

export interface PlayerOptions {
  readonly place: HTMLElement;
  readonly graph: MachineGraph;
  /** Whether there is a present to go back to. */
  readonly hasLive: boolean;
  /** A moment of a recording is to be shown. */
  onMoment(recording: Recording): void;
  /** What is now is to be shown. */
  onLive(): void;
}

/** How long a moment is shown while the trace plays, and how long it all takes at most. */
const FRAME_MS = 350;
const PLAY_MS_MAX = 90_000;
/** Between two frames there is time to draw. */
const FRAME_MS_MIN = 50;

export class Player {
  readonly #options: PlayerOptions;
  readonly #slider = make("input", {
    type: "range",
    min: 0,
    max: 1,
    value: 1,
    step: 1,
    "aria-label": "Moment of the trace",
  });
  readonly #time = make("span", { class: "time" });
  readonly #what = make("span", { class: "what" });
  readonly #play = button("Play", "▶");
  readonly #live = make("button", { type: "button", class: "live" }, "Live");
  #recording: Recording | undefined;
  #loading: Promise<Recording> | undefined;
  #moment = 0;
  #isPlaying = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PlayerOptions) {
    this.#options = options;
    const [back, forward] = [button("One step back", "◀"), button("One step forward", "▶︎|")];
    setText(back.firstElementChild as Element, "|◀");
    setText(forward.firstElementChild as Element, "▶|");
    back.addEventListener("click", () => void this.#go((moment) => moment - 1));
    forward.addEventListener("click", () => void this.#go((moment) => moment + 1));
    this.#play.addEventListener("click", () => void this.#toggle());
    this.#live.addEventListener("click", () => this.#goLive());
    this.#slider.addEventListener("input", () => {
      const share = this.#slider.valueAsNumber / Number(this.#slider.max);
      void this.#go((_, last) => (this.#recording ? this.#slider.valueAsNumber : Math.round(share * last)));
    });
    this.#live.hidden = !options.hasLive;
    const text = make("p", { class: "moment" }, this.#time, this.#what);
    options.place.append(make("div", { class: "buttons" }, back, this.#play, forward), this.#slider, text, this.#live);
    this.#showLive();
  }

  /** Goes to the last moment of the trace, reading it first. */
  async open(): Promise<void> {
    await this.#go((_, last) => last, false);
  }

  async #go(target: (moment: number, last: number) => number, stops = true): Promise<void> {
    if (stops) this.#stop();
    const recording = await this.#load();
    if (!recording) return;
    const last = recording.length - 1;
    this.#moment = Math.max(0, Math.min(target(this.#moment, last), last));
    recording.seek(this.#moment);
    this.#show(recording);
    this.#options.onMoment(recording);
  }

  async #load(): Promise<Recording | undefined> {
    if (this.#recording) return this.#recording;
    setText(this.#what, "Reading the trace …");
    this.#loading ??= fetchRecording(this.#options.graph, (lines) =>
      setText(this.#what, `Reading the trace: ${count(lines)} lines …`),
    );
    try {
      this.#recording = await this.#loading;
      this.#moment = this.#recording.length - 1;
    } catch (error) {
      setText(this.#what, (error as Error).message);
    } finally {
      this.#loading = undefined;
    }
    return this.#recording;
  }

  async #toggle(): Promise<void> {
    if (this.#isPlaying) {
      this.#stop();
      return;
    }
    const recording = await this.#load();
    if (!recording) return;
    this.#isPlaying = true;
    setText(this.#play.firstElementChild as Element, "❚❚");
    setAttributes(this.#play, { "aria-label": "Pause", title: "Pause" });
    if (this.#moment >= recording.length - 1) this.#moment = -1;
    this.#playOn(recording);
  }

  #playOn(recording: Recording): void {
    const frameMs = Math.max(FRAME_MS_MIN, Math.min(FRAME_MS, PLAY_MS_MAX / recording.length));
    const stride = Math.max(1, Math.ceil((recording.length * frameMs) / PLAY_MS_MAX));
    const next = async (): Promise<void> => {
      await this.#go((moment) => moment + stride, false);
      if (!this.#isPlaying) return;
      if (this.#moment >= recording.length - 1) this.#stop();
      else this.#timer = setTimeout(next, frameMs);
    };
    void next();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#isPlaying = false;
    setText(this.#play.firstElementChild as Element, "▶");
    setAttributes(this.#play, { "aria-label": "Play", title: "Play" });
  }

  #goLive(): void {
    this.#stop();
    this.#recording = undefined;
    this.#showLive();
    this.#options.onLive();
  }

  #showLive(): void {
    setAttributes(this.#slider, { max: 1_000, "aria-valuetext": "now" });
    this.#slider.value = "1000";
    setAttributes(this.#live, { "aria-pressed": "true" });
    setText(this.#time, "Now");
    setText(this.#what, "Go back through what the operator remembers.");
  }

  #show(recording: Recording): void {
    const last = recording.length - 1;
    const time = recording.timeOf(this.#moment);
    const what = whatOf(recording, this.#moment);
    setAttributes(this.#slider, { max: last, "aria-valuetext": `${timeOfDay(time, true)}, ${what}` });
    this.#slider.value = String(this.#moment);
    setAttributes(this.#live, { "aria-pressed": "false" });
    setText(this.#time, dateAndTime(time));
    setText(this.#what, `${count(this.#moment)} of ${count(last)} · ${what}`);
  }
}

function whatOf(recording: Recording, moment: number): string {
  const line = recording.lineOf(moment);
  if (line?.line === "step") {
    const { key, event, from, to } = line;
    return `${key}: ${from === to ? `${event.type} in ${to}` : `${from} → ${to}`}`;
  }
  return line?.line === "complaint"
    ? `${line.regarding.namespace}/${line.regarding.name}: ${line.reason}`
    : "the trace begins";
}

function button(label: string, sign: string): HTMLButtonElement {
  return make(
    "button",
    { type: "button", "aria-label": label, title: label },
    make("span", { "aria-hidden": "true" }, sign),
  );
}
