/**
 * The process behind `api-door.ts`: passes connections, and the requests in them, on to the API server, or does not.
 *
 * A process of its own, since a test that has much to compare would be a network that hangs.
 * @module
 */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent, request } from "node:https";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { load } from "js-yaml";
import { OPEN, type Order, type Report } from "./api-door.ts";

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly "certificate-authority-data": string } },
  ];
  readonly users: readonly [
    { readonly user: { readonly "client-certificate-data": string; readonly "client-key-data": string } },
  ];
}

let order: Order = OPEN;
let requests = 0;
const pairs = new Set<readonly [Socket, Socket]>();

const [path = ""] = process.argv.slice(2);
const config = load(readFileSync(path, "utf8")) as Kubeconfig;
const [{ cluster }] = config.clusters;
const [{ user }] = config.users;
const decoded = (data: string): Buffer => Buffer.from(data, "base64");
const agent = new Agent({
  keepAlive: true,
  ca: decoded(cluster["certificate-authority-data"]),
  cert: decoded(user["client-certificate-data"]),
  key: decoded(user["client-key-data"]),
});

/** Connects whoever comes in with what is behind the door; while it is shut, only by name. */
function enter(near: Socket, inner: Server): void {
  const far = connect({ port: portOf(inner), host: "127.0.0.1", allowHalfOpen: true });
  const pair = [near, far] as const;
  pairs.add(pair);
  for (const socket of pair) {
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      pairs.delete(pair);
      for (const other of pair) other.destroy();
    });
  }
  if (order.isShut) near.pause();
  else near.pipe(far).pipe(near);
}

function take(next: Order): void {
  const before = order;
  order = next;
  for (const [near, far] of pairs) {
    if (next.isShut) for (const socket of [near, far]) socket.unpipe().pause();
    else if (before.isShut) near.pipe(far).pipe(near);
  }
}

function answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
  requests += 1;
  const number = requests;
  setTimeout(() => {
    // Seven is prime to a hundred, so that those who are sent away are not all in a row.
    if ((number * 7) % 100 < order.refusedShare * 100) refuse(incoming, outgoing);
    else pass(incoming, outgoing);
  }, order.delayMs);
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method = "GET", headers, url = "/" } = incoming;
  const { host: _, ...others } = headers;
  const to = request(new URL(url, cluster.server), { method, headers: others, agent }, (from) => {
    outgoing.writeHead(from.statusCode ?? 502, from.headers);
    outgoing.flushHeaders();
    from.pipe(outgoing);
    from.on("error", () => outgoing.destroy());
  });
  to.on("error", () => outgoing.destroy());
  outgoing.on("close", () => to.destroy());
  incoming.pipe(to);
}

function refuse(incoming: IncomingMessage, outgoing: ServerResponse): void {
  incoming.resume();
  outgoing.writeHead(429, { "content-type": "application/json", "retry-after": "1" });
  const status = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "TooManyRequests", code: 429 };
  outgoing.end(JSON.stringify({ ...status, message: "too many requests, please try again later" }));
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const inner = createHttpServer(answer);
const outer = createServer({ allowHalfOpen: true }, (near) => enter(near, inner));
for (const server of [inner, outer]) await once(server.listen(0, "127.0.0.1"), "listening");
const report = (): unknown => process.send?.({ port: portOf(outer), requests } satisfies Report);
process.on("message", (message) => {
  take(message as Order);
  report();
});
process.on("disconnect", () => process.exit(0));
report();
