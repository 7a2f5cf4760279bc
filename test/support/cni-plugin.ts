/**
 * The CNI plugin as a runtime calls it: a child process with environment and standard input; and agents for it to talk to.
 * @module
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IpamService } from "../../src/agent/ipam-service.ts";
import { listenOnSocket, type SocketServer } from "../../src/agent/socket-server.ts";
import type { AddAnswer, EndpointAnswer } from "../../src/api/agent-protocol.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { readEnvironment } from "../../src/cni/environment.ts";
import { runPlugin } from "../../src/cni/plugin.ts";
import { silentLog } from "../../src/log.ts";

const root = join(import.meta.dirname, "../..");

export interface Ran {
  readonly exitCode: number | null;
  readonly output: string;
  readonly stderr: string;
  /** The output as JSON; undefined where it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it by path.
  readonly json: any;
}

/** A folder of its own for sockets and logs, short enough for a socket's path. */
export class PluginPlace {
  readonly folder = mkdtempSync(join(tmpdir(), "autopool-cni-"));
  readonly socket = join(this.folder, "agent.sock");
  readonly logFile = join(this.folder, "plugin.log");

  /** A network configuration; what is given replaces, undefined removes. */
  configuration(own: object = {}, ipam: object = {}): string {
    const { socket, logFile } = this;
    return JSON.stringify({
      cniVersion: "1.0.0",
      name: "net",
      type: "macvlan",
      ipam: { type: "spiderpool", ipam_unix_socket_path: socket, log_file_path: logFile, ...ipam },
      ...own,
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a container runtime sets for a pod. */
export const podEnvironment = {
  CNI_CONTAINERID: "c1",
  CNI_NETNS: "/run/netns/c1",
  CNI_IFNAME: "eth0",
  CNI_PATH: "/opt/cni/bin",
  CNI_ARGS: "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0;K8S_POD_UID=u1;K8S_POD_INFRA_CONTAINER_ID=c1",
};

/** Calls the plugin from source, or the given executable, and waits for its end. */
export function callPlugin(environment: NodeJS.ProcessEnv, input: string, executable?: string): Promise<Ran> {
  const [program, args] =
    executable === undefined ? [process.execPath, [join(root, "src/cni/main.ts")]] : [executable, []];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: environment, stdio: ["pipe", "pipe", "pipe"] });
    let [output, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    // It may end before it has read.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.on("error", reject).on("close", (exitCode) => {
      resolve({ exitCode, output, stderr, json: output === "" ? undefined : JSON.parse(output) });
    });
  });
}

/** A hundred seconds in one, for what the plugin waits for. */
export const hurriedClock: Clock = {
  now: () => systemClock.now() * 100,
  after: (ms, callback) => systemClock.after(ms / 100, callback),
};

/** Calls the plugin within this process, which is faster where only its decision counts. */
export async function callHere(
  environment: NodeJS.ProcessEnv,
  input: string,
  clock = systemClock,
): Promise<Omit<Ran, "stderr">> {
  const { exitCode, output } = await runPlugin({
    environment: readEnvironment(environment),
    clock,
    processId: process.pid,
    readInput: () => input,
  });
  return { exitCode, output, json: output === "" ? undefined : JSON.parse(output) };
}

/** An endpoint as the agent tells it. */
export function endpointOf(addresses: Partial<EndpointAnswer["interfaces"][number]>, podUID = "u1"): EndpointAnswer {
  const interfaces = [{ interface: "eth0", ...addresses }];
  return { podNamespace: "default", podName: "web-0", podUID, node: "n1", interfaces };
}

/** One address for `eth0`, as most tests need it. */
export const oneAddress: AddAnswer = {
  ips: [{ version: 4, address: "10.0.0.10/24", nic: "eth0", ipPool: "p1", gateway: "10.0.0.1" }],
};

/** A service that gives one address and notes what it is asked, in order; single methods can be replaced. */
export function notingService(asked: object[], replaced: Partial<IpamService> = {}): IpamService {
  const note = <Args extends object>(verb: string, args: Args): void => {
    asked.push({ verb, ...args });
  };
  return {
    async add(args, signal) {
      note("add", args);
      return replaced.add?.(args, signal) ?? oneAddress;
    },
    async del(args, signal) {
      note("del", args);
      await replaced.del?.(args, signal);
    },
    async batchDel(args, signal) {
      note("batchDel", args);
      return replaced.batchDel?.(args, signal) ?? "done";
    },
    async endpoint(namespace, name) {
      note("endpoint", { namespace, name });
      return replaced.endpoint?.(namespace, name) ?? undefined;
    },
  };
}

/** Our own server with a service that tests control. */
export function listen(path: string, service: IpamService): Promise<SocketServer> {
  return listenOnSocket({ path, service, clock: systemClock, log: silentLog });
}

/** Any HTTP server on a unix socket, for answers that ours never gives. */
export async function listenRaw(
  path: string,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ close(): Promise<void> }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
