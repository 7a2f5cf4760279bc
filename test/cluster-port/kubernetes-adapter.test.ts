/** The kubernetes adapter against a scripted HTTP server: what a real API server does only when something is wrong. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../src/clock.ts";
import { ApiError, type Cluster, UnknownOutcome } from "../../src/cluster/cluster.ts";
import { type ConnectOptions, connect } from "../../src/cluster/kubernetes/connect.ts";
import type { RequestReport } from "../../src/cluster/kubernetes/transport.ts";

const resource = { group: "example.io", version: "v1", plural: "things", kind: "Thing", namespaced: true };
const thing = { metadata: { namespace: "n", name: "a" } };

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Starts a server and a client for it; a plain HTTP server is allowed where the kubeconfig waives TLS verification. */
async function serve(answer: Answer, options: Partial<ConnectOptions> = {}, token = "first") {
  const directory = mkdtempSync(join(tmpdir(), "adapter-"));
  const kubeconfig = join(directory, "kubeconfig");
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => void answer(request, response)).on("connection", (socket) =>
    sockets.add(socket),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const writeUser = (user: object): void => {
    const entries = {
      clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
      users: [{ name: "operator", user }],
      contexts: [{ name: "test", context: { cluster: "c", user: "operator" } }],
      "current-context": "test",
    };
    writeFileSync(kubeconfig, JSON.stringify(entries));
  };
  const writeToken = (text: string): void => writeUser({ token: text });
  writeToken(token);
  const reports: RequestReport[] = [];
  const cluster = await connect({ kubeconfig, onRequest: (report) => reports.push(report), ...options });
  const stop = async (): Promise<void> => {
    await cluster.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(directory, { recursive: true });
  };
  return { cluster, reports, sockets, port, writeToken, writeUser, stop, kubeconfig };
}

const json = (response: ServerResponse, code: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
};

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("Expected a rejection, got a value");
}

async function watchAll(cluster: Cluster, timeoutSeconds = 5): Promise<string[]> {
  const lines: string[] = [];
  for await (const { type, object } of cluster.watch(resource, { resourceVersion: "1", timeoutSeconds })) {
    lines.push(`${type} ${object.metadata.name}`);
  }
  return lines;
}

const adapting = suite("kubernetes adapter");

adapting("makes no more connections than allowed, however many callers there are", async () => {
  const { cluster, sockets, stop } = await serve((_, response) => json(response, 201, thing), { connections: 5 });
  await Promise.all(Array.from({ length: 200 }, () => cluster.create(resource, thing)));
  assert.is(sockets.size, 5);
  await stop();
});

adapting("writes while watches are open and lists are slow", async () => {
  const { cluster, stop } = await serve(
    (request, response) => {
      if (request.method === "POST") json(response, 201, thing);
      else if (request.url?.includes("watch=true")) response.writeHead(200).flushHeaders();
    },
    { connections: 1 },
  );
  const ending = new AbortController();
  const open = [1, 2, 3].map(async () => {
    const options = { resourceVersion: "1", timeoutSeconds: 60, signal: ending.signal };
    for await (const event of cluster.watch(resource, options)) throw new Error(`Unexpected event ${event.type}`);
  });
  const listed = failureOf(cluster.list(resource, { signal: ending.signal }));
  assert.equal(await cluster.create(resource, thing), thing);
  ending.abort();
  await Promise.all(open);
  assert.instance(await listed, UnknownOutcome);
  await stop();
});

adapting("sends the paths, types and bodies that the API documents", async () => {
  const requests: string[] = [];
  const { cluster, reports, stop } = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push(
      `${request.method} ${request.url} ${request.headers["content-type"] ?? "-"} ${Buffer.concat(chunks)}`,
    );
    json(response, 200, { ...thing, items: [], metadata: { resourceVersion: "5", continue: "" } });
  });
  const ref = thing.metadata;
  await cluster.update(resource, { ...thing, kind: "Thing" }, { subresource: "status" });
  await cluster.patch(resource, ref, { spec: null });
  await cluster.delete(resource, ref, { preconditions: { uid: "u" }, propagationPolicy: "Orphan" });
  const selectors = { labelSelector: "x in (y)", fieldSelector: "metadata.name!=b" };
  assert.equal(await cluster.list(resource, { limit: 2, continue: "a+b", ...selectors }), {
    items: [],
    resourceVersion: "5",
  });
  const json_ = "application/json";
  const body = '{"apiVersion":"example.io/v1","kind":"Thing","metadata":{"namespace":"n","name":"a"}}';
  assert.equal(requests, [
    `PUT /apis/example.io/v1/namespaces/n/things/a/status ${json_} ${body}`,
    'PATCH /apis/example.io/v1/namespaces/n/things/a application/merge-patch+json {"spec":null}',
    `DELETE /apis/example.io/v1/namespaces/n/things/a ${json_} {"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"u"},"propagationPolicy":"Orphan"}`,
    "GET /apis/example.io/v1/things?labelSelector=x+in+%28y%29&fieldSelector=metadata.name%21%3Db&limit=2&continue=a%2Bb - ",
  ]);
  assert.equal(
    reports.map((report) => `${report.verb} ${report.plural} ${report.subresource ?? "-"} ${report.code}`),
    ["update things status 200", "patch things - 200", "delete things - 200", "list things - 200"],
  );
  assert.match(
    (await failureOf(cluster.create(resource, { metadata: { name: "a" } }))).message,
    "its namespace is missing",
  );
  await stop();
});

adapting("loads a renewed token after a 401 and tries once more", async () => {
  const server = await serve((request, response) => {
    if (request.headers.authorization === "Bearer second") json(response, 200, thing);
    else json(response, 401, { kind: "Status", code: 401, reason: "Unauthorized", message: "Unauthorized" });
  });
  server.writeToken("second");
  assert.equal(await Promise.all([1, 2, 3].map(() => server.cluster.get(resource, thing.metadata))), [
    thing,
    thing,
    thing,
  ]);
  assert.equal(
    server.reports.map(({ code }) => code),
    [401, 401, 401, 200, 200, 200],
  );
  await server.stop();
});

adapting("takes new connections once a certificate file changed, and lets a request under way finish", async () => {
  let now = 0;
  const clock = { ...systemClock, now: () => now };
  const arrived = Promise.withResolvers<ServerResponse>();
  const server = await serve(
    (request, response) => {
      if (request.url?.endsWith("/slow")) arrived.resolve(response);
      else json(response, 200, { port: request.socket.remotePort });
    },
    { clock },
  );
  const certificate = `${server.kubeconfig}.crt`;
  writeFileSync(certificate, "first");
  writeFileSync(`${server.kubeconfig}.key`, "key");
  server.writeUser({ "client-certificate": certificate, "client-key": `${server.kubeconfig}.key` });
  const cluster = await connect({ kubeconfig: server.kubeconfig, clock, connections: 1 });
  const portOf = async () => ((await cluster.get(resource, thing.metadata)) as unknown as { port: number }).port;
  const first = await portOf();
  assert.is(await portOf(), first);
  const slow = cluster.get(resource, { namespace: "n", name: "slow" });
  const response = await arrived.promise;
  writeFileSync(certificate, "second");
  now += 6_000;
  const second = await portOf();
  assert.is.not(second, first);
  assert.is(await portOf(), second);
  json(response, 200, thing);
  assert.equal(await slow, thing);
  await cluster.close();
  await server.stop();
});

adapting("says who is not let in, and asks only once more, when a token is wrong for good", async () => {
  const server = await serve((_, response) => json(response, 401, {}));
  const error = await failureOf(server.cluster.get(resource, thing.metadata));
  assert.is((error as ApiError).code, 401);
  assert.match(error.message, 'as user "operator": the token or client certificate is missing, wrong or expired');
  assert.is(server.reports.length, 1);
  await server.stop();
});

adapting("passes on how long the server wants us to wait", async () => {
  const status = { kind: "Status", reason: "TooManyRequests", message: "slow down", details: { retryAfterSeconds: 9 } };
  const replies: Answer[] = [
    (_, response) => json(response, 429, status, { "retry-after": "3" }),
    (_, response) => json(response, 429, status),
    (_, response) => response.writeHead(503).end("<html>gateway\n</html>"),
  ];
  const { cluster, stop } = await serve((request, response) => replies.shift()?.(request, response));
  const errors: string[] = [];
  for (let count = 0; count < 3; count++) {
    const error = await failureOf(cluster.get(resource, thing.metadata));
    assert.instance(error, ApiError);
    const { code, reason, message, retryAfterSeconds } = error as ApiError;
    errors.push(`${code} ${reason} ${retryAfterSeconds} ${message}`);
  }
  assert.equal(errors, [
    "429 TooManyRequests 3 slow down",
    "429 TooManyRequests 9 slow down",
    '503 Unknown undefined Cannot get things "n/a": the server answers 503 <html>gateway </html>',
  ]);
  await stop();
});

adapting("calls it an unknown outcome when the answer does not come, breaks off or is no JSON", async () => {
  const replies: Answer[] = [
    () => {},
    (request) => request.socket.destroy(),
    (_, response) => {
      response.writeHead(200, { "content-length": "100" }).write("{");
      response.socket?.end();
    },
    (_, response) => response.writeHead(200).end("{"),
  ];
  const options = { requestTimeoutSeconds: 0.3 };
  const { cluster, port, stop } = await serve((request, response) => replies.shift()?.(request, response), options);
  for (const detail of ["no answer came in time", "connection was", "", "JSON"]) {
    const error = await failureOf(cluster.create(resource, thing));
    assert.instance(error, UnknownOutcome);
    assert.match(error.message, `Cannot create things "n/a" at "http://127.0.0.1:${port}": `);
    assert.match(error.message, detail);
  }
  await stop();
});

adapting("says so when nothing listens there, and when it was closed", async () => {
  const { cluster, stop } = await serve(() => {});
  await stop();
  assert.match((await failureOf(cluster.get(resource, thing.metadata))).message, /closed/);
  const directory = mkdtempSync(join(tmpdir(), "adapter-"));
  const server = "http://127.0.0.1:1";
  const kubeconfig = join(directory, "kubeconfig");
  const entries = {
    clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "t", context: { cluster: "c", user: "u" } }],
    "current-context": "t",
  };
  writeFileSync(kubeconfig, JSON.stringify(entries));
  const unreachable = await connect({ kubeconfig });
  const error = await failureOf(unreachable.get(resource, thing.metadata));
  assert.instance(error, UnknownOutcome);
  assert.match(error.message, "nothing listens there (ECONNREFUSED)");
  await unreachable.close();
  rmSync(directory, { recursive: true });
});

adapting("refuses a configuration that cannot work, in words", async () => {
  const { kubeconfig, stop } = await serve(() => {});
  const wrong = await failureOf(connect({ kubeconfig, context: "production" }));
  assert.is(wrong.message, `Cannot use context "production" of kubeconfig "${kubeconfig}": it has "test"`);
  const missing = await failureOf(connect({ kubeconfig: `${kubeconfig}.not` }));
  assert.match(missing.message, `Cannot load kubeconfig "${kubeconfig}.not": ENOENT`);
  await stop();
});

adapting("decodes a watch whose bytes come in any pieces, up to the server's end", async () => {
  const name = "ö".repeat(50_000);
  const { cluster, stop } = await serve(async (_, response) => {
    const bytes = Buffer.from(`${JSON.stringify({ type: "ADDED", object: { metadata: { name } } })}\n`.repeat(2));
    for (let start = 0; start < bytes.length; start += 9_999) {
      response.write(bytes.subarray(start, start + 9_999));
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  assert.equal(await watchAll(cluster), [`ADDED ${name}`, `ADDED ${name}`]);
  await stop();
});

adapting(
  "turns an error inside a watch into the server's refusal, and a broken line into an unknown outcome",
  async () => {
    const replies = [
      '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n',
      '{"type":"ADDED","obj',
    ];
    const { cluster, stop } = await serve((_, response) => response.end(replies.shift()));
    const expired = (await failureOf(watchAll(cluster))) as ApiError;
    assert.instance(expired, ApiError);
    assert.equal([expired.code, expired.reason, expired.message], [410, "Expired", "too old"]);
    assert.instance(await failureOf(watchAll(cluster)), UnknownOutcome);
    await stop();
  },
);

adapting("ends a watch that the server has forgotten", async () => {
  const { cluster, stop } = await serve((_, response) => response.writeHead(200).flushHeaders(), {
    watchGraceSeconds: 0.1,
  });
  const error = await failureOf(watchAll(cluster, 0.1));
  assert.instance(error, UnknownOutcome);
  assert.match(error.message, "the server did not end the watch in time");
  await stop();
});

adapting("closes the connection of a watch whose reader leaves", async () => {
  let closed = (): void => {};
  const isClosed = new Promise<void>((resolve) => (closed = resolve));
  const { cluster, stop } = await serve((_, response) => {
    response.on("close", closed).write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n');
  });
  for await (const event of cluster.watch(resource, { resourceVersion: "1", timeoutSeconds: 60 })) {
    assert.is(event.type, "ADDED");
    break;
  }
  await isClosed;
  await stop();
});

adapting(
  "finds kinds by discovery, with one request for many questions, and asks again for what was not there",
  async () => {
    let isInstalled = false;
    const { cluster, reports, stop } = await serve((request, response) => {
      if (request.url !== "/apis/example.io/v1" || !isInstalled)
        return void response.writeHead(404).end("404 page not found");
      const resources = [
        { name: "oxen/scale", kind: "Ox", namespaced: true },
        { name: "oxen", kind: "Ox", namespaced: false },
      ];
      json(response, 200, { kind: "APIResourceList", resources });
    });
    assert.is(await cluster.resolve("example.io/v1", "Ox"), undefined);
    isInstalled = true;
    const oxen = { group: "example.io", version: "v1", plural: "oxen", kind: "Ox", namespaced: false };
    assert.equal(await Promise.all([1, 2, 3].map(() => cluster.resolve("example.io/v1", "Ox"))), [oxen, oxen, oxen]);
    assert.equal(await cluster.resolve("example.io/v1", "Ox"), oxen);
    assert.is(reports.length, 2);
    assert.is(await cluster.resolve("example.io/v1", "Cow"), undefined);
    assert.is(await cluster.resolve("a/b/c", "Ox"), undefined);
    assert.equal(
      reports.map(({ code }) => code),
      [404, 200, 200],
    );
    await stop();
  },
);

adapting.run();
