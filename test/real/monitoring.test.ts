/**
 * What is measured, before a real Prometheus: it scrapes an operator and an agent at work, reads the shipped rules, and answers every
 * query of dashboard and alerts.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { dump, loadAll } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { LABEL } from "../../src/api/names.ts";
import { deployments, pods, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { Cluster, KubeObject } from "../../src/cluster/cluster.ts";
import { find } from "../../src/cluster/find.ts";
import { cases, promtoolTests } from "../metrics/alert-cases.ts";
import { dashboardText } from "../metrics/dashboard.ts";
import { alertRules, dashboardQueries, ruleFile } from "../metrics/monitoring.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { kubectl } from "../support/kubectl.ts";
import { PodPlace } from "../support/pod-place.ts";
import { checkMetrics, Prometheus, promtool } from "../support/prometheus.ts";
import { realCluster, realKubeconfig, removeObject } from "../support/real.ts";
import { RunningAgent } from "../support/running-agent.ts";

const rules = suite("alert rules");

rules("are such as Prometheus reads", async () => {
  assert.match(await promtool(["check", "rules", "rules.yaml"], { "rules.yaml": dump(ruleFile()) }), "SUCCESS");
});

rules("fire when something is wrong, and when nothing is they do not", async () => {
  // Annotations are for people, and would have to be repeated here with their numbers.
  const groups = ruleFile().groups.map(({ name, rules }) => ({
    name,
    rules: rules.map(({ annotations: _, ...rule }) => rule),
  }));
  assert.equal(
    cases.map(({ alert }) => alert),
    alertRules().map(({ alert }) => alert),
  );

  const files = { "rules.yaml": dump({ groups }), "tests.yaml": dump(promtoolTests("rules.yaml")) };
  assert.match(await promtool(["test", "rules", "tests.yaml"], files), "SUCCESS");
});

rules.run();

const shipped = suite("deploy/monitoring");

shipped("is what kustomize makes of it, the dashboard where Grafana looks for it", async () => {
  const objects = loadAll(await kubectl("kustomize", "deploy/monitoring")) as (KubeObject & {
    data?: Readonly<Record<string, string>>;
  })[];
  assert.equal(
    new Set(objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)),
    new Set([
      "ConfigMap autopool-system/autopool-dashboard",
      "PodMonitor autopool-system/autopool-agent",
      "PrometheusRule autopool-system/autopool",
      "ServiceMonitor autopool-system/autopool",
    ]),
  );
  const [config] = objects.filter(({ kind }) => kind === "ConfigMap");
  assert.is(config?.metadata.labels?.["grafana_dashboard"], "1");
  assert.is(config?.data?.["autopool.json"], dashboardText());
});

shipped.run();

interface World {
  cluster: Cluster;
  place: PodPlace;
  ports: { autopool: number; "autopool-agent": number };
  operator: ChildProcess;
  agent: RunningAgent;
  prometheus: Prometheus;
}

/** Panels that show nothing where nothing is wrong, or nobody has asked for admission. */
const QUIET = new Set([
  "Refusals by reason",
  "Collected addresses",
  "Admission",
  "Latency of admission",
  "Waiting",
  "Webhook certificate",
]);

/** Alerts that must be silent here, however slow the machine is, and whatever other tests have left in the cluster. */
const CERTAIN = new Set([
  "AutopoolDown",
  "AutopoolNoLeader",
  "AutopoolTwoLeaders",
  "AutopoolNotSynced",
  "AutopoolForbidden",
  "AutopoolAgentDown",
  "AutopoolAllocationsFailing",
]);

const monitoring = suite<World>("metrics before Prometheus");

monitoring.before(async (world) => {
  world.cluster = await realCluster();
  world.place = await PodPlace.open(world.cluster);
  const { namespace, node } = world.place;
  world.ports = { autopool: await freePort(), "autopool-agent": await freePort() };
  world.operator = spawn(
    process.execPath,
    [
      ...["src/main.ts", "run", "--kubeconfig", realKubeconfig(), "--namespace", namespace],
      ...["--metrics-port", String(world.ports.autopool), "--log-format", "text", "--log-level", "warn"],
    ],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  world.agent = await RunningAgent.start(node, "--metrics-port", String(world.ports["autopool-agent"]));
  world.prometheus = await Prometheus.start(world.ports, ruleFile());
  await work(world);
});

monitoring.after(async ({ cluster, place, operator, agent, prometheus }) => {
  const subnet = { name: place.namespace };
  await cluster.delete(deployments, { namespace: place.namespace, name: "web" });
  await eventually(async () => {
    const { items } = await cluster.list<SpiderIPPool>(spiderIPPools);
    assert.not.ok(items.some(({ metadata }) => metadata.labels?.[LABEL.ownerSubnet] === subnet.name));
  });
  await removeObject(cluster, spiderSubnets, subnet);
  await eventually(async () => assert.is(await find(cluster, spiderSubnets, subnet), undefined));
  await prometheus?.stop();
  const ended = once(operator, "exit");
  operator.kill("SIGTERM");
  await ended;
  await agent?.stop();
  await place.close();
  await cluster.close();
});

/** Gives both something to do: a pool that comes and grows, pods that come and go. */
async function work({ cluster, place, agent, prometheus }: World): Promise<void> {
  const name = place.namespace;
  const pool = await place.pool(4);
  const template = {
    metadata: { labels: { app: "web" }, annotations: { "ipam.spidernet.io/subnet": `{"ipv4":["${name}"]}` } },
    spec: { containers: [{ name: "main", image: "none" }] },
  };
  const spec = { replicas: 2, paused: true, selector: { matchLabels: { app: "web" } }, template };
  await cluster.create<KubeObject & { spec: object }>(spiderSubnets, {
    metadata: { name },
    spec: { subnet: "10.202.0.0/16", ips: ["10.202.0.1-10.202.0.9"] },
  });
  const web = { namespace: name, name: "web" };
  await cluster.create<KubeObject & { spec: object }>(deployments, { metadata: web, spec });
  const serve = async (podName: string): Promise<void> => {
    const pod = await place.pod(podName, { annotations: { ippool: { ipv4: [pool] } } });
    await agent.addWell(pod);
    await removeObject(cluster, pods, pod.metadata);
    await agent.delWell(pod);
  };
  const recorded = `autopool_subnet_recorded_addresses{subnet="${name}"}`;
  const isRecorded = async (count: string): Promise<void> =>
    assert.is((await prometheus.query(recorded))[0]?.value[1], count);
  await eventually(() => isRecorded("3"), { seconds: 60 });
  await serve("first");
  // What a rate is made of changes between two scrapes.
  await cluster.patch(deployments, web, { spec: { replicas: 4 } });
  await serve("second");
  await eventually(() => isRecorded("5"), { seconds: 60 });
}

const scrape = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

monitoring("are such as promtool has nothing against", async ({ ports }) => {
  for (const port of Object.values(ports)) {
    const complaints = (await checkMetrics(await scrape(port))).split("\n").filter(Boolean);
    // The reference's labels are what they are.
    assert.equal(
      complaints.filter((line) => !/^spiderpool_debug_\w+ label names should be written in 'snake_case'/.test(line)),
      [],
    );
  }
});

monitoring("stand beside the answers to the kubelet", async ({ ports }) => {
  for (const port of Object.values(ports)) {
    for (const path of ["/healthz", "/readyz"]) {
      const reply = await fetch(`http://127.0.0.1:${port}${path}`);
      assert.equal([path, reply.status, await reply.text()], [path, 200, "ok\n"]);
    }
  }
});

monitoring("are few", async ({ ports }) => {
  for (const [job, port] of Object.entries(ports)) {
    const series = (await scrape(port)).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.ok(series.length < 400, `${job} has ${series.length} series`);
  }
});

monitoring("name no pod, no address and no token", async ({ ports }) => {
  for (const port of Object.values(ports)) {
    const labels = (await scrape(port)).replace(/^#.*$/gm, "").match(/="[^"]*"/g) ?? [];
    assert.equal(
      labels.filter((label) => /\d+\.\d+\.\d+\.\d+|web|Bearer|eyJ/.test(label)),
      [],
    );
  }
});

monitoring("answer every query of the dashboard", async ({ prometheus }) => {
  const silent = new Set<string>();
  await eventually(
    async () => {
      silent.clear();
      for (const { title, query } of dashboardQueries("1m")) {
        if ((await prometheus.query(query)).length === 0) silent.add(title);
      }
      assert.equal(
        [...silent].filter((title) => !QUIET.has(title)),
        [],
      );
    },
    { seconds: 30 },
  );
});

monitoring("let Prometheus evaluate every alert, of which none cries wolf", async ({ prometheus }) => {
  await eventually(
    async () => {
      const states = await prometheus.rules();
      assert.is(states.length, alertRules().length);
      assert.equal(
        states.filter(({ health }) => health !== "ok"),
        [],
      );
    },
    { seconds: 30 },
  );
  const firing: string[] = [];
  for (const { alert, expr } of alertRules()) {
    if (CERTAIN.has(alert) && (await prometheus.query(expr)).length > 0) firing.push(alert);
  }
  assert.equal(firing, []);
});

monitoring("say the same by the reference's names", async ({ prometheus }) => {
  const value = async (query: string): Promise<string | undefined> => (await prometheus.query(query))[0]?.value[1];
  const additions = 'sum(autopool_agent_requests_total{operation="add"})';
  assert.is(await value("spiderpool_ipam_allocation_counts_total"), await value(additions));
  assert.is(await value("spiderpool_ipam_allocation_failure_counts_total"), "0");
  assert.is(
    await value("spiderpool_total_ippool_counts"),
    await value('autopool_cached_objects{job="autopool",resource="spiderippools"}'),
  );
});

monitoring.run();
