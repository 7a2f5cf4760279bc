/**
 * A client of the webhook in a thread of its own: what the caller's thread uses of the processor is then the webhook's alone.
 * @module
 */

import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type WebhookClient, webhookClient } from "./webhook-client.ts";

/** What the thread is told of the webhook. */
interface Place {
  readonly port: number;
  readonly ca: string;
}
type Answer = Pick<Awaited<ReturnType<WebhookClient["send"]>>, "status" | "text">;

export class FarClient {
  readonly #thread: Worker;

  constructor(place: Place) {
    this.#thread = new Worker(new URL(import.meta.url), { workerData: place });
  }

  /** Posts a body and returns what came back; one at a time. */
  async send(path: string, body: string): Promise<Answer> {
    this.#thread.postMessage([path, body]);
    const [answer] = await once(this.#thread, "message");
    return answer;
  }

  async end(): Promise<void> {
    await this.#thread.terminate();
  }
}

if (!isMainThread) {
  const { port, ca } = workerData as Place;
  const client = webhookClient(port, ca, { keepAlive: true });
  parentPort?.on("message", async ([path, body]: [string, string]) => {
    const { status, text } = await client.send(path, body);
    parentPort?.postMessage({ status, text });
  });
}
