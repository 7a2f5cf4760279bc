import { globSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { PoolEvent } from "../../machines/events.ts";
import { pathOf } from "../../machines/step.ts";
import { GROUP, LABEL } from "../../src/api/names.ts";
import { replay } from "../../src/trace/replay.ts";
import type { TraceLine } from "../../src/trace/trace-line.ts";
import { readTrace } from "../../src/trace/trace-reader.ts";
import { poolDetail, subnetDetail } from "../../src/view/holders.ts";
import { knownMachines } from "../../src/view/known-machines.ts";
import type { MachineGraph } from "../../src/view/machine-graph.ts";
import { ViewModel } from "../../src/view/model.ts";
import { CHANGES_MAX } from "../../src/view/model-changes.ts";
import type { PageDelta, PageState } from "../../src/view/page-state.ts";
import { root } from "../support/source.ts";

const graph = knownMachines["pool"]?.graph() as MachineGraph;
const KEY = "shop/Deployment.apps/web/eth0/4@demo";

const header: TraceLine = {
  line: "header",
  t: 0,
  format: "autopool-trace",
  version: 1,
  at: "2026-01-01T00:00:00.000000Z",
  autopool: "1",
  settings: { defaultNumber: "+1", families: [4, 6] },
  begins: "start",
};

const fact = {
  size: 3,
  reserved: 3,
  inUse: 1,
  uid: "p1",
  owner: "u1",
  reclaim: true,
  terminating: false,
  drifted: false,
};
const wanted: PoolEvent = { type: "workload.observed", desired: 3, uid: "u1", reclaim: true };

const step = (t: number, event: PoolEvent, from: string, to: string, key = KEY): TraceLine => ({
  line: "step",
  t,
  key,
  event,
  from,
  to,
  operations: [],
});

const uses = '{"10.0.0.2":{"pod":"shop/web-1","podUid":"x"}}';

function seenPool(
  t: number,
  spec: object = {},
  metadata: object = {},
  type: "added" | "deleted" = "added",
  allocatedIPs: string | null = uses,
): TraceLine {
  const object = {
    metadata: { name: "auto4-web-eth0-00001", uid: "p1", labels: { [LABEL.applicationName]: "web" }, ...metadata },
    spec: { subnet: "10.0.0.0/24", ips: ["10.0.0.1-10.0.0.3"], ...spec },
    status: { allocatedIPs },
  };
  return { line: "seen", t, of: `spiderippools.${GROUP}`, key: `/${object.metadata.name}`, uid: "p1", type, object };
}

function seenSubnet(t: number, controlledIPPools: string): TraceLine {
  const object = {
    metadata: { name: "demo", uid: "s1" },
    spec: { subnet: "10.0.0.0/24", ips: ["10.0.0.1-10.0.0.9"], excludeIPs: ["10.0.0.9"] },
    status: { controlledIPPools, allocatedIPCount: 3 },
  };
  return { line: "seen", t, of: `spidersubnets.${GROUP}`, key: "/demo", uid: "s1", type: "modified", object };
}

/** A pool that is made, as a trace tells it. */
const made: readonly TraceLine[] = [
  header,
  { line: "opened", t: 5 },
  seenSubnet(6, '{"auto4-web-eth0-00001":{"ips":["10.0.0.1-10.0.0.3"],"application":"apps_v1_Deployment_shop_web"}}'),
  step(10, { type: "pool.gone" }, "pending", "pending"),
  step(10, wanted, "pending", "pending"),
  seenPool(20),
  step(21, { type: "pool.observed", ...fact }, "pending", "created.managed"),
];

function modelOf(lines: readonly TraceLine[]): ViewModel {
  const model = new ViewModel(graph);
  for (const line of lines) model.take(line);
  return model;
}

const view = suite("ViewModel");

view("shows a pool with its object, its state and since when", () => {
  const { pools, subnets, edges, isOpen, t } = modelOf(made).state();

  assert.equal(pools, [
    {
      key: KEY,
      namespace: "shop",
      kind: "Deployment",
      application: "web",
      nic: "eth0",
      family: 4,
      subnet: "demo",
      state: "created.managed",
      since: 21,
      pool: "auto4-web-eth0-00001",
      isPinned: false,
      desired: 3,
      size: 3,
      inUse: 1,
      ips: ["10.0.0.1-10.0.0.3"],
    },
  ]);
  assert.equal(subnets, [{ name: "demo", cidr: "10.0.0.0/24", given: "3", family: 4, total: "8" }]);
  assert.equal(edges, { "pending->pending": 2, "pending->created.managed": 1 });
  assert.equal([isOpen, t], [true, 21]);
});

view("says what a pool is busy with, and what blocks it until that is over", () => {
  const refused: PoolEvent = { type: "operation.refused", reason: "InsufficientAddresses", message: "demo has none" };
  const model = modelOf(made.slice(0, 5));
  assert.is(model.row(KEY)?.standing?.words, "The pool is being created with 3 addresses");
  model.take(step(11, refused, "pending", "pending"));
  assert.equal(model.row(KEY)?.standing, { tone: "blocked", reason: "InsufficientAddresses", words: "demo has none" });
  model.take(step(12, { type: "pool.observed", ...fact }, "pending", "created.managed"));
  assert.is(model.row(KEY)?.standing, undefined);
  model.take(step(13, { ...wanted, desired: 5 }, "created.managed", "scaling"));
  assert.is(model.row(KEY)?.standing?.words, "The pool is going from 3 to 5 addresses");
  model.take(step(14, refused, "scaling", "scaling"));
  model.take(step(15, { type: "capacity.changed" }, "scaling", "scaling"));
  assert.is(model.row(KEY)?.standing?.tone, "busy");
});

view("forgets a refusal on a way through a state that forgets it", () => {
  const refused: PoolEvent = { type: "operation.refused", reason: "Refused", message: "no" };
  const model = modelOf([header, step(1, wanted, "pending", "pending"), step(2, refused, "pending", "pending")]);
  model.take(step(3, { type: "pool.observed", ...fact, size: 2 }, "pending", "scaling"));

  assert.is(model.row(KEY)?.standing?.reason, "Resizing");
  assert.equal(model.state().edges, {
    "pending->pending": 2,
    "pending->created.managed": 1,
    "created.managed->scaling": 1,
  });
});

view("lets a pool go at the end of its life, and counts the way there", () => {
  const model = modelOf(made);
  model.delta();
  model.take(step(30, { type: "workload.gone" }, "created.managed", "orphaned.reclaiming"));
  model.take(seenPool(40, {}, {}, "deleted"));
  model.take(step(41, { type: "pool.gone" }, "orphaned.reclaiming", "deleted"));

  assert.equal(model.state().pools, []);
  assert.equal(model.delta(), {
    t: 41,
    gone: [KEY, "pool/auto4-web-eth0-00001"],
    edges: { "created.managed->orphaned.reclaiming": 1, "orphaned->deleted": 1 },
  });
});

view("shows a person's own pool as such", () => {
  const model = modelOf([header, seenPool(1, {}, { name: "mine", uid: "m", labels: {} })]);
  const [row] = model.state().pools;

  assert.equal([row?.key, row?.state, row?.size, row?.subnet], ["pool/mine", "manual", 3, ""]);
});

view("keeps a complaint until a look is without it, and says once what is said of each pod", () => {
  const regarding = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web", uid: "u1" };
  const pod = { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web-1", uid: "p" };
  const application = "shop/Deployment.apps/web";
  const complaint = { line: "complaint", t: 30, reason: "InvalidAnnotation", text: "no number" } as const;
  const look = (t: number): TraceLine => ({ line: "looked", t, application });
  const model = modelOf([...made, look(30), { ...complaint, regarding }, { ...complaint, regarding: pod }]);

  assert.equal(model.state().complaints, [{ application, reason: "InvalidAnnotation", text: "no number" }]);
  assert.is(model.row(KEY)?.standing?.reason, "InvalidAnnotation");
  model.take(look(40));
  assert.equal(model.state().complaints, []);
  assert.is(model.row(KEY)?.standing, undefined);
});

view(
  "begins with nothing where another process does, and goes on counting where the same one makes a checkpoint",
  () => {
    const model = modelOf(made);
    const facts = { workload: { desired: 3, uid: "u1", reclaim: true }, pool: fact };
    const machine: TraceLine = {
      line: "machine",
      t: 50,
      key: KEY,
      application: "",
      native: true,
      subnet: "demo",
      state: "created.managed",
      facts,
    };
    for (const line of [{ ...header, t: 50, begins: "checkpoint" } as const, machine]) model.take(line);
    assert.equal([model.state().pools.length, model.state().edges["pending->created.managed"]], [1, 1]);
    model.take({ ...header, at: "2026-01-02T00:00:00.000000Z" });
    assert.equal([model.state().pools, model.state().edges], [[], {}]);
  },
);

view("does not remember for ever what nobody asks about", () => {
  const model = modelOf([header]);
  model.delta();
  for (let index = 0; index <= CHANGES_MAX; index++)
    model.take(seenPool(1, {}, { name: `mine-${index}`, uid: `m-${index}` }));
  assert.is(model.delta(), "everything");
  assert.is(model.delta(), undefined);
});

view("makes nothing of steps and states that it does not know", () => {
  const model = modelOf([header, step(1, { type: "later" } as unknown as PoolEvent, "dreaming", "waking", "odd key")]);

  assert.equal(
    model.state().pools.map(({ application, state }) => [application, state]),
    [["odd key", "waking"]],
  );
});

view.run();

const recorded = suite("ViewModel on recorded traces");
const traces = globSync("test/traces/*.ndjson", { cwd: root }).sort();

async function linesIn(path: string): Promise<TraceLine[]> {
  const lines: TraceLine[] = [];
  for await (const { line } of readTrace(readFileSync(`${root}/${path}`, "utf8").split("\n"))) lines.push(line);
  return lines;
}

/** What a page that has been told a state and then deltas shows. */
function applied(state: PageState, delta: PageDelta): PageState {
  const pools = new Map(state.pools.map((row) => [row.key, row]));
  const subnets = new Map(state.subnets.map((row) => [row.name, row]));
  for (const row of delta.pools ?? []) pools.set(row.key, row);
  for (const key of delta.gone ?? []) pools.delete(key);
  for (const row of delta.subnets ?? []) subnets.set(row.name, row);
  for (const name of delta.goneSubnets ?? []) subnets.delete(name);
  return {
    ...state,
    t: delta.t,
    isOpen: delta.isOpen ?? state.isOpen,
    pools: [...pools.values()],
    subnets: [...subnets.values()],
    edges: { ...state.edges, ...delta.edges },
    complaints: delta.complaints ?? state.complaints,
  };
}

const inOrder = ({ t: _, ...state }: PageState): unknown => ({
  ...state,
  pools: [...state.pools].sort((a, b) => (a.key < b.key ? -1 : 1)),
  subnets: [...state.subnets].sort((a, b) => (a.name < b.name ? -1 : 1)),
});

for (const path of traces) {
  recorded(`ends ${path} with the machines that the replay ends with`, async () => {
    const model = modelOf(await linesIn(path));
    const { deciding } = await replay(readTrace(readFileSync(`${root}/${path}`, "utf8").split("\n")));
    const expected = new Map(
      [...(deciding?.reconciler.entries() ?? [])].map(({ life, snapshot }) => [life.key, pathOf(snapshot)]),
    );
    const shown = new Map(
      model
        .state()
        .pools.filter(({ state }) => state !== "manual")
        .map(({ key, state }) => [key, state]),
    );

    assert.equal([...shown].sort(), [...expected].sort());
    for (const { life, snapshot } of deciding?.reconciler.entries() ?? []) {
      assert.equal(model.memory.machines.get(life.key)?.facts.refusal, snapshot.context.refusal, life.key);
    }
  });

  recorded(`shows of ${path} the same told in deltas, and from any moment that was kept`, async () => {
    const lines = await linesIn(path);
    const model = new ViewModel(graph);
    let told = model.state();
    let kept = model.clone();
    lines.forEach((line, index) => {
      model.take(line);
      if (index === Math.floor(lines.length / 2)) kept = model.clone();
      if (index % 3 > 0) return;
      const delta = model.delta();
      told = delta === "everything" ? model.state() : delta ? applied(told, delta) : told;
    });
    const delta = model.delta();
    if (delta && delta !== "everything") told = applied(told, delta);
    for (const line of lines.slice(Math.floor(lines.length / 2) + 1)) kept.take(line);

    assert.equal(inOrder(told), inOrder(model.state()));
    assert.equal(inOrder(kept.state()), inOrder(model.state()));
  });
}

recorded.run();

const details = suite("details");

details("tell a pool's addresses and its story", () => {
  const answered = {
    line: "answered",
    t: 19,
    verb: "create",
    of: `spiderippools.${GROUP}`,
    key: "/auto4-web-eth0-00001",
    code: 201,
    ms: 4,
  } as const;
  const lines = [...made.slice(0, 5), answered, ...made.slice(5)];
  const detail = poolDetail(modelOf(lines), lines, KEY);

  assert.equal(detail?.addresses, [{ address: "10.0.0.2", pod: "shop/web-1" }]);
  assert.equal(
    detail?.timeline.map((entry) => (entry.kind === "step" ? `${entry.event.type} ${entry.to}` : entry.kind)),
    ["pool.gone pending", "workload.observed pending", "answer", "pool.observed created.managed"],
  );
  assert.is(poolDetail(modelOf(lines), lines, "other"), undefined);
});

details("tell who holds what in a subnet, what is only recorded, and what is not", () => {
  const mine = seenPool(30, { ips: ["10.0.0.5"] }, { name: "mine", uid: "m", labels: {} }, "added", null);
  const ledger =
    '{"auto4-web-eth0-00001":{"ips":["10.0.0.1-10.0.0.3"]},"lost":{"ips":["10.0.0.7"]},"bad":{"ips":["x"]}}';
  const reserved: TraceLine = {
    line: "seen",
    t: 1,
    of: `spiderreservedips.${GROUP}`,
    key: "/r",
    uid: "r",
    type: "added",
    object: { metadata: { name: "r" }, spec: { ips: ["10.0.0.8-10.0.0.20"] } },
  };
  const detail = subnetDetail(modelOf([...made, mine, reserved, seenSubnet(31, ledger)]), "demo");

  assert.equal(
    detail?.holders.map(({ pool, key, isRecorded, used }) => [pool, key, isRecorded, used]),
    [
      ["auto4-web-eth0-00001", KEY, true, ["10.0.0.2"]],
      ["mine", "pool/mine", false, []],
      ["lost", undefined, true, []],
    ],
  );
  assert.equal([detail?.total, detail?.reserved], [["10.0.0.1-10.0.0.8"], ["10.0.0.8"]]);
  assert.is(detail?.defects.length, 1);
  assert.is(subnetDetail(modelOf(made), "other"), undefined);
});

details.run();
