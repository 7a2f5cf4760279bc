/**
 * One browser's stream of events: what is shown now, then what changes, and a sign of life where nothing does.
 *
 * A browser that reads more slowly than things change is let go when too much waits for it; it comes back by itself and is told
 * what is true then.
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Cancel, Clock } from "./clock.ts";
import type { LiveMessage, LiveView } from "./live-view.ts";

/** How often a quiet stream says that it lives, in milliseconds. */
const BEAT_MS = 10_000;
/** When a browser comes back after a broken stream, in milliseconds. */
const RETRY_MS = 2_000;
/** How much may wait for a browser beside the first message, in bytes. */
const WAITING_BYTES_MAX = 8 * 2 ** 20;

export interface StreamOptions {
  readonly view: LiveView;
  readonly clock: Clock;
}

/** Holds a stream until the browser goes. */
export function holdStream(request: IncomingMessage, response: ServerResponse, { view, clock }: StreamOptions): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  response.write(`retry: ${RETRY_MS}\n\n`);
  let allowed = WAITING_BYTES_MAX;
  const send = ({ id, event, data }: LiveMessage): void => {
    if (event === "state") allowed = WAITING_BYTES_MAX + 2 * data.length;
    if (response.writableLength > allowed) response.destroy();
    else response.write(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`);
  };
  const lastId = request.headers["last-event-id"];
  const stopListening = view.listen(send, typeof lastId === "string" ? lastId : undefined);
  let cancel: Cancel;
  const beat = (): void => {
    response.write("event: beat\ndata: \n\n");
    cancel = clock.after(BEAT_MS, beat);
  };
  cancel = clock.after(BEAT_MS, beat);
  response.once("close", () => {
    stopListening();
    cancel();
  });
}
