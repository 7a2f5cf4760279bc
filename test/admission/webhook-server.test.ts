/** The webhook's server over real TLS on the loopback address, asked by decent clients and by others. */
import { once } from "node:events";
import { connect as connectPlain } from "node:net";
import { connect } from "node:tls";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  listenForReviews,
  type TlsPair,
  type WebhookServer,
  type WebhookServerOptions,
} from "../../src/admission/webhook-server.ts";
import { nextTurn, sleep, systemClock } from "../../src/clock.ts";
import { silentLog } from "../../src/log.ts";
import { throwawayCertificate } from "../support/throwaway-certificate.ts";
import { admissionScene, reviewText, subnet, subnetRequest } from "./admission-scene.ts";
import { readAll, type WebhookClient, webhookClient } from "./webhook-client.ts";

const MUTATE = "/mutate-spiderpool-spidernet-io-v2beta1-spidersubnet";
const VALIDATE = "/validate-spiderpool-spidernet-io-v2beta1-spidersubnet";
const HEALTH = "/webhook-health-check";
const MIB = 2 ** 20;

let tls: TlsPair;
let servers: WebhookServer[] = [];
let clients: WebhookClient[] = [];

async function start(options: Partial<WebhookServerOptions> = {}): Promise<[WebhookServer, WebhookClient]> {
  const server = await listenForReviews({
    port: 0,
    host: "127.0.0.1",
    tls,
    admitter: admissionScene().admitter,
    clock: systemClock,
    log: silentLog,
    isHealthy: () => true,
    ...options,
  });
  servers.push(server);
  return [server, client(server)];
}

function client(server: WebhookServer, options?: { keepAlive: boolean }): WebhookClient {
  const made = webhookClient(server.port, tls.cert, options);
  clients.push(made);
  return made;
}

/** A server whose answers wait until the test lets them go. */
function holding(): { options: Partial<WebhookServerOptions>; letGo: () => void; asked: Promise<void> } {
  const [gate, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const hold = async (): Promise<undefined> => {
    asked.resolve();
    await gate.promise;
  };
  return { options: { admitter: admissionScene({ hold }).admitter }, letGo: gate.resolve, asked: asked.promise };
}

async function tidy(): Promise<void> {
  for (const one of clients) one.end();
  await Promise.all(servers.map((server) => server.close()));
  [servers, clients] = [[], []];
}

const serving = suite("webhook server");
serving.before(async () => {
  tls = await throwawayCertificate();
});
serving.after.each(tidy);

serving("answers reviews on both paths of a kind, over one connection", async () => {
  const [server] = await start();
  const { send } = client(server, { keepAlive: true });

  const mutated = await send(`${MUTATE}?timeout=10s`, reviewText(subnetRequest()));
  const denied = await send(`${VALIDATE}?timeout=10s`, reviewText(subnetRequest({ object: subnet({}) })));

  assert.is(mutated.status, 200);
  assert.is(mutated.headers["content-type"], "application/json; charset=utf-8");
  assert.is(JSON.parse(mutated.text).response.patchType, "JSONPatch");
  assert.is(denied.status, 200);
  assert.is(JSON.parse(denied.text).response.status.code, 422);
  assert.is(mutated.headers["connection"], "keep-alive");
});

serving("answers before the time that the API server names is over", async () => {
  const { options, letGo } = holding();
  const [, { send }] = await start(options);

  const { text } = await send(`${VALIDATE}?timeout=100ms`, reviewText(subnetRequest()));

  letGo();
  assert.match(JSON.parse(text).response.status.message, "no decision within 90 ms, try again");
});

serving("tells whether it is ready", async () => {
  let isHealthy = false;
  const [, { send }] = await start({ isHealthy: () => isHealthy });
  const health = async (method: string): Promise<number> => (await send(HEALTH, "", { method })).status;

  assert.is(await health("GET"), 503);
  isHealthy = true;
  assert.equal([await health("GET"), await health("HEAD"), await health("POST")], [200, 200, 405]);
});

serving("refuses what is no request for it", async () => {
  const [, { send }] = await start();
  const body = reviewText(subnetRequest());
  const type = (text: string, more = {}) => ({ headers: { "content-type": text, ...more } });

  assert.is((await send("/", body)).status, 404);
  assert.is((await send(`${VALIDATE}/`, body)).status, 404);
  assert.is((await send(VALIDATE.replace("spidersubnet", "constructor"), body)).status, 404);
  const got = await send(VALIDATE, "", { method: "GET" });
  assert.equal([got.status, got.headers["allow"]], [405, "POST"]);
  assert.is((await send(VALIDATE, body, type("application/yaml"))).status, 415);
  assert.is((await send(VALIDATE, body, type("application/json", { "content-encoding": "gzip" }))).status, 415);
  assert.is((await send(VALIDATE, body, type("Application/JSON; charset=UTF-8"))).status, 200);
});

serving("refuses what is no review with a text that says so", async () => {
  const [, { send }] = await start();
  const other = reviewText(subnetRequest({ kind: "SpiderIPPool" }));
  const rows: [string | Buffer, string][] = [
    ["", "Cannot read AdmissionReview: Unexpected end of JSON input"],
    ['{"apiVersion":"admission.k8s.io/v1"', "Cannot read AdmissionReview: "],
    [Buffer.from([0x22, 0xff, 0x22]), "Cannot read the body: it is not UTF-8"],
    [reviewText(subnetRequest()).replace("k8s.io/v1", "k8s.io/v9"), 'AdmissionReview of "admission.k8s.io/v9"'],
    [other, `Cannot judge SpiderIPPool here: "${VALIDATE}" is for SpiderSubnet`],
    ["[".repeat(MIB), "Cannot read AdmissionReview: "],
  ];
  for (const [body, text] of rows) {
    const reply = await send(VALIDATE, body);
    assert.is(reply.status, 400, text);
    assert.match(reply.text, text);
  }
});

serving("takes what the API server takes, and no more", async () => {
  const [, { send }] = await start();
  const fat = subnet({ subnet: "10.0.0.0/16", comment: "x".repeat(3 * MIB) });
  const update = reviewText(subnetRequest({ operation: "UPDATE", object: fat, oldObject: fat }));
  const tooLong = `${update}${" ".repeat(2 * MIB)}`;

  assert.is((await send(VALIDATE, update)).status, 200);
  const announced = await send(VALIDATE, tooLong);
  const chunked = await send(VALIDATE, tooLong, { headers: { "transfer-encoding": "chunked" } });

  for (const reply of [announced, chunked]) {
    assert.equal([reply.status, reply.headers["connection"]], [413, "close"]);
  }
});

serving("exchanges its certificate without dropping anybody", async () => {
  const [server] = await start();
  const old = client(server, { keepAlive: true });
  const next = await throwawayCertificate("next");
  assert.is((await old.send(VALIDATE, reviewText(subnetRequest()))).status, 200);

  server.setCertificate(next);

  assert.is((await old.send(VALIDATE, reviewText(subnetRequest()))).status, 200);
  const fresh = webhookClient(server.port, next.cert);
  clients.push(fresh);
  assert.is((await fresh.send(VALIDATE, reviewText(subnetRequest()))).status, 200);
  await client(server)
    .send(VALIDATE, "")
    .then(
      () => assert.unreachable("the old certificate is still served"),
      (error) => assert.match(error.code, /SELF_SIGNED|UNABLE_TO_VERIFY/),
    );
  const ancient = connect({ host: "127.0.0.1", port: server.port, ca: next.cert, ...tls11 });
  assert.match((await once(ancient, "error"))[0].message, /protocol version/);
});

serving(
  "answers reviews to clients of an authority alone, where it is told one, and health checks to all",
  async () => {
    const [known, stranger] = [await throwawayCertificate("api server"), await throwawayCertificate("api server")];
    const [server, { send }] = await start({ clientAuthority: known.cert });
    const review = reviewText(subnetRequest());
    const statuses = async (): Promise<number[]> => [
      (await send(VALIDATE, review, known)).status,
      (await send(VALIDATE, review, stranger)).status,
      (await send(VALIDATE, review)).status,
      (await send(HEALTH, "", { method: "GET" })).status,
    ];

    assert.equal(await statuses(), [200, 403, 403, 200]);
    server.setCertificate(tls);
    assert.equal(await statuses(), [200, 403, 403, 200]);
  },
);

serving("ends when what is under way is answered, and idle connections at once", async () => {
  const { options, letGo, asked } = holding();
  const [server, { send, raw }] = await start(options);
  const idle = await raw();
  const silent = connectPlain(server.port, "127.0.0.1");
  await once(silent, "connect");
  const busy = send(VALIDATE, reviewText(subnetRequest()));
  await asked;
  let hasEnded = false;

  const ended = server.close().then(() => {
    hasEnded = true;
  });
  await nextTurn();
  assert.not(hasEnded);
  letGo();

  const reply = await busy;
  assert.equal([reply.status, reply.headers["connection"]], [200, "close"]);
  await ended;
  assert.ok(idle.destroyed || (await once(idle, "close")));
  silent.destroy();
});

serving("serves on for a while when it is to end, but says that it will", async () => {
  const [server, { send }] = await start();

  const ended = server.close({ lingerMs: 200 });

  assert.is((await send(HEALTH, "", { method: "GET" })).status, 503);
  const reply = await send(VALIDATE, reviewText(subnetRequest()));
  assert.equal([reply.status, reply.headers["connection"]], [200, "close"]);
  await ended;
  await send(VALIDATE, "").then(
    () => assert.unreachable("it still listens"),
    (error) => assert.is(error.code, "ECONNREFUSED"),
  );
});

serving.run();

/** Node would not offer it without the lowest level of security. */
const tls11 = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;

const hostile = suite("webhook server: hostile clients");
hostile.before(async () => {
  tls = await throwawayCertificate();
});
hostile.after.each(tidy);

const head = (length: number): string =>
  `POST ${VALIDATE} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;

/** Asserts that the server still does its work. */
async function assertServes({ send }: WebhookClient): Promise<void> {
  assert.is((await send(VALIDATE, reviewText(subnetRequest()))).status, 200);
}

hostile("get no TLS below 1.2", async () => {
  const [server, decent] = await start();

  const socket = connect({ host: "127.0.0.1", port: server.port, ca: tls.cert, ...tls11 });
  const [error] = await once(socket, "error");

  assert.match(error.message, /protocol version/);
  await assertServes(decent);
});

hostile("are not waited for when they speak no TLS, or say nothing", async () => {
  const [server, decent] = await start({ timeouts: { handshakeMs: 100 } });
  const plain = connectPlain(server.port, "127.0.0.1");
  plain.on("error", () => {});
  plain.write("GET / HTTP/1.1\r\n\r\n");
  const silent = connectPlain(server.port, "127.0.0.1");
  silent.on("error", () => {}).resume();

  await Promise.all([plain.resume(), silent].map((socket) => socket.destroyed || once(socket, "close")));

  await assertServes(decent);
});

hostile("are not waited for when head or body does not come", async () => {
  const [, decent] = await start({ timeouts: { headersMs: 100, requestMs: 200 } });
  const slowHead = await decent.raw("POST / HTTP/1.1\r\nhost: x\r\nx-a:");
  const slowBody = await decent.raw(head(1000), '{"apiVersion":');
  const drip = (async () => {
    while (!slowBody.destroyed) {
      slowBody.write(" ");
      await sleep(systemClock, 20);
    }
  })();

  const replies = await Promise.all([readAll(slowHead), readAll(slowBody)]);

  await drip;
  assert.equal(
    replies.map((text) => text.split("\r\n", 1)[0]),
    ["HTTP/1.1 408 Request Timeout", "HTTP/1.1 408 Request Timeout"],
  );
  await assertServes(decent);
});

hostile("may go away in the middle", async () => {
  const { options, letGo, asked } = holding();
  const [, decent] = await start(options);
  const body = reviewText(subnetRequest());
  const truncated = await decent.raw(head(body.length), body.slice(0, 100));
  truncated.end();
  const impatient = await decent.raw(head(body.length), body);
  await asked;
  impatient.destroy();
  await nextTurn();
  letGo();

  await assertServes(decent);
  assert.not.match(await readAll(truncated), "200 OK");
});

hostile("get no more than an error for what is no HTTP, and for heads without end", async () => {
  const [, decent] = await start();

  const noise = await readAll(await decent.raw("\x00\x01\x02 nonsense\r\n\r\n"));
  const fat = await readAll(await decent.raw(`POST ${VALIDATE} HTTP/1.1\r\nx-a: ${"a".repeat(100_000)}\r\n\r\n`));
  const twice = head(10).replace("\r\n\r\n", "\r\ncontent-length: 20\r\n\r\n");
  const smuggled = await readAll(await decent.raw(twice, "0123456789"));

  assert.match(noise, "400 Bad Request");
  // What was not read resets the connection, and that may overtake the answer.
  assert.match(fat, /^$|431 Request Header Fields Too Large/);
  assert.match(smuggled, "400 Bad Request");
  await assertServes(decent);
});

hostile("may announce any length", async () => {
  const [, decent] = await start();

  const reply = await readAll(await decent.raw(head(2 ** 40)));

  assert.match(reply, "413 Payload Too Large");
  await assertServes(decent);
});

hostile.run();
