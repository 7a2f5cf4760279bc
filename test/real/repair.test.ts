/**
 * What autopool makes up for and repairs on the real API server: what it missed while it was down, and what people edit by hand.
 *
 * A repair gives back exactly what was there before; addresses in use stay in their pool, whatever is edited.
 * @module
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { spiderIPPools } from "../../src/api/resources.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import { hasCode } from "../../src/cluster/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { deployment } from "../support/manifests.ts";
import { realKubeconfig } from "../support/real.ts";
import { addressesOf, essence, essenceOfLedger, RepairWorld } from "../support/repair-world.ts";

const patient = { seconds: 8 };
const label = (name: string): string => `ipam.spidernet.io/${name}`;
const nameOf = ({ metadata }: SpiderIPPool): string => metadata.name;

interface Context {
  world: RepairWorld;
}

const open = async (context: Context): Promise<void> => {
  context.world = await RepairWorld.open();
};
// Where there is none, `open` has failed, and that is the news.
const close = async ({ world }: Partial<Context>): Promise<void> => world?.close();
const assertUnbroken = ({ world }: Context): void => {
  const [broken, history] = [world.broken(), world.watcher.history];
  world.watcher.forgive();
  if (broken.length > 0) throw new Error(`Broken:\n${broken.join("\n")}\n${history.slice(-40).join("\n")}`);
};

const missed = suite<Context>("what an operator missed while it was down");
missed.before(open);
missed.after.each(assertUnbroken);
missed.after(close);

missed("a deletion: pool and record go, with the last address in use", async ({ world }) => {
  const [free, used] = [await world.run("free", 3), await world.run("used", 3)];
  const [address = ""] = addressesOf(used).slice(-1);
  await world.place.occupy(nameOf(used), address);

  await world.whileDown(async () => {
    for (const app of ["free", "used"]) await world.place.end(deployment, app);
  });

  await eventually(async () => {
    assert.equal((await world.place.pools()).map(nameOf), [nameOf(used)], `${nameOf(free)} goes`);
    assert.ok((await world.pool(nameOf(used))).metadata.deletionTimestamp);
    assert.equal(Object.keys(await world.place.records(world.place.v4)), [nameOf(used)]);
  });
  await world.place.occupy(nameOf(used));
  await world.place.poolsOf();
});

missed("a deletion and a successor: it takes the pool over", async ({ world }) => {
  const before = await world.run("again", 3);
  const [address = ""] = addressesOf(before).slice(1);
  await world.place.occupy(nameOf(before), address);

  await world.whileDown(async () => {
    await world.place.end(deployment, "again");
    await world.place.run(deployment, "again", { subnet: { ipv4: [world.place.v4] }, number: "+1" }, 4);
  });

  const after = await world.poolOf(await world.app("again"), 5);
  assert.is(after.metadata.uid, before.metadata.uid);
  assert.ok(addressesOf(after).includes(address));
});

missed("scaling up and down: both pools follow, the one with what is in use", async ({ world }) => {
  const [up, down] = [await world.run("up", 2), await world.run("down", 6)];
  const inUse = addressesOf(down).slice(-2);
  await world.place.occupy(nameOf(down), ...inUse);

  await world.whileDown(async () => {
    await world.place.scale(deployment, "up", 5);
    await world.place.scale(deployment, "down", 1);
  });

  const [larger, smaller] = [
    await world.poolOf(await world.app("up"), 6),
    await world.poolOf(await world.app("down"), 2),
  ];
  assert.equal(addressesOf(larger).slice(0, 2), addressesOf(up));
  assert.equal(addressesOf(smaller), inUse);
});

missed("`reclaim: false`, set before the end: the pool stays, also when both were missed", async ({ world }) => {
  const [told, untold] = [await world.run("told", 2), await world.run("untold", 2, "false")];
  const asking = { subnet: { ipv4: [world.place.v4] }, number: "+1", reclaim: "false" };

  await world.whileDown(() => world.place.ask(deployment, "told", asking));
  await eventually(async () => {
    assert.is((await world.pool(nameOf(told))).metadata.labels?.[label("ippool-reclaim")], "false");
  });
  await world.whileDown(async () => {
    for (const app of ["told", "untold"]) await world.place.end(deployment, app);
  });

  for (const pool of [told, untold]) {
    await eventually(async () => {
      const { status, metadata, spec } = await world.pool(nameOf(pool));
      assert.equal([status?.state, metadata.deletionTimestamp, spec.ips], ["orphaned", undefined, pool.spec.ips]);
    });
  }
  await world.place.assertBooks();
});

missed.run();

interface Edited extends Context {
  /** The pool that is edited, two of whose addresses are in use, and its neighbour in the subnet. */
  pool: SpiderIPPool;
  neighbour: SpiderIPPool;
}

const edits = suite<Edited>("what people edit by hand");
edits.before(async (context) => {
  await open(context);
  const { world } = context;
  const made = await world.run("web", 5);
  context.neighbour = await world.run("neighbour", 3);
  await world.place.occupy(nameOf(made), ...[1, 3].map((index) => addressesOf(made)[index] ?? ""));
  context.pool = await world.pool(nameOf(made));
});
edits.after.each(assertUnbroken);
edits.after(close);

/** Waits until pools and ledger are again what they were before an edit. */
async function assertRepaired({ world, pool, neighbour }: Edited, ledger: string | null | undefined): Promise<void> {
  await eventually(async () => {
    for (const before of [pool, neighbour]) assert.equal(essence(await world.pool(nameOf(before))), essence(before));
    assert.equal(essenceOfLedger(await world.ledger()), essenceOfLedger(ledger), "the ledger");
    await world.place.assertBooks();
  }, patient);
}

const poolEdits: readonly [string, (edited: Edited) => object][] = [
  ["`spec.ips` without an address in use", ({ pool }) => ({ spec: { ips: addressesOf(pool).slice(2) } })],
  ["`spec.ips` without any address", () => ({ spec: { ips: [] } })],
  ["`spec.ips` absent", () => ({ spec: { ips: null } })],
  [
    "`spec.ips` with addresses of a neighbour",
    (it) => ({ spec: { ips: [it.pool, it.neighbour].flatMap(addressesOf) } }),
  ],
  ["`spec.ips` with nothing but addresses of a neighbour", ({ neighbour }) => ({ spec: { ips: neighbour.spec.ips } })],
  ["`spec.excludeIPs`", ({ pool }) => ({ spec: { excludeIPs: addressesOf(pool).slice(0, 1) } })],
  ["the label of the CIDR", () => ({ metadata: { labels: { [label("ippool-cidr")]: "other" } } })],
  ["the label of the owner's UID", () => ({ metadata: { labels: { [label("owner-application-uid")]: "other" } } })],
  ["the label `ippool-reclaim`", () => ({ metadata: { labels: { [label("ippool-reclaim")]: "false" } } })],
  ["the annotation", () => ({ metadata: { annotations: { [label("ippool-ip-number")]: "7" } } })],
  ["no finalizer", () => ({ metadata: { finalizers: null } })],
  ["no owner reference", () => ({ metadata: { ownerReferences: null } })],
  ["no `podAffinity`", () => ({ spec: { podAffinity: null } })],
  [
    "`podAffinity` for another application",
    () => ({ spec: { podAffinity: { matchLabels: { [label("app-name")]: "x" } } } }),
  ],
  [
    "`podAffinity` with an expression",
    () => ({ spec: { podAffinity: { matchExpressions: [{ key: "a", operator: "Exists" }] } } }),
  ],
];

for (const [title, patch] of poolEdits) {
  edits(`a pool with ${title} is put right`, async (edited) => {
    const { world, pool } = edited;
    const ledger = await world.ledger();
    await world.edit(spiderIPPools, nameOf(pool), patch(edited));
    await assertRepaired(edited, ledger);
  });
}

type Records = Record<string, { ips?: unknown; application?: string }>;
const ledgerEdits: readonly [string, (edited: Edited, records: Records) => string | null][] = [
  ["that is absent", () => null],
  ["of no text", () => ""],
  ["that is no JSON", () => "{"],
  ["that is a list", () => "[]"],
  ["with a record that is a number", (it, all) => JSON.stringify({ ...all, [nameOf(it.pool)]: 1 })],
  [
    "with a record of what are no addresses",
    (it, all) => JSON.stringify({ ...all, [nameOf(it.pool)]: { ips: ["x"] } }),
  ],
  ["without a record", (it, all) => JSON.stringify({ ...all, [nameOf(it.pool)]: undefined })],
  ["with a record of fewer addresses", (it, all) => withIps(it.pool, all, addressesOf(it.pool).slice(2))],
  ["with a record of no address", (it, all) => withIps(it.pool, all, null)],
  ["with a record of a neighbour's addresses", (it, all) => withIps(it.pool, all, it.neighbour.spec.ips)],
  [
    "with a record that has a neighbour's addresses too",
    (it, all) => withIps(it.pool, all, [it.pool, it.neighbour].flatMap(addressesOf)),
  ],
  ["with a record of addresses outside the subnet", (it, all) => withIps(it.pool, all, ["192.0.2.1-192.0.2.5"])],
  [
    "with a record of another application",
    (it, all) =>
      JSON.stringify({ ...all, [nameOf(it.pool)]: { ...all[nameOf(it.pool)], application: "apps_v1_Deployment_a_b" } }),
  ],
  [
    "with a record without an application",
    (it, all) => JSON.stringify({ ...all, [nameOf(it.pool)]: { ips: all[nameOf(it.pool)]?.ips } }),
  ],
  ["with a pool that does not exist", (it, all) => JSON.stringify({ ...all, ghost: { ips: unused(it) } })],
  [
    "with a pool that does not exist, of an application that does not",
    (it, all) => JSON.stringify({ ...all, ghost: { ips: unused(it), application: "apps_v1_Deployment_a_b" } }),
  ],
  [
    "with a pool that does not exist, of an application with another",
    (it, all) =>
      JSON.stringify({ ...all, ghost: { ips: unused(it), application: all[nameOf(it.pool)]?.application ?? "" } }),
  ],
  [
    "with a pool that does not exist and has an address in use",
    (it, all) => JSON.stringify({ ...all, ghost: { ips: addressesOf(it.pool).slice(1, 2) } }),
  ],
];

const withIps = ({ metadata: { name } }: SpiderIPPool, all: Records, ips: unknown): string =>
  JSON.stringify({ ...all, [name]: { ...all[name], ips } });
/** An address of the subnet that nobody has. */
const unused = ({ pool }: Edited): string[] => [(addressesOf(pool)[0] ?? "").replace(/\d+$/, "60")];

for (const [title, write] of ledgerEdits) {
  edits(`a ledger ${title} is put right`, async (edited) => {
    const { world } = edited;
    const ledger = await world.ledger();
    const records = JSON.parse(ledger ?? "{}") as Records;
    await world.editLedger(write(edited, records));
    await assertRepaired(edited, ledger);
  });
}

edits(
  "a pool that is deleted by hand is made anew; the old one goes with its last address in use",
  async ({ world, pool, neighbour }) => {
    await world.cluster.delete(spiderIPPools, { name: nameOf(neighbour) });
    const anew = await world.poolOf(await world.app("neighbour"), 3);
    assert.is.not(anew.metadata.uid, neighbour.metadata.uid);

    await world.cluster.delete(spiderIPPools, { name: nameOf(pool) });
    await eventually(async () => {
      const sizes = (await world.poolsOf("web")).map((each) => [
        addressesOf(each).length,
        !!each.metadata.deletionTimestamp,
      ]);
      assert.equal(
        sizes.toSorted(([, a], [, b]) => Number(a) - Number(b)),
        [
          [5, false],
          [5, true],
        ],
      );
    });
    await world.place.occupy(nameOf(pool));
    const successor = await world.poolOf(await world.app("web"), 5);
    assert.is.not(successor.metadata.uid, pool.metadata.uid);
  },
);

edits.run();

const owners = suite<Context>("labels that say whose a pool is");
owners.before(open);
owners.after.each(assertUnbroken);
owners.after(close);

for (const [name, value] of [
  ["owner-application-uid", null],
  ["owner-application-name", "other"],
  ["owner-application-kind", "StatefulSet"],
  ["owner-application-namespace", "elsewhere"],
  ["interface", "net9"],
  ["ip-version", "IPv6"],
] as const) {
  owners(`the pool of a living application stays its pool with the label ${name}=${value}`, async ({ world }) => {
    const app = name.replace("owner-application-", "");
    const made = await world.run(app, 3);
    await world.place.occupy(nameOf(made), ...addressesOf(made).slice(0, 1));
    const before = await world.pool(nameOf(made));
    try {
      await world.edit(spiderIPPools, nameOf(made), { metadata: { labels: { [label(name)]: value } } });
      await eventually(async () => assert.equal(essence(await world.pool(nameOf(made))), essence(before)), patient);
    } finally {
      // Whatever became of it, what is left must not stand in the way of other tests.
      await world.edit(spiderIPPools, nameOf(made), { metadata: { labels: before.metadata.labels } });
      await world.place.occupy(nameOf(made));
    }
    await world.poolOf(await world.app(app), 3);
  });
}

owners.run();

const upset = suite<Context>("an operator whose API server goes away");
upset.before(open);
upset.after.each(assertUnbroken);
upset.after(close);

upset("asks for nothing while nothing happens", async ({ world }) => {
  await world.run("quiet", 3);
  await eventually(async () => {
    const before = world.requests.length;
    await sleep(systemClock, 1000);
    assert.is(world.requests.length, before, "it comes to rest");
  });
  const before = world.requests.length;
  await sleep(systemClock, 5000);
  assert.equal(world.requests.slice(before), []);
});

const state = process.env["AUTOPOOL_CLUSTER_STATE"] ?? "";
/** Only a cluster that `test/cluster` started may be disturbed. */
const isOurs = state !== "" && realKubeconfig().startsWith(state) && existsSync(join(state, "settings"));

(isOurs || process.env["CI"] === "true" ? upset : upset.skip)(
  "gives every application its pool afterwards",
  async ({ world }) => {
    const names = Array.from({ length: 8 }, (_, index) => `app-${index}`);
    const script = join(import.meta.dirname, "../cluster/process.sh");
    const restarted = promisify(execFile)("bash", [script, "restart", "kube-apiserver"]);
    const asking = { subnet: { ipv4: [world.place.v4] }, number: "+1" };
    for (const name of names) {
      const ref = { namespace: world.place.namespace, name };
      await eventually(
        async () => {
          try {
            await world.place.create(deployment.resource, deployment.manifest(ref, asking, 2));
          } catch (error) {
            if (!hasCode(error, 409)) throw error;
          }
        },
        { seconds: 60 },
      );
      await sleep(systemClock, 100);
    }
    await restarted;

    await eventually(
      async () => {
        await world.place.poolsOf(3, ...names.map(() => 3));
      },
      { seconds: 60 },
    );
  },
);

upset.run();
