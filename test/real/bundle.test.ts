/** The one file against a real API server, on each runtime; under Deno with the permissions that docs/runtimes.md states and no more. */

import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { deployments, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { Cluster, KubeObject } from "../../src/cluster/cluster.ts";
import { find } from "../../src/cluster/find.ts";
import { agentPermissions, operatorPermissions, toFlags } from "../bundle/permissions.ts";
import { missingRuntime, runtimeNames, start } from "../bundle/runtimes.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { freshNamespace, realCluster, realKubeconfig, removeObject } from "../support/real.ts";

const test = suite("the one file and a real API server");

test.before(() => {
  const missing = missingRuntime();
  if (missing) throw new Error(`Cannot test the one file: ${missing}`);
});

/** Host and port of the API server. */
function apiServer(): string {
  const { clusters } = load(readFileSync(realKubeconfig(), "utf8")) as {
    clusters: readonly { cluster: { server: string } }[];
  };
  return new URL(clusters[0]?.cluster.server ?? "").host;
}

const template = (subnet: string): object => ({
  metadata: { labels: { app: "web" }, annotations: { "ipam.spidernet.io/subnet": `{"ipv4":["${subnet}"]}` } },
  spec: { containers: [{ name: "main", image: "none" }] },
});

/** Removes what a test made; pools and subnets are let go by an operator, so it has to see their end. */
async function removeAll(cluster: Cluster, name: string): Promise<void> {
  await removeObject(cluster, deployments, { namespace: name, name: "web" });
  await removeObject(cluster, spiderSubnets, { name });
  await eventually(async () => assert.not.ok(await find(cluster, spiderSubnets, { name })), { seconds: 30 });
}

for (const [index, runtime] of runtimeNames.entries()) {
  const range = `10.20${index + 2}.0`;

  test(`acts, serves and ends on ${runtime}`, async () => {
    const cluster = await realCluster();
    const namespace = await freshNamespace(cluster, "bundle");
    const [webhook, metrics, view] = await Promise.all([freePort(), freePort(), freePort()]);
    const place = { API_SERVER: apiServer(), KUBECONFIG: realKubeconfig() };
    const ports = { WEBHOOK: `${webhook}`, METRICS: `${metrics}`, VIEW: `${view}` };
    const args = ["run", "--kubeconfig", realKubeconfig(), "--namespace", namespace.name, "--log-format", "text"];
    const serve = ["--webhook-port", ports.WEBHOOK, "--metrics-port", ports.METRICS, "--view-port", ports.VIEW];
    const operator = start(runtime, [...args, ...serve], {
      permissions: toFlags(operatorPermissions, { ...place, ...ports }),
    });
    try {
      await cluster.create<KubeObject & { spec: object }>(spiderSubnets, {
        metadata: { name: namespace.name },
        spec: { subnet: `${range}.0/16`, ips: [`${range}.1-${range}.9`] },
      });
      await cluster.create<KubeObject & { spec: object }>(deployments, {
        metadata: { namespace: namespace.name, name: "web" },
        spec: {
          replicas: 2,
          paused: true,
          selector: { matchLabels: { app: "web" } },
          template: template(namespace.name),
        },
      });

      await eventually(
        async () => {
          const { items } = await cluster.list<SpiderIPPool>(spiderIPPools);
          const mine = items.filter(({ spec }) => spec.subnet === `${range}.0/16`);
          assert.equal(
            mine.map(({ spec }) => spec.ips),
            [[`${range}.1-${range}.3`]],
            operator.written.errors,
          );
        },
        { seconds: 30 },
      );
      const page = await (await fetch(`http://127.0.0.1:${view}/`)).text();
      assert.match(page, /^<!doctype html>/);
      const figures = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
      assert.match(figures, /^autopool_build_info/m, figures.slice(0, 300));
      await eventually(() => assert.match(operator.written.errors, "serving admission"), { seconds: 20 });

      await removeAll(cluster, namespace.name);

      operator.child.kill("SIGTERM");
      const { code, errors } = await operator.ended;
      assert.is(code, 0, errors);
      assert.not.match(errors, /Requires \w+ access|NotCapable/);
    } finally {
      operator.child.kill("SIGKILL");
      await removeObject(cluster, deployments, { namespace: namespace.name, name: "web" });
      await namespace.remove();
      await removeObject(cluster, spiderSubnets, { name: namespace.name });
      await cluster.close();
    }
  });

  test(`is the agent of a node on ${runtime}, with a socket that is its user's alone`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "autopool-agent-"));
    const socket = join(folder, "autopool.sock");
    const place = { API_SERVER: apiServer(), KUBECONFIG: realKubeconfig(), FOLDER: folder };
    const args = ["agent", "--node-name", "nowhere", "--kubeconfig", realKubeconfig(), "--socket", socket];
    const agent = start(runtime, args, { permissions: toFlags(agentPermissions, place) });
    try {
      await eventually(() => assert.match(agent.written.errors, '"msg":"ready"', agent.written.errors), {
        seconds: 30,
      });
      assert.is(statSync(socket).mode & 0o777, 0o600);
      const asked = request({ socketPath: socket, path: "/v1/nowhere" }).end();
      const [response] = await once(asked, "response");
      response.resume();
      assert.is(response.statusCode, 404);

      agent.child.kill("SIGTERM");
      const { code, errors } = await agent.ended;
      assert.is(code, 0, errors);
    } finally {
      agent.child.kill("SIGKILL");
      rmSync(folder, { recursive: true });
    }
  });
}

test.run();
