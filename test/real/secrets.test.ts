/** Nothing that a running operator writes or serves has a key or a token in it, even where it says all and is refused. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { KubeObject, Resource } from "../../src/cluster/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { freshNamespace, realCluster, realKubeconfig } from "../support/real.ts";

const secrets: Resource = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true };
const TOKEN = "no-token-that-the-server-would-take-0123456789";

const test = suite<{ folder: string }>("secrets");

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "autopool-secrets-"));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

interface Kubeconfig {
  readonly users: readonly { readonly name: string; readonly user: { readonly "client-key-data"?: string } }[];
}

const ownKubeconfig = (): Kubeconfig => load(readFileSync(realKubeconfig(), "utf8")) as Kubeconfig;

function run(...args: readonly string[]) {
  const child = spawn(process.execPath, ["src/main.ts", "run", "--log-level", "debug", ...args]);
  const written = { text: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      written.text += text;
    });
  }
  return { child, written, ended: once(child, "close") };
}

/** Lines of a secret that are long enough to be found: a private key's, not its BEGIN. */
const partsOf = (text: string): string[] =>
  text.split("\n").filter((line) => line.length > 20 && !line.startsWith("-"));

test("stay out of log, trace, page and metrics", async ({ folder }) => {
  const cluster = await realCluster();
  const namespace = await freshNamespace(cluster, "secrets");
  const trace = join(folder, "trace.ndjson");
  const [webhook, metrics, view] = [await freePort(), await freePort(), await freePort()];
  const ports = ["--webhook-port", `${webhook}`, "--metrics-port", `${metrics}`, "--view-port", `${view}`];
  const files = ["--kubeconfig", realKubeconfig(), "--trace", trace];
  const operator = run(...files, "--namespace", namespace.name, ...ports);
  try {
    await eventually(() => assert.match(operator.written.text, "serving admission", operator.written.text), {
      seconds: 30,
    });
    const { items } = await cluster.list<KubeObject & { data?: Record<string, string> }>(secrets, {
      namespace: namespace.name,
    });
    const held = items.flatMap(({ data = {} }) => Object.entries(data).filter(([name]) => name.endsWith(".key")));
    assert.ok(held.length > 0, "the webhook's private key is in a Secret");
    const pem = held.map(([, value]) => Buffer.from(value, "base64").toString());
    const mine = ownKubeconfig().users.map(({ user }) => user["client-key-data"] ?? "");
    const keys = [...pem, ...mine.map((each) => Buffer.from(each, "base64").toString())].flatMap(partsOf);
    assert.ok(keys.length >= 2);

    const served = await Promise.all(
      [`${view}/`, `${view}/pools`, `${metrics}/metrics`, `${metrics}/readyz`].map(async (path) =>
        (await fetch(`http://127.0.0.1:${path}`)).text(),
      ),
    );
    operator.child.kill("SIGTERM");
    await operator.ended;
    const texts = [operator.written.text, readFileSync(trace, "utf8"), ...served];
    for (const text of texts) {
      for (const key of [...keys, ...held.map(([, value]) => value), ...mine.filter(Boolean)]) {
        assert.not.ok(text.includes(key), `a key is in: ${text.slice(0, 200)}`);
      }
    }
  } finally {
    operator.child.kill("SIGKILL");
    await namespace.remove();
    await cluster.close();
  }
});

test("stay out of what is said of a kubeconfig that cannot be used", async ({ folder }) => {
  const whole = load(readFileSync(realKubeconfig(), "utf8")) as object;
  const users = [{ name: "autopool", user: { token: TOKEN } }];
  const contexts = [{ name: "only", context: { cluster: firstCluster(), user: "autopool" } }];
  const file = join(folder, "kubeconfig");
  writeFileSync(file, dump({ ...whole, users, contexts, "current-context": "only" }));
  const refused = run("--kubeconfig", file);
  try {
    await eventually(() => assert.match(refused.written.text, "Cannot authenticate"), { seconds: 20 });
  } finally {
    refused.child.kill("SIGKILL");
  }
  assert.not.match(refused.written.text, TOKEN);

  const text = readFileSync(realKubeconfig(), "utf8");
  writeFileSync(file, text.replace(/client-key-data: (.*)/, 'client-key-data: "$1'));
  const broken = run("--kubeconfig", file);
  await broken.ended;
  assert.match(broken.written.text, "Cannot load kubeconfig");
  const [key = ""] = ownKubeconfig().users.flatMap(({ user }) => user["client-key-data"] ?? []);
  assert.not.match(broken.written.text, key.slice(0, 30));
  assert.not.match(broken.written.text, key.slice(-30));
});

function firstCluster(): string {
  const { clusters } = load(readFileSync(realKubeconfig(), "utf8")) as { clusters: readonly { name: string }[] };
  return clusters[0]?.name ?? "";
}

test.run();
