/**
 * The operator in a process of its own that kills itself at its n-th write: the child of test/real/crash.test.ts.
 *
 * It loads, says `loaded`, and waits until its parent arms it; so a successor is at hand the moment its predecessor dies.
 * Nothing is tidied up before the end: SIGKILL is what a lost node or the kernel's memory killer do.
 * @module
 */

import { subscribe } from "node:diagnostics_channel";
import { systemClock } from "../../src/clock.ts";
import { connect } from "../../src/cluster/kubernetes/connect.ts";
import { createLog } from "../../src/log.ts";
import { Operator } from "../../src/operator.ts";
import { systemRandom } from "../../src/random.ts";
import { defaultSettings } from "../../src/settings.ts";

/** What the parent says. Arming again begins to count anew; the first time, the operator is started. */
export interface Arming {
  /** The write that is the last one, from 1 on; 0 means that none is. */
  readonly write: number;
  /** Whether the operator dies with the answer at hand, or when the request is on its way and no answer has come. */
  readonly moment: "answered" | "sent";
}

/** What the child says: that it has loaded, that its caches are filled, and what it logs. */
export type Saying = "loaded" | "ready" | { readonly line: string };

const writing = new Set(["create", "update", "patch", "delete"]);
let arming: Arming = { write: 0, moment: "answered" };
let writes = 0;

function countWrite(moment: Arming["moment"]): void {
  if (moment !== arming.moment) return;
  writes += 1;
  if (writes === arming.write) process.kill(process.pid, "SIGKILL");
}

const say = (saying: Saying): unknown => process.send?.(saying);

async function start(kubeconfig: string): Promise<void> {
  const cluster = await connect({
    kubeconfig,
    connections: defaultSettings.concurrency,
    onRequest: ({ verb }) => {
      if (writing.has(verb)) countWrite("answered");
    },
  });
  const write = (line: string): unknown => say({ line });
  const log = createLog({ clock: systemClock, level: "debug", format: "text", write });
  const operator = new Operator({
    cluster,
    clock: systemClock,
    random: systemRandom,
    // What a killed one has sent has come after that time: the server is at hand, and nothing holds a request up for longer.
    settings: { ...defaultSettings, onTheWayMs: 2_000 },
    log,
  });
  await operator.start();
  say("ready");
}

// The connection library says so once the last byte of a request is with the kernel, from where it leaves whoever dies.
subscribe("undici:request:bodySent", (message) => {
  const { method } = (message as { request: { method: string } }).request;
  if (method !== "GET") countWrite("sent");
});

const [kubeconfig = ""] = process.argv.slice(2);
let isStarted = false;
process.on("message", (message) => {
  arming = message as Arming;
  writes = 0;
  if (!isStarted) void start(kubeconfig);
  isStarted = true;
});
process.on("disconnect", () => process.exit(0));
say("loaded");
