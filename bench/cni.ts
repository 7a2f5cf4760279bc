/**
 * `npm run bench:cni`: how long a container runtime waits for the CNI plugin's executable, from exec to exit.
 *
 * The agent is in this process and answers at once, so what is measured is the plugin. Prints p50 and p95 in milliseconds, and as
 * multiples of `node -e 0` in the same run, as machines differ; exit code 1 where a bar of the issue is missed. Arguments: calls of
 * each kind (50), executable (dist/autopool-cni, see `npm run build:cni`).
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import type { IpamService } from "../src/agent/ipam-service.ts";
import { listenOnSocket } from "../src/agent/socket-server.ts";
import { systemClock } from "../src/clock.ts";
import { silentLog } from "../src/log.ts";
import { percentile } from "./process-figures.ts";

const [calls = "50", executable = "dist/autopool-cni"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "autopool-bench-"));
const socket = join(folder, "agent.sock");

/** Gives every pod the address that it was given before, as an agent does. */
function trivialAgent(): IpamService {
  const given = new Map<string, number>();
  return {
    async add({ podUID, ifName }) {
      const number = given.get(podUID) ?? given.size + 1;
      given.set(podUID, number);
      const address = `10.0.${number >> 8}.${number & 255}/16`;
      return { ips: [{ version: 4, address, nic: ifName, ipPool: "p1", gateway: "10.0.255.254" }] };
    },
    async del({ podUID }) {
      given.delete(podUID);
    },
    batchDel: async () => "done",
    endpoint: async () => undefined,
  };
}

const configuration = JSON.stringify({
  cniVersion: "1.0.0",
  name: "bench",
  type: "macvlan",
  ipam: { type: "spiderpool", ipam_unix_socket_path: socket, log_file_path: join(folder, "plugin.log") },
});

/** Runs a program to its end and returns the milliseconds that took. */
async function run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(program, args, { env: environment, stdio: ["pipe", "ignore", "inherit"] });
  child.stdin.on("error", () => {});
  child.stdin.end(configuration);
  const [code] = await once(child, "exit");
  const ms = performance.now() - startedAt;
  if (code !== 0) throw new Error(`Cannot go on: ${program} ended with exit code ${code}`);
  return ms;
}

const plugin = (command: string, pod: number): Promise<number> =>
  run(executable, [], {
    CNI_COMMAND: command,
    CNI_CONTAINERID: `c${pod}`,
    CNI_NETNS: "/run/netns/none",
    CNI_IFNAME: "eth0",
    CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=p${pod};K8S_POD_UID=u${pod}`,
  });

/** In the order in which a pod lives; the programs take turns, so that all of them see the same machine. */
const kinds = {
  "node -e 0": () => run(process.execPath, ["-e", "0"], {}),
  VERSION: (pod: number) => plugin("VERSION", pod),
  ADD: (pod: number) => plugin("ADD", pod),
  "ADD again": (pod: number) => plugin("ADD", pod),
  DEL: (pod: number) => plugin("DEL", pod),
};
/** Milliseconds of p50, on an idle machine. */
const bars: Readonly<Record<string, number>> = { VERSION: 60, ADD: 100, "ADD again": 100 };

async function main(): Promise<string[]> {
  const server = await listenOnSocket({ path: socket, service: trivialAgent(), clock: systemClock, log: silentLog });
  const times = new Map(Object.keys(kinds).map((name) => [name, [] as number[]]));
  for (let pod = 0; pod < Number(calls); pod += 1) {
    for (const [name, act] of Object.entries(kinds)) times.get(name)?.push(await act(pod));
  }
  await server.close();
  const size = statSync(executable).size / 2 ** 20;
  console.log(`${executable}: ${size.toFixed(0)} MiB; ${calls} calls of each kind; load ${loadavg()[0]?.toFixed(1)}`);
  const missed: string[] = [];
  const base = percentile(
    [...(times.get("node -e 0") ?? [])].sort((a, b) => a - b),
    0.5,
  );
  for (const [name, taken] of times) {
    const sorted = taken.sort((a, b) => a - b);
    const [p50, p95] = [percentile(sorted, 0.5), percentile(sorted, 0.95)];
    const bar = bars[name];
    const verdict = bar === undefined ? "" : `  ${p50 <= bar ? "ok" : "MISS"} (bar: p50 ≤ ${bar} ms)`;
    if (bar !== undefined && p50 > bar) missed.push(name);
    const ratio = `${(p50 / base).toFixed(2)} × node -e 0`;
    console.log(`  ${name.padEnd(10)} p50 ${p50.toFixed(1)} ms  p95 ${p95.toFixed(1)} ms  ${ratio}${verdict}`);
  }
  return missed;
}

try {
  const missed = await main();
  console.log(missed.length === 0 ? "all bars hold" : `missed: ${missed.join("; ")}`);
  process.exitCode = missed.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
