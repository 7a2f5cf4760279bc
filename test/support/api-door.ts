/**
 * A door in front of the real API server that tests can shut, make slow, or keep by a guard who sends people away.
 *
 * Whoever comes in speaks plain HTTP and is an administrator: the door has the kubeconfig's certificate. Shut, it is like a network
 * that loses every packet: connections stay, nothing goes through, nobody is told.
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realKubeconfig } from "./real.ts";

/** What the door is told. */
export interface Order {
  /** Lets nothing through in either direction while it is true; then all that has been waiting. */
  readonly isShut: boolean;
  /** Milliseconds until a request is passed on. */
  readonly delayMs: number;
  /** Share of requests that are answered with 429 and "come again in a second". */
  readonly refusedShare: number;
}

/** What the door says upon each order, and first when it is open. */
export interface Report {
  readonly port: number;
  /** Requests that came in, those that were sent away included. */
  readonly requests: number;
}

export const OPEN: Order = { isShut: false, delayMs: 0, refusedShare: 0 };

export class ApiDoor {
  /** Path of a kubeconfig that leads through the door. */
  readonly kubeconfig: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "autopool-door-"));
  readonly #child: ChildProcess;

  private constructor() {
    this.#child = fork(join(import.meta.dirname, "api-door-process.ts"), [realKubeconfig()]);
    this.kubeconfig = join(this.#folder, "kubeconfig");
  }

  static async open(): Promise<ApiDoor> {
    const door = new ApiDoor();
    const { port } = await door.#report();
    const name = "door";
    const cluster = { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true };
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": name,
      clusters: [{ name, cluster }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      users: [{ name, user: {} }],
    };
    writeFileSync(door.kubeconfig, JSON.stringify(config));
    return door;
  }

  /** Returns how many requests have come in so far. */
  async order(order: Partial<Order>): Promise<number> {
    const reported = this.#report();
    this.#child.send({ ...OPEN, ...order } satisfies Order);
    return (await reported).requests;
  }

  async close(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill();
    await ended;
    rmSync(this.#folder, { recursive: true });
  }

  async #report(): Promise<Report> {
    const [report] = await once(this.#child, "message");
    return report as Report;
  }
}
