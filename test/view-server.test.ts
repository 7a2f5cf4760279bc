import { once } from "node:events";
import { get, type IncomingMessage, request } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../src/clock.ts";
import { LiveView } from "../src/live-view.ts";
import type { TraceLine } from "../src/trace/trace-line.ts";
import { knownMachines } from "../src/view/known-machines.ts";
import type { MachineGraph } from "../src/view/machine-graph.ts";
import { serveView, type ViewServer } from "../src/view-server.ts";
import { poolDocument } from "../src/viewing.ts";

const graph = knownMachines["pool"]?.graph() as MachineGraph;
const pool = (name: string): TraceLine => {
  const object = { metadata: { name, uid: name }, spec: { subnet: "10.0.0.0/24", ips: ["10.0.0.1"] } };
  return {
    line: "seen",
    t: 1,
    of: "spiderippools.spiderpool.spidernet.io",
    key: `/${name}`,
    uid: name,
    type: "added",
    object,
  };
};

const server_ = suite("the page's server");

let server: ViewServer;
let view: LiveView;
const lines: TraceLine[] = [pool("one")];

server_.before(async () => {
  view = new LiveView({ graph, clock: systemClock });
  for (const line of lines) view.take(line);
  const trace = (): string[] => lines.map((line) => `${JSON.stringify(line)}\n`);
  const source = { trace, live: { view, lines: () => lines } };
  server = await serveView({ port: 0, clock: systemClock, document: await poolDocument("live"), source });
});

server_.after(() => server.close());

async function ask(
  path: string,
  { method = "GET", headers = {} } = {},
): Promise<{ status: number; headers: IncomingMessage["headers"]; text: string }> {
  const sent = request({ host: "127.0.0.1", port: server.port, path, method, headers }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

server_("gives the page with its policy, and forbids others to hold or guess it", async () => {
  const { status, headers, text } = await ask("/");

  assert.is(status, 200);
  assert.match(text, /^<!doctype html>/);
  assert.match(headers["content-security-policy"] as string, /^default-src 'none'; script-src 'sha256-/);
  assert.is(headers["x-content-type-options"], "nosniff");
  assert.is(headers["cache-control"], "no-store");
  assert.is(headers["access-control-allow-origin"], undefined);
});

server_("tells what is shown, one pool, one subnet, and the trace", async () => {
  const state = JSON.parse((await ask("/api/state")).text);
  assert.equal(
    state.pools.map(({ key }: { key: string }) => key),
    ["pool/one"],
  );
  assert.is(JSON.parse((await ask("/api/pool?key=pool%2Fone")).text).row.pool, "one");
  assert.is((await ask("/api/pool?key=none")).status, 404);
  assert.is((await ask("/api/subnet?name=none")).status, 404);
  const trace = await ask("/trace");
  assert.equal(
    [trace.headers["content-type"], trace.text],
    ["application/x-ndjson; charset=utf-8", `${JSON.stringify(lines[0])}\n`],
  );
});

server_("streams what changes", async () => {
  const stream = get({ host: "127.0.0.1", port: server.port, path: "/events" });
  const [response] = (await once(stream, "response")) as [IncomingMessage];
  assert.is(response.headers["content-type"], "text/event-stream; charset=utf-8");
  let text = "";
  response.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.includes("event: state") && !text.includes("event: delta")) view.take(pool("two"));
    if (text.includes("event: delta")) stream.destroy();
  });
  response.on("error", () => {});
  await new Promise((resolve) => response.once("close", resolve));

  assert.match(text, /^retry: 2000\n\nid: \w+-\d+\nevent: state\ndata: \{.*\}\n\n/);
  assert.match(text, /id: \w+-\d+\nevent: delta\ndata: \{.*"pool\/two".*\}\n\n$/);
});

server_("only reads", async () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    const { status, headers } = await ask("/", { method });
    assert.equal([status, headers.allow], [405, "GET, HEAD"], method);
  }
  const head = await ask("/", { method: "HEAD" });
  assert.equal([head.status, head.text], [200, ""]);
  assert.equal(
    [(await ask("/trace", { method: "HEAD" })).text, (await ask("/events", { method: "HEAD" })).text],
    ["", ""],
  );
});

server_("knows no other path", async () => {
  for (const path of ["/metrics", "/api", "/../etc/passwd", "//", "/constructor", "/toString"]) {
    assert.is((await ask(path)).status, 404, path);
  }
});

server_("answers under this machine's names only, where it listens on it only", async () => {
  for (const host of ["evil.example", "evil.example:5730", "127.0.0.1.evil.example"]) {
    assert.is((await ask("/api/state", { headers: { host } })).status, 403, host);
  }
  for (const host of ["localhost:5730", "127.0.0.1", "[::1]:80"]) {
    assert.is((await ask("/api/state", { headers: { host } })).status, 200, host);
  }
});

server_("holds no more than 32 streams", async () => {
  const open = async (): Promise<[ReturnType<typeof get>, number]> => {
    const stream = get({ host: "127.0.0.1", port: server.port, path: "/events", agent: false });
    stream.on("error", () => {});
    const [response] = (await once(stream, "response")) as [IncomingMessage];
    return [stream, response.statusCode ?? 0];
  };
  const streams = await Promise.all(Array.from({ length: 33 }, open));

  assert.equal(
    streams
      .map(([, status]) => status)
      .sort()
      .slice(-2),
    [200, 503],
  );
  for (const [stream] of streams) stream.destroy();
});

server_("says where it is, also where it listens everywhere", async () => {
  const document = await poolDocument("trace");
  const everywhere = await serveView({
    port: 0,
    address: "0.0.0.0",
    clock: systemClock,
    document,
    source: { trace: () => [] },
  });
  try {
    assert.is(everywhere.url, `http://localhost:${everywhere.port}/`);
    const answer = await fetch(`http://127.0.0.1:${everywhere.port}/trace`);
    assert.equal([answer.status, await answer.text()], [200, ""]);
    assert.is((await fetch(`http://127.0.0.1:${everywhere.port}/api/state`)).status, 404);
  } finally {
    await everywhere.close();
  }
});

server_.run();
