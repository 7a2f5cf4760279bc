/** `autopool run` as its user runs it: a process of its own, against a real API server. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { deployments, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { freshNamespace, realCluster, realKubeconfig, removeObject } from "../support/real.ts";

const command = suite("autopool run");

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended>; errors: () => string } {
  const child = spawn(process.execPath, [
    "src/main.ts",
    "run",
    "--log-format",
    "text",
    "--leader-elect=false",
    ...args,
  ]);
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output, errors }));
  return { child, ended, errors: () => errors };
}

command("says what it would do, does it once, and ends on a signal", async () => {
  const cluster = await realCluster();
  const namespace = await freshNamespace(cluster, "run");
  const subnet = namespace.name;
  const kubeconfig = realKubeconfig();
  const template = {
    metadata: { labels: { app: "web" }, annotations: { "ipam.spidernet.io/subnet": `{"ipv4":["${subnet}"]}` } },
    spec: { containers: [{ name: "main", image: "none" }] },
  };
  const web = { replicas: 2, paused: true, selector: { matchLabels: { app: "web" } }, template };
  const pools = async (): Promise<SpiderIPPool[]> =>
    (await cluster.list<SpiderIPPool>(spiderIPPools)).items.filter(({ spec }) => spec.subnet === "10.201.0.0/16");
  try {
    await cluster.create<KubeObject & { spec: object }>(spiderSubnets, {
      metadata: { name: subnet },
      spec: { subnet: "10.201.0.0/16", ips: ["10.201.0.1-10.201.0.9"] },
    });
    const metadata = { namespace: namespace.name, name: "web" };
    await cluster.create<KubeObject & { spec: object }>(deployments, { metadata, spec: web });

    const dry = await start("--kubeconfig", kubeconfig, "--dry-run").ended;

    assert.is(dry.code, 0, dry.errors);
    const key = `${namespace.name}/Deployment.apps/web/eth0/4@${subnet}`;
    const planned = dry.output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(
      planned.filter((operation) => operation.key === key),
      [{ key, kind: "ensurePool", size: 3 }],
    );
    assert.equal(await pools(), []);

    const done = await start("--kubeconfig", kubeconfig, "--once", "--default-ip-number", "+2").ended;

    assert.is(done.code, 0, done.errors);
    assert.equal(
      (await pools()).map(({ spec, status }) => [spec.ips, status?.state]),
      [[["10.201.0.1-10.201.0.4"], "created"]],
    );

    const running = start("--kubeconfig", kubeconfig);
    await eventually(() => assert.match(running.errors(), "all caches are filled"));
    await cluster.delete(deployments, metadata);
    await eventually(async () => assert.equal(await pools(), []));
    running.child.kill("SIGTERM");

    assert.is((await running.ended).code, 0);
  } finally {
    await namespace.remove();
    await removeObject(cluster, spiderSubnets, { name: subnet });
    await cluster.close();
  }
});

command("ends with 2 and every mistake where settings are wrong, and with 1 where there is no cluster", async () => {
  const misused = await start("--concurrency", "none", "--nope").ended;
  assert.is(misused.code, 2);
  assert.match(misused.errors, /Cannot use --nope[\s\S]*Cannot use --concurrency "none"/);

  const nowhere = await start("--kubeconfig", "/nowhere").ended;
  assert.is(nowhere.code, 1);
  assert.match(nowhere.errors, 'Cannot load kubeconfig "/nowhere"');
});

command.run();
