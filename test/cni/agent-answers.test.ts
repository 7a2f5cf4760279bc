/** What the plugin makes of the agent's answers, and of an agent that gives none. */
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { IpamService } from "../../src/agent/ipam-service.ts";
import { type AddAnswer, AGENT_PATH, type EndpointAnswer } from "../../src/api/agent-protocol.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { AgentClient } from "../../src/cni/agent-client.ts";
import {
  callHere,
  callPlugin,
  endpointOf,
  hurriedClock,
  listen,
  listenRaw,
  notingService,
  PluginPlace,
  podEnvironment,
  type Ran,
} from "../support/cni-plugin.ts";

const place = new PluginPlace();
const asked: { verb?: string }[] = [];
let close: () => Promise<void> = async () => {};

const answers = suite("CNI plugin: the agent's answers");
answers.before.each(() => {
  asked.length = 0;
});
answers.after.each(async () => {
  await close();
  close = async () => {};
});
answers.after(() => place.remove());

const call = (command: string, own: object = {}): Promise<Omit<Ran, "stderr">> =>
  callHere({ ...podEnvironment, CNI_COMMAND: command }, place.configuration(own));

/** In a process of its own. */
const callAlone = (command: string): Promise<Ran> =>
  callPlugin({ ...podEnvironment, CNI_COMMAND: command }, place.configuration());

async function serve(service: Partial<IpamService>): Promise<void> {
  const server = await listen(place.socket, notingService(asked, service));
  close = () => server.close();
}

/** An agent that is healthy, and answers everything else with a text. */
async function serveText(status: number, text: string, hold?: (response: ServerResponse) => void): Promise<void> {
  const server = await listenRaw(place.socket, (request, response) => {
    const isHealth = request.url === AGENT_PATH.healthy;
    response.writeHead(isHealth ? 200 : status, { "content-type": "application/json" });
    if (hold !== undefined && !isHealth) hold(response);
    else response.end(isHealth ? "" : text);
  });
  close = () => server.close();
}

const dual: AddAnswer = {
  ips: [
    { version: 4, address: "10.0.0.10/24", nic: "eth0", gateway: "10.0.0.1" },
    { version: 6, address: "fd00::a/64", nic: "eth0" },
    { version: 4, address: "10.1.0.10/24", nic: "net1" },
  ],
  routes: [
    { ifName: "eth0", dst: "10.9.1.2/16", gw: "10.0.0.2" },
    { ifName: "eth0", dst: "FD01:0::1/32", gw: "fd00::1" },
    { ifName: "net1", dst: "0.0.0.0/0", gw: "10.1.0.1" },
  ],
};

answers("are cut down to the NIC at hand, with routes to networks", async () => {
  await serve({ add: async () => dual });

  const { json } = await call("ADD", { cniVersion: "0.4.0" });

  assert.equal(json, {
    cniVersion: "0.4.0",
    ips: [
      { version: "4", address: "10.0.0.10/24", gateway: "10.0.0.1" },
      { version: "6", address: "fd00::a/64" },
    ],
    routes: [
      { dst: "10.9.0.0/16", gw: "10.0.0.2" },
      { dst: "fd01::/32", gw: "fd00::1" },
    ],
    dns: {},
  });
});

const prefix = "spiderpool IP allocation error: ";
const refusals: [what: string, status: number, text: string, message: string | RegExp][] = [
  [
    "a full pool",
    500,
    '"all IP addresses used out"\n',
    `${prefix}[POST /ipam/ip][500] postIpamIpFailure  all IP addresses used out`,
  ],
  [
    "a body that does not fit",
    422,
    '{"code":602,"message":"podName in body is required"}',
    `${prefix}[POST /ipam/ip][422] postIpamIpFailure  podName in body is required`,
  ],
  ["an error without JSON", 502, "bad gateway", `${prefix}[POST /ipam/ip][502] postIpamIpFailure  bad gateway`],
  ["an empty error", 500, "", `${prefix}[POST /ipam/ip][500] postIpamIpFailure  HTTP status 500`],
  ["null routes and no address", 200, '{"ips":[],"routes":null}', `${prefix}no Interface eth0 IP allocation found`],
  ["no ips", 200, "{}", `${prefix}Cannot read the agent's answer: ips in body is required`],
  ["half a JSON", 200, '{"ips":', /^spiderpool IP allocation error: Cannot reach|not JSON/],
  [
    "an address that is none",
    200,
    '{"ips":[{"version":4,"address":"10.0.0.999/24","nic":"eth0"}]}',
    /^spiderpool IP allocation error: Cannot parse IPv4 address "10.0.0.999"/,
  ],
  [
    "an address without prefix length",
    200,
    '{"ips":[{"version":4,"address":"10.0.0.9","nic":"eth0"}]}',
    `${prefix}Cannot parse "10.0.0.9": it is not an address, a slash and a prefix length`,
  ],
];
for (const [what, status, text, message] of refusals) {
  answers(`fail an ADD with ${what}`, async () => {
    await serveText(status, text);

    const { exitCode, json } = await call("ADD");

    assert.equal([exitCode, json.code, json.cniVersion], [1, 999, "1.0.0"]);
    if (typeof message === "string") assert.is(json.msg, message);
    else assert.match(json.msg, message);
  });
}

answers("with gateways and null routes of the reference's agent are understood", async () => {
  await serveText(200, '{"ips":[{"version":4,"address":"10.0.0.10/24","nic":"eth0","ipPool":"p1"}],"routes":null}');

  assert.equal((await callAlone("ADD")).json, { cniVersion: "1.0.0", ips: [{ address: "10.0.0.10/24" }], dns: {} });
});

answers("that never end within the time are an error", async () => {
  const clock = createVirtualClock();
  let hasBegun = () => {};
  const begun = new Promise<void>((resolve) => {
    hasBegun = resolve;
  });
  await serveText(200, "", (response) => {
    response.write('{"ips":[');
    hasBegun();
  });

  const asking = new AgentClient(place.socket, clock)
    .ask("POST", AGENT_PATH.ip, { body: {}, timeoutMs: 100_000 })
    .catch((error: Error) => error);
  await begun;
  await clock.advance(100_000);

  assert.is(
    ((await asking) as Error).message,
    `Cannot reach the agent at "${place.socket}": it did not answer POST ${AGENT_PATH.ip} within 100 s`,
  );
});

for (const flag of ["enableIPConflictDetection", "enableGatewayDetection"] as const) {
  answers(`with ${flag} are refused, and the addresses given back`, async () => {
    await serve({ add: async () => ({ ips: dual.ips.map((ip) => ({ ...ip, [flag]: true })) }) });

    const { exitCode, json } = await call("ADD");

    assert.equal([exitCode, json.code], [1, 999]);
    assert.is(
      json.msg,
      `${prefix}Cannot serve ${flag}: this plugin cannot probe addresses; switch it off in the agent's configuration`,
    );
    assert.equal(
      asked.map(({ verb }) => verb),
      ["add", "batchDel"],
    );
  });
}

answers("with a wish of another NIC are none of our business", async () => {
  const ips = dual.ips.map((ip) => (ip.nic === "net1" ? { ...ip, enableGatewayDetection: true } : ip));
  await serve({ add: async () => ({ ips }) });

  assert.is((await call("ADD")).exitCode, 0);
});

answers("that forbid giving back are told in the error", async () => {
  const ips = dual.ips.map((ip) => ({ ...ip, enableGatewayDetection: true }));
  await serve({ add: async () => ({ ips }), batchDel: async () => "stateful-forbidden" });

  assert.match((await call("ADD")).json.msg, /stay with the pod: forbid releasing IPs for stateful workload\)$/);
});

answers("to a DEL are logged as no more than they say", async () => {
  await serve({});
  assert.is((await callAlone("DEL")).exitCode, 0);

  const lines = readFileSync(place.logFile, "utf8");
  assert.match(lines, "served by the agent");
  assert.not.match(lines, "released");
});

answers("that refuse a DEL do not hold the pod up", async () => {
  await serveText(500, '"the API server is away"');

  const { exitCode, output } = await callAlone("DEL");

  assert.equal([exitCode, output], [0, ""]);
});

for (const command of ["ADD", "DEL"]) {
  answers(`that do not come fail ${command}, so that the runtime tries again`, async () => {
    const environment = { ...podEnvironment, CNI_COMMAND: command };
    const { exitCode, json } = await callHere(environment, place.configuration(), hurriedClock);

    assert.equal([exitCode, json.code], [1, 999]);
    assert.is(
      json.msg,
      `unhealthy spiderpool-agent backend, failed to check: Cannot reach the agent at "${place.socket}": no agent ` +
        "listens there; does its pod run on this node?",
    );
  });
}

for (const command of ["ADD", "DEL"]) {
  answers(`are waited for by ${command} while one agent takes over from another`, async () => {
    const calling = callAlone(command);
    await sleep(systemClock, 700);
    await serve({});

    assert.is((await calling).exitCode, 0);
    assert.equal(
      asked.map(({ verb }) => verb),
      [command.toLowerCase()],
    );
  });
}

answers("are not asked for in a DEL without a pod", async () => {
  const environment = { ...podEnvironment, CNI_COMMAND: "DEL", CNI_ARGS: "" };

  assert.equal((await callPlugin(environment, place.configuration())).exitCode, 0);
});

const previous = (...addresses: string[]): object => ({
  prevResult: {
    interfaces: [{ name: "veth1" }, { name: "eth0", sandbox: "/run/netns/c1" }, { name: "net1" }],
    ips: [...addresses.map((address) => ({ address, interface: 1 })), { address: "10.1.0.10/24", interface: 2 }],
  },
});
const checks: [title: string, endpoint: EndpointAnswer | undefined, own: object, reason: string | undefined][] = [
  ["passes without a result", endpointOf({ ipv4: "10.0.0.10/24" }), {}, undefined],
  [
    "passes with both families held, however written",
    endpointOf({ ipv4: "10.0.0.10/24", ipv6: "fd00::a/64" }),
    previous("10.0.0.10/24", "FD00:0::A/64"),
    undefined,
  ],
  [
    "fails for an address that is lost",
    endpointOf({ ipv4: "10.0.0.11/24", ipv6: "" }),
    previous("10.0.0.10/24"),
    'NIC "eth0" of pod "default/web-0" does not hold 10.0.0.10/24 any more',
  ],
  [
    "fails for a NIC without address",
    endpointOf({ interface: "net1", ipv4: "10.1.0.10/24" }),
    previous(),
    'pod "default/web-0" has no address on NIC "eth0"',
  ],
  [
    "fails for a pod's successor",
    endpointOf({ ipv4: "10.0.0.10/24" }, "u2"),
    previous("10.0.0.10/24"),
    'the addresses of pod "default/web-0" are those of UID "u2", not of "u1"',
  ],
  ["fails without an endpoint", undefined, {}, "SpiderEndpoint not found for pod default/web-0"],
];
for (const [title, endpoint, own, reason] of checks) {
  answers(`make a CHECK that ${title}`, async () => {
    await serve({ endpoint: async () => endpoint });

    const { exitCode, output, json } = await call("CHECK", own);

    if (reason === undefined) assert.equal([exitCode, output], [0, ""]);
    else assert.equal([exitCode, json.code, json.msg], [1, 999, `spiderpool IP check error: ${reason}`]);
  });
}

answers.run();
