/** The agent's socket: what it answers to requests good and bad, and how it begins and ends. */
import { existsSync, linkSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { IpamService } from "../../src/agent/ipam-service.ts";
import type { SocketServer } from "../../src/agent/socket-server.ts";
import { endpointOf, listen, notingService, oneAddress } from "../support/cni-plugin.ts";
import { eventually } from "../support/eventually.ts";

const folder = mkdtempSync(join(tmpdir(), "autopool-agent-"));
const socket = suite("agent socket");
let server: SocketServer | undefined;
let path = "";
let count = 0;
socket.before.each(() => {
  count += 1;
  path = join(folder, `${count}/run/agent.sock`);
});
socket.after.each(async () => {
  await server?.close();
  server = undefined;
});
socket.after(() => rmSync(folder, { recursive: true }));

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly allow: string | undefined;
}

/** Sends a request; a body that is no string is sent as JSON. */
function ask(method: string, target: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = text === undefined ? {} : { "content-length": Buffer.byteLength(text) };
    const options = { socketPath: path, path: target, method, agent: false, headers, ...(signal ? { signal } : {}) };
    const sent = request(options, (response) => {
      let received = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        received += chunk;
      });
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, text: received, allow: response.headers.allow });
      });
    });
    sent.on("error", reject);
    sent.end(text);
  });
}

async function begin(replaced: Partial<IpamService> = {}): Promise<object[]> {
  const asked: object[] = [];
  server = await listen(path, notingService(asked, replaced));
  return asked;
}

const pod = { containerID: "c1", podNamespace: "default", podName: "web-0", podUID: "" };
const addArgs = { ...pod, ifName: "eth0", netNamespace: "/run/netns/c1" };

socket("says that it is healthy", async () => {
  await begin();

  const { status, text } = await ask("GET", "/v1/ipam/healthy");

  assert.equal([status, text], [200, ""]);
});

socket("gives addresses, passes known members on and leaves out unknown ones and null", async () => {
  const asked = await begin();
  const body = { ...addArgs, defaultIPv4IPPool: ["a"], cleanGateway: true, defaultIPv6IPPool: null, extra: 1 };

  const { status, text } = await ask("POST", "/v1/ipam/ip", body);

  assert.is(status, 200);
  assert.equal(JSON.parse(text), oneAddress);
  assert.equal(asked, [{ verb: "add", ...addArgs, defaultIPv4IPPool: ["a"], cleanGateway: true }]);
});

socket("takes addresses back, with bodies on DELETE", async () => {
  const asked = await begin();
  const delArgs = { ...pod, ifName: "eth0" };

  const answers = [await ask("DELETE", "/v1/ipam/ip", delArgs), await ask("DELETE", "/v1/ipam/ips", pod)];

  assert.equal(
    answers.map(({ status, text }) => [status, text]),
    [
      [200, ""],
      [200, ""],
    ],
  );
  assert.equal(asked, [
    { verb: "del", ...delArgs },
    { verb: "batchDel", ...pod },
  ]);
});

socket("answers errors as bare strings", async () => {
  const fail = async () => {
    throw new Error("all IP addresses used out");
  };
  await begin({ add: fail, del: fail, batchDel: fail, endpoint: fail });

  const answers = [
    await ask("POST", "/v1/ipam/ip", addArgs),
    await ask("DELETE", "/v1/ipam/ip", addArgs),
    await ask("DELETE", "/v1/ipam/ips", pod),
    await ask("GET", "/v1/workloadendpoint?podNamespace=default&podName=web-0"),
  ];

  for (const { status, text } of answers) assert.equal([status, text], [500, '"all IP addresses used out"\n']);
});

for (const [result, status, text] of [
  ["stateless-forbidden", 521, "forbid releasing IPs for stateless workload"],
  ["stateful-forbidden", 522, "forbid releasing IPs for stateful workload"],
] as const) {
  socket(`answers ${status} to a batch release that is ${result}`, async () => {
    await begin({ batchDel: async () => result });

    const answer = await ask("DELETE", "/v1/ipam/ips", { ...pod, isReleaseConflictIPs: true });

    assert.equal([answer.status, JSON.parse(answer.text)], [status, text]);
  });
}

socket("tells a pod's endpoint by its query", async () => {
  const known = endpointOf({ ipv4: "10.0.0.1/24" });
  const asked = await begin({ endpoint: async (_, name) => (name === "web-0" ? known : undefined) });

  const found = await ask("GET", "/v1/workloadendpoint?podNamespace=default&podName=web-0");
  const missing = await ask("GET", "/v1/workloadendpoint?podNamespace=a%2Fb&podName=x");

  assert.equal([found.status, JSON.parse(found.text)], [200, known]);
  assert.equal([missing.status, missing.text], [404, '"SpiderEndpoint not found for pod a/b/x"\n']);
  assert.equal(asked, [
    { verb: "endpoint", namespace: "default", name: "web-0" },
    { verb: "endpoint", namespace: "a/b", name: "x" },
  ]);
});

const bad: [what: string, method: string, target: string, body: unknown, status: number, code: number, text: string][] =
  [
    ["no body", "POST", "/v1/ipam/ip", undefined, 422, 602, "ipam-add-args in body is required"],
    ["an array", "POST", "/v1/ipam/ip", [], 422, 601, "ipam-add-args in body must be of type object"],
    ["no UID", "DELETE", "/v1/ipam/ips", { ...pod, podUID: undefined }, 422, 602, "podUID in body is required"],
    ["a null UID", "DELETE", "/v1/ipam/ips", { ...pod, podUID: null }, 422, 602, "podUID in body is required"],
    [
      "a number for a name",
      "DELETE",
      "/v1/ipam/ips",
      { ...pod, podName: 1 },
      422,
      601,
      "podName in body must be of type string: 1",
    ],
    [
      "a string for pools",
      "POST",
      "/v1/ipam/ip",
      { ...addArgs, defaultIPv4IPPool: "a" },
      422,
      601,
      'defaultIPv4IPPool in body must be of type array of string: "a"',
    ],
    [
      "two mistakes",
      "DELETE",
      "/v1/ipam/ip",
      pod.podUID === "" ? { ...pod, podName: null } : {},
      422,
      602,
      "validation failure list:\npodName in body is required\nifName in body is required",
    ],
    ["half a query", "GET", "/v1/workloadendpoint?podName=x", undefined, 422, 602, "podNamespace in query is required"],
    ["another path", "GET", "/v1/ipam", undefined, 404, 404, "path /v1/ipam was not found"],
    ["a path of Object's own", "GET", "/toString", undefined, 404, 404, "path /toString was not found"],
    ["another method", "PUT", "/v1/ipam/ip", {}, 405, 405, "method PUT is not allowed, but [POST,DELETE] are"],
    [
      "the HTTP port's path",
      "GET",
      "/v1/runtime/liveness",
      undefined,
      501,
      501,
      "operation /v1/runtime/liveness is served on the HTTP port only",
    ],
    ["a long body", "POST", "/v1/ipam/ip", " ".repeat(2 ** 20 + 1), 413, 413, "the body is above 1048576 bytes"],
  ];
for (const [what, method, target, body, status, code, message] of bad) {
  socket(`answers ${status} to ${what}`, async () => {
    const asked = await begin();

    const answer = await ask(method, target, body);

    assert.equal([answer.status, JSON.parse(answer.text)], [status, { code, message }]);
    assert.equal(asked, []);
    if (status === 405) assert.is(answer.allow, "POST,DELETE");
  });
}

socket("answers 400 to what is not JSON", async () => {
  await begin();

  const { status, text } = await ask("POST", "/v1/ipam/ip", "{");

  assert.is(status, 400);
  assert.match(JSON.parse(text).message, /^parsing ipam-add-args body failed, because /);
});

socket("serves POST of /ipam/ips and refuses the coordinator's configuration", async () => {
  await begin();

  assert.is((await ask("POST", "/v1/ipam/ips", {})).status, 200);
  const { status, text } = await ask("GET", "/v1/coordinator/config", { podName: "web-0" });

  assert.is(status, 500);
  assert.match(JSON.parse(text), /autopool does not serve it$/);
});

socket("aborts what a client has asked for when it goes away", async () => {
  const held = Promise.withResolvers<AbortSignal>();
  await begin({
    add: (_, signal) => {
      held.resolve(signal);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("gone"))));
    },
  });
  const leaving = new AbortController();

  const asking = ask("POST", "/v1/ipam/ip", addArgs, leaving.signal).catch((error: Error) => error.name);
  const signal = await held.promise;
  assert.not.ok(signal.aborted);
  leaving.abort();

  assert.is(await asking, "AbortError");
  await eventually(() => assert.ok(signal.aborted));
  await eventually(() => assert.is(server?.active, 0));
});

socket("does not abort what it has answered", async () => {
  let signal: AbortSignal | undefined;
  await begin({
    add: async (_, given) => {
      signal = given;
      return oneAddress;
    },
  });

  await ask("POST", "/v1/ipam/ip", addArgs);
  await eventually(() => assert.is(server?.active, 0));

  assert.is(signal?.aborted, false);
});

socket("is for root only, in a folder that is made", async () => {
  await begin();

  assert.is(statSync(path).mode & 0o777, 0o600);
});

socket("takes the place of an agent that has died", async () => {
  // A socket whose server ends without removing it.
  const dead = createServer();
  await begin();
  await server?.close();
  server = undefined;
  await new Promise<void>((resolve) => dead.listen(`${path}.dead`, resolve));
  linkSync(`${path}.dead`, path);
  await new Promise((resolve) => dead.close(resolve));
  assert.ok(existsSync(path));

  await begin();

  assert.is((await ask("GET", "/v1/ipam/healthy")).status, 200);
});

socket("does not push another agent aside", async () => {
  await begin();

  const message = await listen(path, notingService([])).catch((error: Error) => error.message);

  assert.is(message, `Cannot listen at "${path}": another agent answers there; end it first`);
  assert.is((await ask("GET", "/v1/ipam/healthy")).status, 200);
});

socket("does not remove a file that is no socket", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "mine");

  const message = await listen(file, notingService([])).catch((error: Error) => error.message);

  assert.is(message, `Cannot listen at "${file}": there is a file that is no socket`);
  assert.ok(existsSync(file));
});

socket("finishes what is under way before it ends, and takes nothing new", async () => {
  const answer = Promise.withResolvers<typeof oneAddress>();
  const asked = await begin({ add: () => answer.promise });
  const silent = connect(path);
  const asking = ask("POST", "/v1/ipam/ip", addArgs);
  await eventually(() => assert.is(asked.length, 1));

  const closed = server?.close();
  server = undefined;
  const refused = await ask("GET", "/v1/ipam/healthy").catch(({ code }: NodeJS.ErrnoException) => code);
  answer.resolve(oneAddress);

  assert.is((await asking).status, 200);
  assert.is(refused, "ENOENT");
  await closed;
  silent.destroy();
});

socket.run();
