/**
 * The running operator behind the page: its stream of events, and what it answers about one pool or subnet.
 *
 * The stream comes back by itself when it breaks; meanwhile the page shows what was true last, and says so.
 * @module
 */

import type { PageDelta, PageState, PoolDetail, SubnetDetail } from "../page-state.ts";

/** Where details come from: the operator, or a recording. */
export interface DetailSource {
  pool(key: string): Promise<PoolDetail | undefined>;
  subnet(name: string): Promise<SubnetDetail | undefined>;
}

/** How the stream is. */
export type Connection = "connecting" | "live" | "lost";

export interface LiveOptions {
  onState(state: PageState): void;
  onDelta(delta: PageDelta): void;
  onConnection(connection: Connection): void;
}

/** Signs of life come every ten seconds. */
const SILENCE_MS = 25_000;

export const liveDetails: DetailSource = {
  pool: (key) => read(`api/pool?key=${encodeURIComponent(key)}`),
  subnet: (name) => read(`api/subnet?name=${encodeURIComponent(name)}`),
};

/** Follows the running operator for as long as the page is there. */
export function followLive({ onState, onDelta, onConnection }: LiveOptions): void {
  let stream: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = (): void => {
    onConnection("live");
    clearTimeout(timer);
    // A connection that a proxy has forgotten says nothing any more, not even that.
    timer = setTimeout(open, SILENCE_MS);
  };
  const open = (): void => {
    stream?.close();
    stream = new EventSource("events");
    stream.addEventListener("state", ({ data }) => {
      alive();
      onState(JSON.parse(data));
    });
    stream.addEventListener("delta", ({ data }) => {
      alive();
      onDelta(JSON.parse(data));
    });
    // Who comes back may have missed nothing.
    stream.addEventListener("open", alive);
    stream.addEventListener("beat", alive);
    stream.addEventListener("error", () => {
      onConnection("lost");
      clearTimeout(timer);
      if (stream.readyState === EventSource.CLOSED) timer = setTimeout(open, 2_000);
    });
  };
  onConnection("connecting");
  open();
}

async function read<T>(path: string): Promise<T | undefined> {
  const response = await fetch(path);
  return response.ok ? ((await response.json()) as T) : undefined;
}
