/** The CNI plugin from environment and standard input to output and exit code, against our agent's server. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SocketServer } from "../../src/agent/socket-server.ts";
import { systemClock } from "../../src/clock.ts";
import { VERSIONS } from "../../src/cni/cni-version.ts";
import { readEnvironment } from "../../src/cni/environment.ts";
import { failure, runPlugin } from "../../src/cni/plugin.ts";
import {
  callHere,
  callPlugin,
  endpointOf,
  listen,
  notingService,
  PluginPlace,
  podEnvironment,
} from "../support/cni-plugin.ts";

const place = new PluginPlace();
const asked: object[] = [];
let server: SocketServer;

const plugin = suite("CNI plugin");
plugin.before(async () => {
  const endpoint = async () => endpointOf({ ipv4: "10.0.0.10/24" });
  server = await listen(place.socket, notingService(asked, { endpoint }));
});
plugin.before.each(() => {
  asked.length = 0;
});
plugin.after(async () => {
  await server.close();
  place.remove();
});

const call = (command: string, own: object = {}, ipam: object = {}, environment: NodeJS.ProcessEnv = {}) =>
  callPlugin({ ...podEnvironment, CNI_COMMAND: command, ...environment }, place.configuration(own, ipam));

plugin("tells its versions without reading a configuration", async () => {
  const { exitCode, json } = await callPlugin({ CNI_COMMAND: "VERSION" }, "");

  assert.is(exitCode, 0);
  assert.equal(json, { cniVersion: "1.1.0", supportedVersions: ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] });
});

for (const cniVersion of VERSIONS) {
  plugin(`returns a result of version ${cniVersion}`, async () => {
    const { exitCode, json } = await call("ADD", { cniVersion });

    assert.is(exitCode, 0);
    const isOld = cniVersion.startsWith("0.");
    assert.equal(json, {
      cniVersion,
      ips: [{ ...(isOld ? { version: "4" } : {}), address: "10.0.0.10/24", gateway: "10.0.0.1" }],
      dns: {},
    });
  });

  plugin(`gives back in version ${cniVersion}, in silence`, async () => {
    const { exitCode, output } = await call("DEL", { cniVersion });

    assert.equal([exitCode, output], [0, ""]);
    assert.equal(asked, [
      {
        verb: "del",
        containerID: "c1",
        podNamespace: "default",
        podName: "web-0",
        podUID: "u1",
        ifName: "eth0",
        netNamespace: "/run/netns/c1",
      },
    ]);
  });
}

const rows: [title: string, command: string, cniVersion: string | undefined, code: number, message: string][] = [
  ["refuses version 0.2.0", "ADD", "0.2.0", 1, "incompatible CNI versions"],
  ["refuses a version of the future", "ADD", "2.0.0", 1, "incompatible CNI versions"],
  ["takes no version for 0.1.0", "ADD", undefined, 1, "incompatible CNI versions"],
  ["refuses DEL of another version too", "DEL", "0.1.0", 1, "incompatible CNI versions"],
  ["has no CHECK before 0.4.0", "CHECK", "0.3.1", 1, 'config version "0.3.1" does not allow CHECK'],
  ["has no GC before 1.1.0", "GC", "1.0.0", 1, 'config version "1.0.0" does not allow GC'],
  ["has no STATUS before 1.1.0", "STATUS", "1.0.0", 1, 'config version "1.0.0" does not allow STATUS'],
  ["knows no other command", "UPDATE", "1.0.0", 4, "unknown CNI_COMMAND: UPDATE"],
  ["knows no command of Object's own", "toString", "1.0.0", 4, "unknown CNI_COMMAND: toString"],
  ["wants a command", "", "1.0.0", 4, "required env variables [CNI_COMMAND] missing"],
];
for (const [title, command, cniVersion, code, message] of rows) {
  plugin(title, async () => {
    const { exitCode, json } = await call(command, { cniVersion });

    assert.is(exitCode, 1);
    assert.equal([json.code, json.msg], [code, message]);
    assert.equal(asked, []);
  });
}

const environments: [variable: string, value: string, code: number, message: string][] = [
  ["CNI_CONTAINERID", "", 3, "required env variables [CNI_CONTAINERID] missing"],
  ["CNI_CONTAINERID", "a b", 4, 'invalid characters in containerID: "a b"'],
  ["CNI_NETNS", "", 4, "required env variables [CNI_NETNS] missing"],
  ["CNI_IFNAME", "", 4, "required env variables [CNI_IFNAME] missing"],
  ["CNI_IFNAME", "sixteen-letters-", 4, 'invalid interface name "sixteen-letters-": it is longer than 15 bytes'],
  ["CNI_IFNAME", "..", 4, 'invalid interface name "..": it is the name of a folder'],
  ["CNI_IFNAME", "a:b", 4, 'invalid interface name "a:b": it has a slash, a colon or white space'],
  ["CNI_ARGS", "FOO=1", 4, 'failed to load CNI ENV args: ARGS: unknown args ["FOO=1"]'],
  ["CNI_ARGS", "FOO=1;IgnoreUnknown=0", 4, 'failed to load CNI ENV args: ARGS: unknown args ["FOO=1"]'],
  ["CNI_ARGS", "K8S_POD_NAME", 4, 'failed to load CNI ENV args: ARGS: invalid pair "K8S_POD_NAME"'],
  ["CNI_ARGS", "a=b=c", 4, 'failed to load CNI ENV args: ARGS: invalid pair "a=b=c"'],
  [
    "CNI_ARGS",
    "FOO=1;IgnoreUnknown=yes",
    4,
    'failed to load CNI ENV args: IgnoreUnknown must be true or false, not "yes"',
  ],
];
for (const [variable, value, code, message] of environments) {
  plugin(`refuses ${variable}=${JSON.stringify(value)}`, async () => {
    const environment = { ...podEnvironment, CNI_COMMAND: "ADD", [variable]: value };
    const { exitCode, json } = await callHere(environment, place.configuration());

    assert.is(exitCode, 1);
    assert.equal([json.code, json.msg], [code, message]);
    assert.equal(asked, []);
  });
}

const failed = "failed to load CNI network configuration: ";
const configurations: [input: string, code: number, message: RegExp | string][] = [
  ["", 6, /^failed to load CNI network configuration: it is not JSON: /],
  ["{", 6, /^failed to load CNI network configuration: it is not JSON: /],
  ["[]", 6, `${failed}the network configuration must be a JSON object`],
  [place.configuration({ name: undefined }), 7, `${failed}"name" is missing`],
  [place.configuration({ name: "a/b" }), 7, `${failed}invalid characters found in network name "a/b"`],
  [place.configuration({ ipam: [] }), 7, `${failed}"ipam" must be a JSON object`],
  [
    place.configuration({}, { default_ipv4_ippool: "p1" }),
    7,
    `${failed}"default_ipv4_ippool" must be an array of names of pools`,
  ],
  [place.configuration({}, { clean_gateway: "true" }), 7, `${failed}"clean_gateway" must be true or false`],
  [
    place.configuration({}, { log_file_max_size: "many" }),
    7,
    `${failed}"log_file_max_size" must be an integer up to 1000000, not "many"`,
  ],
  [place.configuration({}, { log_level: "loud" }), 7, "failed to setup file logging: unsupported log level loud"],
  [place.configuration({ prevResult: "x" }), 7, `${failed}"prevResult" must be a JSON object`],
];
for (const [input, code, message] of configurations) {
  plugin(`refuses the configuration ${input.replaceAll(place.folder, "…")}`, async () => {
    const { exitCode, json } = await callHere({ ...podEnvironment, CNI_COMMAND: "ADD" }, input);

    assert.equal([exitCode, json.code], [1, code]);
    if (typeof message === "string") assert.is(json.msg, message);
    else assert.match(json.msg, message);
    assert.equal(asked, []);
  });
}

plugin("tells the agent what the network's configuration says", async () => {
  const ipam = { default_ipv4_ippool: ["a", "b"], default_ipv6_ippool: ["c"], clean_gateway: true, Log_Level: "WARN" };

  assert.is((await call("ADD", {}, ipam)).exitCode, 0);

  assert.equal(asked, [
    {
      verb: "add",
      containerID: "c1",
      podNamespace: "default",
      podName: "web-0",
      podUID: "u1",
      ifName: "eth0",
      netNamespace: "/run/netns/c1",
      defaultIPv4IPPool: ["a", "b"],
      defaultIPv6IPPool: ["c"],
      cleanGateway: true,
    },
  ]);
});

plugin("takes numbers of the log with and without quotes, and negative ones", async () => {
  const ipam = { log_file_max_size: "50", log_file_max_age: 3, log_file_max_count: "-1" };

  assert.is((await call("ADD", {}, ipam)).exitCode, 0);
});

plugin("serves a runtime that tells no UID", async () => {
  const CNI_ARGS = "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0";

  assert.is((await call("ADD", {}, {}, { CNI_ARGS })).exitCode, 0);

  assert.is((asked[0] as { podUID?: string }).podUID, "");
});

plugin("refuses match_master_subnet before it asks for addresses, and lets such a pod end", async () => {
  const ipam = { match_master_subnet: true };
  const { exitCode, json } = await call("ADD", {}, ipam);

  assert.equal([exitCode, json.code], [1, 7]);
  assert.match(json.msg, /^Cannot serve match_master_subnet: /);
  assert.equal(asked, []);
  assert.is((await call("DEL", {}, ipam)).exitCode, 0);
});

plugin("says what went wrong when it breaks, and is no success", async () => {
  const environment = readEnvironment({ ...podEnvironment, CNI_COMMAND: "ADD" });
  const readInput = (): string => {
    throw new TypeError("broken");
  };
  const here = { environment, clock: systemClock, processId: 1 };

  const outcomes = [await runPlugin({ ...here, readInput }), failure(new TypeError("broken"))];

  assert.equal(
    outcomes.map(({ exitCode, output }) => [exitCode, JSON.parse(output).code, JSON.parse(output).msg]),
    [
      [1, 5, "error reading from stdin: broken"],
      [1, 999, "unexpected: broken"],
    ],
  );
});

plugin("has nothing to collect", async () => {
  const own = { cniVersion: "1.1.0", "cni.dev/valid-attachments": [{ containerID: "c2", ifname: "eth0" }] };
  const { exitCode, output } = await call("GC", own, {}, { CNI_CONTAINERID: "", CNI_IFNAME: "", CNI_ARGS: "" });

  assert.equal([exitCode, output, asked], [0, "", []]);
});

plugin("is ready while an agent answers", async () => {
  const own = { cniVersion: "1.1.0" };

  assert.equal((await call("STATUS", own)).exitCode, 0);
  const { exitCode, json } = await call("STATUS", own, { ipam_unix_socket_path: `${place.folder}/none.sock` });

  assert.equal([exitCode, json.code, json.cniVersion], [1, 50, "1.1.0"]);
  assert.match(json.msg, /^unhealthy spiderpool-agent backend, failed to check: Cannot reach the agent at /);
});

plugin.run();
