/**
 * What the pool machine can and cannot do, by exhausting everything that it can reach; nothing here is sampled.
 *
 * The walk is done twice, by a search of our own over `step` and by `xstate/graph`, and the two have to agree.
 * @module
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { getShortestPaths } from "xstate/graph";
import { poolMachine } from "../../machines/pool.ts";
import { type PoolSnapshot, pathOf, step } from "../../machines/step.ts";
import { alphabet, REFUSED } from "./alphabet.ts";
import { describeEdge, type Edge, explore, leadingTo } from "./explore.ts";

const PINNED = ["created.pinned", "orphaned.pinned"];
const managed = explore({ native: true }, alphabet());
const pinned = explore({ native: false }, alphabet());
const every = [...managed.edges, ...pinned.edges];

/** What is known after an edge's event, whatever the machine made of it. */
const knownAfter = (edge: Edge) => ({
  workload: edge.to.snapshot.context.workload,
  pool: edge.to.snapshot.context.pool,
});

/** Whether an edge asks for an operation of one of these kinds; of any where none is named. */
const asks = (edge: Edge, ...kinds: string[]): boolean =>
  edge.operations.some(({ kind }) => kinds.length === 0 || kinds.includes(kind));

function none(edges: readonly Edge[], offends: (edge: Edge) => boolean): void {
  const offender = edges.find(offends);
  if (offender) assert.unreachable(describeEdge(offender));
}

const pathsOf = (nodes: readonly { readonly path: string }[]): string[] =>
  [...new Set(nodes.map(({ path }) => path))].sort();

const pinnedPool = suite("pool machine: a pinned pool");

pinnedPool("never reaches scaling nor a state in which it could be deleted", () => {
  assert.equal(pathsOf(pinned.nodes), ["created.pinned", "deleted", "orphaned.pinned", "pending"]);
});

pinnedPool("is never resized nor deleted while it is there", () => {
  none(pinned.edges, (edge) => asks(edge, "removePool"));
  none(
    pinned.edges,
    (edge) => PINNED.includes(edge.from.path) && edge.event.type !== "pool.gone" && asks(edge, "ensurePool"),
  );
});

pinnedPool("is asked for only where it is known to be gone", () => {
  none(pinned.edges, (edge) => asks(edge, "ensurePool") && edge.to.path !== "pending");
  none(pinned.edges, (edge) => asks(edge, "ensurePool") && knownAfter(edge).pool !== "gone");
});

pinnedPool("leaves its two states only when the pool is gone", () => {
  none(
    pinned.edges,
    ({ from, to, event }) => PINNED.includes(from.path) && !PINNED.includes(to.path) && event.type !== "pool.gone",
  );
});

pinnedPool("carries the tag in exactly these two states", () => {
  for (const { path, snapshot } of [...pinned.nodes, ...managed.nodes]) {
    assert.is(snapshot.hasTag("pinned"), PINNED.includes(path), path);
  }
});

pinnedPool.run();

const everyPool = suite("pool machine: every pool");

everyPool("of a native application reaches every state but the pinned ones", () => {
  assert.equal(pathsOf(managed.nodes), [
    "created.managed",
    "deleted",
    "orphaned.reclaiming",
    "orphaned.retained",
    "pending",
    "scaling",
  ]);
});

everyPool("can end from wherever it is", () => {
  for (const graph of [managed, pinned]) {
    const ending = leadingTo(graph, ({ path }) => path === "deleted");
    assert.equal(pathsOf(graph.nodes.filter((node) => !ending.has(node))), []);
  }
});

everyPool("asks for nothing before both its application and its pool are known; only a refusal is passed on", () => {
  none(every, (edge) => {
    const { workload, pool } = knownAfter(edge);
    const ignorant = workload === undefined || pool === undefined;
    const unexpected = edge.event === REFUSED ? edge.operations.some(({ kind }) => kind !== "notify") : asks(edge);
    return ignorant && unexpected;
  });
});

everyPool("is asked for only with the size that its application wanted last", () => {
  for (const edge of every) {
    const { workload } = knownAfter(edge);
    for (const operation of edge.operations) {
      if (operation.kind !== "ensurePool") continue;
      assert.ok(workload !== undefined && workload !== "gone", describeEdge(edge));
      assert.is(operation.size, workload.desired, describeEdge(edge));
    }
  }
});

everyPool("is removed only by its last UID, when its application is known to be gone and its own label says so", () => {
  for (const edge of every) {
    const { workload, pool } = knownAfter(edge);
    for (const operation of edge.operations) {
      if (operation.kind !== "removePool") continue;
      assert.is(workload, "gone", describeEdge(edge));
      assert.ok(pool !== undefined && pool !== "gone" && pool.reclaim, describeEdge(edge));
      assert.is(operation.uid, pool.uid, describeEdge(edge));
    }
  }
});

everyPool("gives its record back only when neither it nor its application is there", () => {
  none(every, (edge) => asks(edge, "releaseRecord") && edge.to.path !== "deleted");
  none(every, (edge) => asks(edge, "releaseRecord") && knownAfter(edge).pool !== "gone");
  none(every, (edge) => asks(edge, "releaseRecord") && knownAfter(edge).workload !== "gone");
});

everyPool("is not asked for again by the very fact that shows it as wanted", () => {
  none(every, (edge) => edge.from.path === "scaling" && asks(edge, "ensurePool") && isAsWanted(edge));
});

function isAsWanted(edge: Edge): boolean {
  const { workload, pool } = knownAfter(edge);
  if (!workload || !pool || workload === "gone" || pool === "gone" || pool.drifted) return false;
  const alike = pool.owner === workload.uid && pool.reclaim === workload.reclaim;
  return alike && pool.size === workload.desired && pool.reserved === workload.desired;
}

everyPool("passes every refusal on to people where it waits for what was refused", () => {
  const waiting = ["pending", "scaling", "orphaned.reclaiming"];
  const waits = ({ from }: Edge): boolean => waiting.includes(from.path) || (isCreated(from) && isAstray(from));
  none(every, (edge) => edge.event === REFUSED && asks(edge, "notify") !== waits(edge));
});

everyPool("remembers no refusal where it is all that is wanted", () => {
  none(every, ({ to }) => isCreated(to) && !isAstray(to) && to.snapshot.context.refusal !== undefined);
});

function isCreated({ path }: Edge["from"]): boolean {
  return path.startsWith("created");
}

/** Whether application and pool are known, and something about the pool is to be put right; its number of addresses aside. */
function isAstray({ path, snapshot }: Edge["from"]): boolean {
  const { workload, pool } = snapshot.context;
  if (!workload || !pool || workload === "gone" || pool === "gone") return false;
  const isOutOfRecord = path === "created.pinned" && !pool.terminating && pool.size !== pool.reserved;
  return pool.drifted || pool.owner !== workload.uid || pool.reclaim !== workload.reclaim || isOutOfRecord;
}

everyPool("has snapshots that survive JSON", () => {
  const fewEvents = alphabet().filter((_, index) => index % 7 === 0);
  const plain = ({ value, context, status }: PoolSnapshot) => JSON.parse(JSON.stringify({ value, context, status }));
  for (const { snapshot } of [...managed.nodes, ...pinned.nodes]) {
    const revived = poolMachine.resolveState(plain(snapshot));
    for (const event of fewEvents) {
      const [expected, actual] = [step(snapshot, event), step(revived, event)];
      assert.equal(plain(actual.snapshot), plain(expected.snapshot));
      assert.equal(actual.operations, expected.operations);
    }
  }
});

everyPool.run();

const graphs = suite("pool machine: the graph that XState walks");

const walk = (native: boolean) =>
  getShortestPaths(poolMachine, {
    events: alphabet(),
    input: { native },
    limit: 100_000,
    serializeState: (snapshot) => `${pathOf(snapshot as PoolSnapshot)} ${JSON.stringify(snapshot.context)}`,
  });

graphs("of a native application's pool is the one that we walk", () => {
  const paths = walk(true);

  assert.is(paths.length, managed.nodes.length);
  assert.equal(pathsOf(paths.map(({ state }) => ({ path: pathOf(state) }))), pathsOf(managed.nodes));
});

graphs("of a pinned pool is the one that we walk, and no path in it touches scaling or reclaiming", () => {
  const paths = walk(false);
  const touched = paths.flatMap(({ state, steps }) => [state, ...steps.map((taken) => taken.state)]);

  assert.is(paths.length, pinned.nodes.length);
  assert.not.ok(touched.some((snapshot) => snapshot.matches("scaling")));
  assert.not.ok(touched.some((snapshot) => snapshot.matches({ orphaned: "reclaiming" })));
});

graphs.run();
