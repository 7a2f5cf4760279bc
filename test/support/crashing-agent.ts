/**
 * The agent of a node in a process of its own that kills itself at its n-th write: the child of test/real/ipam-crash.test.ts.
 *
 * It says `ready` once it may be asked, and `armed` for each arming; so a successor is at hand the moment its predecessor dies.
 * Nothing is tidied up before the end.
 * @module
 */

import { subscribe } from "node:diagnostics_channel";
import { Agent } from "../../src/agent/agent.ts";
import { listenOnSocket } from "../../src/agent/socket-server.ts";
import { systemClock } from "../../src/clock.ts";
import { connect } from "../../src/cluster/kubernetes/connect.ts";
import { defaultIpamSettings } from "../../src/ipam/settings.ts";
import { silentLog } from "../../src/log.ts";
import { systemRandom } from "../../src/random.ts";

/** What the parent says. */
export interface AgentArming {
  /** The write that is the last one, from 1 on; 0 means that none is. */
  readonly write: number;
  /** Whether the agent dies with the answer at hand, or when the request is on its way and no answer has come. */
  readonly moment: "answered" | "sent";
}

/** What the child says. */
export type AgentSaying = "ready" | "armed";

const writing = new Set(["create", "update", "patch", "delete"]);
const [kubeconfig = "", nodeName = "", path = ""] = process.argv.slice(2);
let arming: AgentArming = { write: 0, moment: "answered" };
let writes = 0;

function countWrite(moment: AgentArming["moment"]): void {
  if (moment !== arming.moment) return;
  writes += 1;
  if (writes === arming.write) process.kill(process.pid, "SIGKILL");
}

// The connection library says so once the last byte of a request is with the kernel, from where it leaves whoever dies.
subscribe("undici:request:bodySent", (message) => {
  const { method } = (message as { request: { method: string } }).request;
  if (method !== "GET") countWrite("sent");
});

const say = (saying: AgentSaying): unknown => process.send?.(saying);

process.on("message", (message) => {
  arming = message as AgentArming;
  writes = 0;
  say("armed");
});
process.on("disconnect", () => process.exit(0));

const cluster = await connect({
  kubeconfig,
  onRequest: ({ verb }) => {
    if (writing.has(verb)) countWrite("answered");
  },
});
const settings = { ...defaultIpamSettings, nodeName };
const agent = new Agent({
  cluster,
  clock: systemClock,
  random: systemRandom,
  settings,
  log: silentLog,
  warn: () => {},
});
await agent.start();
await listenOnSocket({ path, service: agent, clock: systemClock, log: silentLog });
say("ready");
