/** The kubernetes adapter against a real API server: connections, certificates, and answers that no script invents. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../src/clock.ts";
import { ApiError, type Cluster, type KubeObject, UnknownOutcome } from "../../src/cluster/cluster.ts";
import { connect } from "../../src/cluster/kubernetes/connect.ts";
import { startReflector } from "../../src/cluster/reflector.ts";
import {
  configMaps,
  freshNamespace,
  realCluster,
  realKubeconfig,
  removeObject,
  type TestNamespace,
  uniqueName,
} from "../support/real.ts";

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

const definitions = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

interface Place {
  cluster: Cluster;
  namespace: TestNamespace;
  directory: string;
}

const adapting = suite<Place>("kubernetes adapter on a real API server");

adapting.before(async (place) => {
  place.cluster = await realCluster();
  place.namespace = await freshNamespace(place.cluster, "adapter");
  place.directory = mkdtempSync(join(tmpdir(), "adapter-"));
});

adapting.after(async ({ cluster, namespace, directory }) => {
  await namespace.remove();
  await cluster.close();
  rmSync(directory, { recursive: true });
});

/** Forwards bytes to the API server and counts the connections, each of which is one TLS handshake. */
async function countingRelay(directory: string) {
  const text = readFileSync(realKubeconfig(), "utf8");
  const address = /server:\s*["']?(https:\/\/[^"'\s]+)/.exec(text)?.[1];
  if (!address) throw new Error("Cannot count connections: the kubeconfig names no https server");
  const target = new URL(address);
  const sockets = new Set<Socket>();
  let connections = 0;
  const relay = createServer((near) => {
    connections++;
    const far = connectSocket(Number(target.port || 443), target.hostname.replace(/[[\]]/g, ""));
    for (const socket of [near, far]) sockets.add(socket.on("error", () => {}));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  const kubeconfig = join(directory, uniqueName("relay"));
  const through = `https://127.0.0.1:${(relay.address() as AddressInfo).port}`;
  const name = target.hostname === "127.0.0.1" ? "" : `\n    tls-server-name: ${target.hostname}`;
  writeFileSync(kubeconfig, text.replace(address, through + name));
  return {
    kubeconfig,
    connections: () => connections,
    /** Drops what flows now; later connections work. */
    cut: () => sockets.forEach((socket) => void socket.destroy()),
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => relay.close(resolve));
    },
  };
}

async function createMany(cluster: Cluster, namespace: string, count: number, callers: number): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < count) {
      const name = `${uniqueName("many")}-${next++}`;
      await cluster.create<ConfigMap>(configMaps, { metadata: { namespace, name, labels: { many: "yes" } } });
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

async function refusalOf(promise: Promise<unknown>): Promise<ApiError> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, ApiError);
    return error as ApiError;
  }
  throw new Error("Expected a refusal, got a value");
}

adapting(
  "200 creates by 20 callers open at most 20 TLS connections, and a reflector two more",
  async ({ namespace, directory }) => {
    const relay = await countingRelay(directory);
    const cluster = await connect({ kubeconfig: relay.kubeconfig });
    await createMany(cluster, namespace.name, 200, 20);
    assert.ok(relay.connections() <= 20, `${relay.connections()} connections`);
    const reflector = startReflector({
      cluster,
      resource: configMaps,
      namespace: namespace.name,
      pageSize: 50,
      clock: systemClock,
      random: Math.random,
      onEvent: () => {},
    });
    await reflector.synced;
    await createMany(cluster, namespace.name, 20, 20);
    assert.ok(relay.connections() <= 22, `${relay.connections()} connections`);
    await reflector.stop();
    await cluster.close();
    await relay.stop();
  },
);

adapting(
  "a reflector sees what happens while its connection is cut, and each change once",
  async ({ cluster, namespace, directory }) => {
    const relay = await countingRelay(directory);
    const watching = await connect({ kubeconfig: relay.kubeconfig });
    const told: string[] = [];
    let wake = (): void => {};
    const reflector = startReflector<ConfigMap, string>({
      cluster: watching,
      resource: configMaps,
      namespace: namespace.name,
      labelSelector: "test=cut",
      clock: systemClock,
      random: () => 0,
      transform: ({ metadata }) => metadata.name,
      onEvent: ({ type, object }) => {
        told.push(`${type} ${object}`);
        wake();
      },
    });
    const until = async (count: number): Promise<void> => {
      while (told.length < count) await new Promise<void>((resolve) => (wake = resolve));
    };
    await reflector.synced;
    const write = (name: string) =>
      cluster.create<ConfigMap>(configMaps, { metadata: { namespace: namespace.name, name, labels: { test: "cut" } } });
    await write("before");
    await until(1);
    relay.cut();
    await write("during");
    await removeObject(cluster, configMaps, { namespace: namespace.name, name: "before" });
    await until(3);
    await write("after");
    await until(4);
    assert.equal(told, ["added before", "added during", "deleted before", "added after"]);
    assert.equal(
      [...reflector.values()].sort((a, b) => a.localeCompare(b)),
      ["after", "during"],
    );
    await reflector.stop();
    await watching.close();
    await relay.stop();
  },
);

adapting("a learned object is told once, though the watch brings it too", async ({ cluster, namespace }) => {
  const told: string[] = [];
  let wake = (): void => {};
  const reflector = startReflector<ConfigMap, string>({
    cluster,
    resource: configMaps,
    namespace: namespace.name,
    labelSelector: "test=learn",
    clock: systemClock,
    random: () => 0,
    transform: ({ metadata, data }) => `${metadata.name}=${data?.["n"]}`,
    onEvent: ({ type, object }) => {
      told.push(`${type} ${object}`);
      wake();
    },
  });
  await reflector.synced;
  const ref = { namespace: namespace.name, name: "learned" };
  const labels = { test: "learn" };
  reflector.learn(await cluster.create<ConfigMap>(configMaps, { metadata: { ...ref, labels }, data: { n: "1" } }));
  reflector.learn(await cluster.patch<ConfigMap>(configMaps, ref, { data: { n: "2" } }));
  assert.is(reflector.get(ref), "learned=2");
  await cluster.delete(configMaps, ref);
  while (!told.includes("deleted learned=2")) await new Promise<void>((resolve) => (wake = resolve));
  assert.equal(told, ["added learned=1", "modified learned=2", "deleted learned=2"]);
  await reflector.stop();
});

adapting("a metadata-only list and watch carry no data", async ({ cluster, namespace }) => {
  const labels = { test: "metadata" };
  const metadata = { namespace: namespace.name, name: "first", labels };
  await cluster.create<ConfigMap>(configMaps, { metadata, data: { secret: "x" } });
  const scope = { namespace: namespace.name, labelSelector: "test=metadata", metadataOnly: true };
  const list = await cluster.list<ConfigMap>(configMaps, { ...scope, limit: 10 });
  assert.equal(
    list.items.map((item) => [item.metadata.name, item.metadata.labels, item.data]),
    [["first", labels, undefined]],
  );
  await cluster.create<ConfigMap>(configMaps, { metadata: { ...metadata, name: "second" }, data: { secret: "x" } });
  const { resourceVersion } = list;
  for await (const { type, object } of cluster.watch<ConfigMap>(configMaps, {
    ...scope,
    resourceVersion,
    timeoutSeconds: 5,
  })) {
    assert.equal([type, object.metadata.name, object.data], ["ADDED", "second", undefined]);
    break;
  }
});

adapting("a watch from a version long gone is refused with 410", async ({ cluster }) => {
  const watchAll = async (): Promise<void> => {
    const options = { resourceVersion: "1", timeoutSeconds: 5 };
    for await (const { type } of cluster.watch(configMaps, options)) throw new Error(`Unexpected event ${type}`);
  };
  const refusal = await refusalOf(watchAll());
  assert.equal([refusal.code, refusal.reason], [410, "Expired"]);
});

adapting("a page whose token points to a version long gone is refused with 410", async ({ cluster, namespace }) => {
  const list = await cluster.list(configMaps, { namespace: namespace.name, limit: 1 });
  const token = JSON.parse(Buffer.from(list.continue ?? "", "base64url").toString("utf8"));
  const old = Buffer.from(JSON.stringify({ ...token, rv: 1 })).toString("base64url");
  const refusal = await refusalOf(cluster.list(configMaps, { namespace: namespace.name, limit: 1, continue: old }));
  assert.equal([refusal.code, refusal.reason], [410, "Expired"]);
});

adapting("a write with an old version or another uid is refused with 409", async ({ cluster, namespace }) => {
  const ref = { namespace: namespace.name, name: "conflict" };
  const first = await cluster.create<ConfigMap>(configMaps, { metadata: ref, data: { n: "1" } });
  await cluster.patch(configMaps, ref, { data: { n: "2" } });
  const outcomes = await Promise.all([
    refusalOf(cluster.update(configMaps, first)),
    refusalOf(cluster.delete(configMaps, ref, { preconditions: { uid: "another" } })),
    refusalOf(cluster.create(configMaps, { metadata: ref })),
  ]);
  assert.equal(
    outcomes.map(({ code, reason }) => `${code} ${reason}`),
    ["409 Conflict", "409 Conflict", "409 AlreadyExists"],
  );
  assert.equal((await cluster.get<ConfigMap>(configMaps, ref)).data, { n: "2" });
});

adapting("finds a kind as soon as its definition is served, by its real plural", async ({ cluster }) => {
  const plural = uniqueName("oxen");
  const kind = `Ox${plural.slice(5)}`;
  const group = "adapter.example.io";
  const name = `${plural}.${group}`;
  assert.is(await cluster.resolve(`${group}/v1`, kind), undefined);
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const definition = {
    metadata: { name },
    spec: {
      group,
      scope: "Cluster",
      names: { plural, kind },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  };
  await cluster.create(definitions, definition);
  const deadline = systemClock.now() + 20_000;
  let found = await cluster.resolve(`${group}/v1`, kind);
  while (!found && systemClock.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    found = await cluster.resolve(`${group}/v1`, kind);
  }
  assert.equal(found, { group, version: "v1", plural, kind, namespaced: false });
  await removeObject(cluster, definitions, { name });
});

adapting("a wrong token, no client certificate and an unknown CA are named as such", async ({ directory }) => {
  const text = readFileSync(realKubeconfig(), "utf8");
  const server = /server:\s*["']?([^"'\s]+)/.exec(text)?.[1] ?? "";
  const attempt = async (cluster: object, user: object): Promise<Error> => {
    const kubeconfig = join(directory, uniqueName("wrong"));
    const entries = {
      clusters: [{ name: "c", cluster: { server, ...cluster } }],
      users: [{ name: "intruder", user }],
      contexts: [{ name: "t", context: { cluster: "c", user: "intruder" } }],
      "current-context": "t",
    };
    writeFileSync(kubeconfig, JSON.stringify(entries));
    const client = await connect({ kubeconfig });
    try {
      await client.get(configMaps, { namespace: "default", name: "kube-root-ca.crt" });
    } catch (error) {
      return error as Error;
    } finally {
      await client.close();
    }
    throw new Error("Expected a refusal, got a value");
  };
  const wrongToken = await attempt({ "insecure-skip-tls-verify": true }, { token: "wrong" });
  assert.is((wrongToken as ApiError).code, 401);
  assert.match(wrongToken.message, `Cannot authenticate at "${server}" as user "intruder"`);
  const anonymous = await attempt({ "insecure-skip-tls-verify": true }, {});
  assert.ok([401, 403].includes((anonymous as ApiError).code), anonymous.message);
  const unknownAuthority = await attempt({}, { token: "wrong" });
  assert.instance(unknownAuthority, UnknownOutcome);
  assert.match(unknownAuthority.message, "the server's certificate is not signed by the CA of the kubeconfig");
});

adapting.run();
