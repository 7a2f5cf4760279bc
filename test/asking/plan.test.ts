/**
 * `autopool plan` foretells what the operator then does: names, sizes and addresses, or what is missing.
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { cronJobs, daemonSets, deployments, spiderIPPools, statefulSets } from "../../src/api/resources.ts";
import type { PlannedObject } from "../../src/asking/plan.ts";
import type { PlanReport } from "../../src/asking/plan-text.ts";
import type { KubeObject, Resource } from "../../src/cluster/cluster.ts";
import { plan } from "../../src/commands/plan.ts";
import { ConfigError } from "../../src/config.ts";
import { AskingWorld, annotationsOf, type Said, workload } from "./asking-world.ts";

const planning = suite<{ world: AskingWorld; folder: string }>("autopool plan");

planning.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), "autopool-plan-"));
  context.world = await AskingWorld.open();
});
planning.after.each(async ({ world, folder }) => {
  rmSync(folder, { recursive: true });
  await world.close();
});

const on = (name: string, more: object = {}) => ({ subnet: { ipv4: [name] }, ...more });

/** Writes objects into a file and returns its path. */
function file(folder: string, name: string, ...objects: (KubeObject | string)[]): string {
  const path = join(folder, name);
  const documents = objects.map((object) => (typeof object === "string" ? object : JSON.stringify(object)));
  writeFileSync(path, documents.join("\n---\n"));
  return path;
}

/** A manifest as people write it. */
function manifest(
  { group, version, kind }: Resource,
  name: string,
  annotations: object,
  spec: object = {},
): KubeObject {
  const template = { metadata: { annotations: annotationsOf({ ...annotations }) } };
  return {
    apiVersion: group ? `${group}/${version}` : version,
    kind,
    metadata: { name },
    spec: { template, ...spec },
  } as KubeObject;
}

async function planned(world: AskingWorld, ...args: string[]): Promise<PlanReport & Said> {
  const said = await world.ask(plan, ...args, "-o", "json");
  return { ...said, ...(JSON.parse(said.text) as PlanReport) };
}

const addressesIn = (objects: readonly PlannedObject[]): string[] =>
  objects.flatMap(({ pools }) => pools.flatMap(({ ips }) => ips));

planning(
  "foretells names, sizes and addresses of several applications, one after the other",
  async ({ world, folder }) => {
    const web = manifest(deployments, "web", on("s4"), { replicas: 2 });
    const db = manifest(statefulSets, "db", { subnet: { ipv4: ["s4"], ipv6: ["s6"] }, "ippool-ip-number": "2" });
    const path = file(folder, "apps.yaml", web, db);

    const { objects, code } = await planned(world, "-f", path);

    assert.is(code, 0);
    assert.equal(
      objects.flatMap(({ pools }) => pools.map(({ pool, action, size, ips }) => [pool, action, size, ips])),
      [
        ["auto4-web-eth0-xxxxx", "create", 3, ["10.4.0.10-10.4.0.12"]],
        ["auto4-db-eth0-xxxxx", "create", 2, ["10.4.0.13-10.4.0.14"]],
        ["auto6-db-eth0-xxxxx", "create", 2, ["fd00::10-fd00::11"]],
      ],
    );

    await world.act((user) => user.create(deployments, { ...web, metadata: { name: "web", namespace: "default" } }));
    await world.act((user) => user.create(statefulSets, { ...db, metadata: { name: "db", namespace: "default" } }));
    const real = world.pools.toSorted((a, b) =>
      (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? ""),
    );
    assert.equal(new Set(addressesIn(objects)), new Set(real.flatMap(({ spec }) => spec.ips ?? [])));
    for (const { metadata } of real) {
      const name = metadata.name.replace(/-[^-]+$/, "-xxxxx");
      assert.ok(
        objects.some(({ pools }) => pools.some(({ pool }) => pool === name)),
        name,
      );
    }
  },
);

planning("says how many addresses are missing, and who could give them", async ({ world, folder }) => {
  await world.run(deployments, "big", { annotations: on("s4", { "ippool-ip-number": "6" }) });
  const path = file(
    folder,
    "apps.json",
    manifest(deployments, "first", on("s4"), { replicas: 1 }),
    manifest(deployments, "second", on("s4"), { replicas: 4 }),
  );

  const { objects, code, fits } = await planned(world, "-f", path);
  const { text } = await world.ask(plan, "-f", path);

  assert.equal([code, fits], [1, false]);
  assert.equal(
    objects.map(({ verdict }) => verdict),
    ["fits", "short"],
  );
  assert.match(objects[1]?.summary ?? "", /s4 has 2 free addresses, 5 are needed; .*; 3 addresses missing/);
  assert.match(objects[1]?.helps.join() ?? "", /add at least 3 addresses to spec\.ips of SpiderSubnet s4/);
  assert.match(text, /^1 of 2 objects does not fit$/m);
});

planning("grows, shrinks and moves what is there", async ({ world, folder }) => {
  for (const name of ["up", "down", "moved"])
    await world.run(deployments, name, { replicas: 2, annotations: on("s4", { "ippool-ip-number": "+0" }) });
  const path = file(
    folder,
    "apps.yaml",
    manifest(deployments, "down", on("s4", { "ippool-ip-number": "1" }), { replicas: 0 }),
    manifest(deployments, "up", on("s4", { "ippool-ip-number": "+0" }), { replicas: 5 }),
    manifest(deployments, "moved", on("t4", { "ippool-ip-number": "+0" })),
  );

  const { objects } = await planned(world, "-f", path);

  const names = world.pools.map(({ metadata }) => metadata.name);
  const pools = objects.flatMap((object) => object.pools);
  assert.equal(
    pools.map(({ action, before, size }) => [action, before, size]),
    [
      // Its pods have both addresses until they have ended.
      ["wait", 2, 1],
      ["grow", 2, 5],
      ["create", 0, 2],
      ["give up", 2, 0],
    ],
  );
  assert.ok(pools.filter(({ action }) => action !== "create").every(({ pool }) => names.includes(pool)));
});

planning(
  "knows the subnets, pools and reservations that come in the same files, and what admission refuses",
  async ({ world, folder }) => {
    const ours = { apiVersion: "spiderpool.spidernet.io/v2beta1" };
    const path = file(
      folder,
      "all.yaml",
      {
        ...ours,
        kind: "SpiderSubnet",
        metadata: { name: "new" },
        spec: { subnet: "10.9.0.0/24", ips: ["10.9.0.1-10.9.0.5"] },
      } as KubeObject,
      { ...ours, kind: "SpiderReservedIP", metadata: { name: "router" }, spec: { ips: ["10.9.0.1"] } } as KubeObject,
      {
        ...ours,
        kind: "SpiderIPPool",
        metadata: { name: "mine" },
        spec: { subnet: "10.9.0.0/24", ips: ["10.9.0.5"] },
      } as KubeObject,
      {
        ...ours,
        kind: "SpiderSubnet",
        metadata: { name: "twin" },
        spec: { subnet: "10.9.0.0/16", ips: [] },
      } as KubeObject,
      manifest(deployments, "web", on("new", { "ippool-ip-number": "3" })),
      manifest(deployments, "late", on("new", { "ippool-ip-number": "1" })),
      {
        ...ours,
        kind: "SpiderIPPool",
        metadata: { name: "wrong" },
        spec: { subnet: "10.4.0.0/24", ips: ["10.4.1.1"] },
      } as KubeObject,
      "kind: [",
      "justText",
    );

    const { objects, code } = await planned(world, "--filename", path);

    assert.is(code, 1);
    assert.equal(
      objects.map(({ verdict }) => verdict),
      ["fits", "fits", "fits", "refused", "fits", "short", "refused", "refused", "refused"],
    );
    assert.equal(addressesIn(objects), ["10.9.0.2-10.9.0.4"]);
    assert.match(objects[3]?.summary ?? "", /would be refused: spec\.subnet: /);
    assert.match(objects[6]?.summary ?? "", /would be refused: spec\.ips\[0\]: .*10\.4\.1\.1/);
    assert.match(objects[7]?.summary ?? "", /cannot be read: Cannot read YAML on line/);
  },
);

/** One application of each kind, most of them on t4; two draw from the pool m4. */
function manifestsOfAllKinds(): KubeObject[] {
  const byName = { ippool: { ipv4: ["m4"] } };
  const { apiVersion, kind } = { apiVersion: "apps.kruise.io/v1alpha1", kind: "CloneSet" };
  const game = { ...workload("game", { annotations: on("t4", { "ippool-ip-number": "4" }) }), apiVersion, kind };
  const loose = { ...workload("loose", { annotations: on("t4", { "ippool-ip-number": "+4" }) }), apiVersion, kind };
  const cron = manifest(
    cronJobs,
    "cron",
    {},
    {
      jobTemplate: { spec: { parallelism: 2, template: { metadata: { annotations: annotationsOf(on("t4")) } } } },
    },
  );
  return [
    manifest(deployments, "named", byName, { replicas: 3 }),
    manifest(deployments, "more", byName, { replicas: 2 }),
    game,
    loose,
    cron,
    manifest(daemonSets, "ds", on("t4", { "ippool-ip-number": "+0" })),
    manifest(deployments, "plain", {}),
    manifest(deployments, "bad", { subnet: "{" }),
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" } },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "bare", annotations: annotationsOf(byName) },
      spec: {},
    } as KubeObject,
  ];
}

planning("takes every kind, the namespace, and what its pods draw from by name", async ({ world, folder }) => {
  const pool = { metadata: { name: "m4" }, spec: { subnet: "10.9.0.0/24", ips: ["10.9.0.1-10.9.0.4"] } };
  await world.act((user) => user.create<SpiderIPPool>(spiderIPPools, pool as SpiderIPPool));
  const path = file(folder, "apps.yaml", ...manifestsOfAllKinds());

  const { objects } = await planned(world, "-f", path, "-n", "shop");

  assert.equal(
    objects.map(({ name, verdict }) => [name, verdict]),
    [
      ["named", "fits"],
      ["more", "short"],
      ["game", "fits"],
      ["loose", "refused"],
      ["cron", "fits"],
      ["ds", "fits"],
      ["plain", "idle"],
      ["bad", "refused"],
      ["settings", "idle"],
      ["bare", "fits"],
    ],
  );
  // Two of them name one of their own.
  assert.equal(
    ["named", "game", "settings"].map((name) => objects.find((object) => object.name === name)?.namespace),
    ["shop", "default", undefined],
  );
  assert.match(objects[0]?.summary ?? "", /its 3 pods get addresses of m4/);
  assert.match(objects[1]?.summary ?? "", /its pods need 2 addresses, m4 has 1 free; 1 missing/);
  assert.match(objects[2]?.summary ?? "", /gets 1 pool of 4 addresses, for good: they are never scaled/);
  assert.equal(
    objects[4]?.pools.map(({ size }) => size),
    [3],
  );
  assert.equal(
    objects[5]?.pools.map(({ size }) => size),
    [2],
  );
});

planning("says what it cannot use", async ({ world, folder }) => {
  const empty = file(folder, "empty.yaml", "# nothing");
  for (const [args, message] of [
    [[], /name files, as in "autopool plan -f web\.yaml"/],
    [["web.yaml"], /Cannot plan "web\.yaml": name files with -f/],
    [["-f", join(folder, "none.yaml")], /Cannot read ".*none\.yaml": /],
    [["-f", empty], /the files have no object in them/],
    [["-f"], /Cannot use -f: its value is missing; it is a FILE/],
    [["-f", empty, "--default-ip-number", "many"], /Cannot use --default-ip-number "many": it must be a plain number/],
  ] as const) {
    try {
      await world.ask(plan, ...args);
      assert.unreachable(args.join(" "));
    } catch (error) {
      assert.instance(error, ConfigError, String(error));
      assert.match((error as Error).message, message);
    }
  }
});

planning.run();
