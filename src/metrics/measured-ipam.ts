/**
 * An agent's service, measured: what was asked, how it ended, how long it took.
 *
 * Stands between socket and service, so that neither knows of it.
 * @module
 */

import type { IpamService } from "../agent/ipam-service.ts";
import type { Clock } from "../clock.ts";
import { type Outcome, outcomeOf } from "./request-outcome.ts";

/** What is asked for: the plugin's ADD and DEL, the release of all that a pod has, and the look at what it has. */
export type Operation = "add" | "del" | "release_all" | "read";

/** One request that has ended. */
export interface RequestEnd {
  readonly operation: Operation;
  readonly outcome: Outcome;
  readonly seconds: number;
}

/** Returns a service that does what `service` does and tells of every request. */
export function measuredIpam(service: IpamService, clock: Clock, onEnd: (end: RequestEnd) => void): IpamService {
  async function measure<T>(operation: Operation, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const startedAt = clock.now();
    let outcome: Outcome = "ok";
    try {
      return await run();
    } catch (error) {
      outcome = outcomeOf(error, signal);
      throw error;
    } finally {
      onEnd({ operation, outcome, seconds: (clock.now() - startedAt) / 1000 });
    }
  }
  return {
    add: (args, signal) => measure("add", () => service.add(args, signal), signal),
    del: (args, signal) => measure("del", () => service.del(args, signal), signal),
    batchDel: (args, signal) => measure("release_all", () => service.batchDel(args, signal), signal),
    endpoint: (namespace, name) => measure("read", () => service.endpoint(namespace, name)),
  };
}
