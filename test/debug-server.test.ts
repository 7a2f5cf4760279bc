/** The debug server: what it gives out, and to whom. */
import { request } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../src/clock.ts";
import { type DebugServer, serveDebug } from "../src/debug-server.ts";

const debug = suite("debug server");
let server: DebugServer;
debug.before.each(async () => {
  server = await serveDebug({ port: 0, clock: systemClock });
});
debug.after.each(() => server.close());

const ask = (path: string, options: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}${path}`, options);

debug("gives a heap snapshot that tools can read", async () => {
  const reply = await ask("/debug/heap");

  assert.is(reply.status, 200);
  assert.match(reply.headers.get("content-disposition") ?? "", "autopool.heapsnapshot");
  const { snapshot, nodes } = JSON.parse(await reply.text());
  assert.ok(snapshot.node_count > 1000);
  assert.ok(nodes.length > 1000);
});

debug("gives a CPU profile of the time that is asked for, one at a time", async () => {
  const began = systemClock.now();
  const first = ask("/debug/cpu?seconds=0.5");
  await new Promise<void>((resolve) => systemClock.after(100, resolve));
  assert.is((await ask("/debug/cpu?seconds=0.5")).status, 409);

  const reply = await first;

  const { startTime, endTime, nodes } = (await reply.json()) as { startTime: number; endTime: number; nodes: object[] };
  assert.ok(systemClock.now() - began >= 500);
  assert.ok(endTime - startTime >= 400_000, `${endTime - startTime} µs`);
  assert.ok(nodes.length > 0);
});

debug("ends a profile that nobody waits for", async () => {
  const leaving = new AbortController();
  const left = ask("/debug/cpu?seconds=60", { signal: leaving.signal }).catch(() => "left");
  await new Promise<void>((resolve) => systemClock.after(100, resolve));
  leaving.abort();
  assert.is(await left, "left");
  await new Promise<void>((resolve) => systemClock.after(100, resolve));

  assert.is((await ask("/debug/cpu?seconds=0.1")).status, 200);
});

debug("refuses what it does not know, and whoever means another host", async () => {
  assert.is((await ask("/debug")).status, 404);
  assert.is((await ask("/debug/heap", { method: "POST" })).status, 405);
  assert.is((await ask("/debug/cpu?seconds=many")).status, 400);
  assert.is((await ask("/debug/cpu?seconds=100000")).status, 400);
  const status = await new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: server.port, path: "/debug/heap", headers: { host: "evil.example" } };
    request(options, (reply) => resolve(reply.resume().statusCode))
      .on("error", reject)
      .end();
  });
  assert.is(status, 403);
});

debug.run();
