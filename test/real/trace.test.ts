/**
 * A trace of `autopool run` on a real API server: fifty applications live, the operator is killed and the API server restarted in
 * between; decided again, everything is as it was, and a mistake in the machine shows where it first matters.
 * @module
 */

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stepperOf } from "../../machines/step.ts";
import { ON_THE_WAY_MS } from "../../src/api/controlled-pools.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { replay } from "../../src/trace/replay.ts";
import { parseLine, readTrace } from "../../src/trace/trace-reader.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { deployment } from "../support/manifests.ts";
import { Place } from "../support/place.ts";
import { freshNamespace, realCluster, realKubeconfig } from "../support/real.ts";
import { RunningOperator } from "../support/running-operator.ts";
import { define } from "../support/stage.ts";
import { mutants } from "../trace/mutants.ts";

const run = promisify(execFile);
const state = process.env["AUTOPOOL_CLUSTER_STATE"] ?? "";
/** Only a cluster that `test/cluster` started may be disturbed. */
const isOurs = state !== "" && realKubeconfig().startsWith(state) && existsSync(join(state, "settings"));
const isCI = process.env["CI"] === "true";

const apps = Array.from({ length: 50 }, (_, index) => `app-${index}`);
/** Longer than records of the operator that was killed are left alone. */
const patient = { seconds: 60 + ON_THE_WAY_MS / 1000 };
const directory = mkdtempSync(join(tmpdir(), "autopool-trace-"));
const path = join(directory, "trace");
const traces = suite("trace of a real cluster");

/** Runs autopool to its end. */
async function autopool(...args: string[]): Promise<{ code: number; output: string }> {
  const options = { maxBuffer: 2 ** 28 };
  try {
    const { stdout } = await run(process.execPath, ["src/main.ts", ...args], options);
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: `${stdout}${stderr}` };
  }
}

/** All that were started, whatever became of them. */
const operators: RunningOperator[] = [];

function startOperator(port: number): RunningOperator {
  const settings = ["--leader-elect=false", "--log-level", "warn", "--trace", path, "--view-port", String(port)];
  const operator = new RunningOperator("--kubeconfig", realKubeconfig(), ...settings);
  operators.push(operator);
  return operator;
}

/** Does something to many applications, ten at a time, and again where the API server is not there. */
async function each(names: readonly string[], act: (name: string) => Promise<unknown>): Promise<void> {
  const rest = [...names];
  const workers = Array.from({ length: 10 }, async () => {
    for (let name = rest.shift(); name; name = rest.shift()) await eventually(() => act(name as string), patient);
  });
  await Promise.all(workers);
}

const roll = (cluster: Cluster, namespace: string, name: string): Promise<unknown> =>
  cluster.patch(
    deployment.resource,
    { namespace, name },
    { spec: { template: { metadata: { labels: { rolled: "yes" } } } } },
  );

/** What becomes of fifty applications. */
async function live(cluster: Cluster, place: Place, port: number): Promise<void> {
  const asking = { subnet: { ipv4: [await place.addSubnet(4, 400)] }, number: "+1" };
  const sizes = (count: number, size: number): number[] => Array.from({ length: count }, () => size);
  const first = startOperator(port);
  await each(apps, (name) => place.run(deployment, name, asking, 1));
  await eventually(() => place.poolsOf(...sizes(50, 2)), patient);
  await each(apps.slice(0, 20), (name) => place.scale(deployment, name, 3));
  await each(apps.slice(10, 30), (name) => roll(cluster, place.namespace, name));
  await first.end("SIGKILL");
  await each(apps.slice(0, 10), (name) => place.end(deployment, name));
  await each(apps.slice(30, 40), (name) => place.scale(deployment, name, 4));
  startOperator(port);
  await eventually(() => place.poolsOf(...sizes(20, 2), ...sizes(10, 4), ...sizes(10, 5)), patient);
  const restarted = run("bash", [join(import.meta.dirname, "../cluster/process.sh"), "restart", "kube-apiserver"]);
  await each(apps.slice(10, 20), (name) => place.scale(deployment, name, 1));
  await restarted;
  await each(apps.slice(20, 30), (name) => place.end(deployment, name));
  await eventually(() => place.poolsOf(...sizes(20, 2), ...sizes(10, 5)), patient);
}

/** Number of the first recorded step between two states. */
function firstStep(texts: readonly string[], from: string, to: string): number {
  return 1 + texts.map(parseLine).findIndex((line) => line.line === "step" && line.from === from && line.to === to);
}

(isOurs || isCI ? traces : traces.skip)("is decided again as it was, by whatever means it is had", async () => {
  const cluster = await realCluster();
  await define(cluster);
  const { name } = await freshNamespace(cluster);
  const place = new Place(cluster, undefined as never, name);
  const port = await freePort();
  try {
    await live(cluster, place, port);
    const ring = join(directory, "ring");
    const fetched = await autopool("trace", "--url", `http://127.0.0.1:${port}/trace`);
    assert.is(fetched.code, 0, fetched.output);
    writeFileSync(ring, fetched.output);
    const redacted = await autopool("replay", ring, "--redact");
    assert.is(redacted.code, 0, redacted.output.slice(-2_000));
  } finally {
    try {
      await place.clear();
    } finally {
      for (const operator of operators) await operator.end("SIGTERM");
      await cluster.close();
    }
  }
  const replayed = await autopool("replay", path);
  assert.is(replayed.code, 0, replayed.output.slice(-2_000));
  const [, decisions = "0"] = /all (\d+) decisions are as they were recorded\n$/.exec(replayed.output) ?? [];
  assert.ok(Number(decisions) > 400, `${decisions} decisions`);
});

(isOurs || isCI ? traces : traces.skip)(
  "fails at the first line that a changed machine decides otherwise",
  async () => {
    const texts = readFileSync(path, "utf8").trimEnd().split("\n");
    assert.is(texts.filter((text) => text.startsWith('{"line":"header"')).length, 2);
    const changes = [
      ["created.managed: always (3.) left out", firstStep(texts, "created.managed", "scaling")],
      ["orphaned.reclaiming: no removePool on entry", firstStep(texts, "created.managed", "orphaned.reclaiming")],
      ["deleted: no releaseRecord on entry", firstStep(texts, "orphaned.reclaiming", "deleted")],
    ] as const;
    const changed = new Map([...mutants()].map(({ name, machine }) => [name, machine]));
    for (const [name, line] of changes) {
      const { difference } = await replay(readTrace(texts), { stepper: stepperOf(changed.get(name) as never) });
      assert.is(difference?.number, line, name);
    }
  },
);

traces.after(() => rmSync(directory, { recursive: true }));
traces.run();
