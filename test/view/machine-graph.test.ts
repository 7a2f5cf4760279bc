import { suite } from "uvu";
import * as assert from "uvu/assert";
import { edgeRoute } from "../../src/view/edge-route.ts";
import { knownMachines } from "../../src/view/known-machines.ts";
import { edgesFrom, machineGraph, stateOfPath, statesIn } from "../../src/view/machine-graph.ts";
import { everyWay, type Way } from "../machines/walk.ts";

const pool = knownMachines["pool"]?.graph() as ReturnType<typeof machineGraph>;
const ways = everyWay(pool);

const graph = suite("machineGraph");

graph("walked by the machine's guards leads where the machine goes, for everything that it can reach", () => {
  for (const { from, event, to, route } of ways) {
    const end = route.reduce((at, { source, target }) => (source === target ? at : target), from);
    assert.is(end, to, `${from} on ${event}`);
  }
});

graph("has only edges that something takes", () => {
  const taken = new Set(ways.flatMap(({ route }) => route));
  assert.equal(
    pool.edges.filter((edge) => !taken.has(edge)).map(({ id, event, guard }) => `${id} ${event} ${guard}`),
    [],
  );
});

graph("says what each action asks for: never more, never less, and certain is certain", () => {
  const seen = new Map<string, { some: boolean; all: boolean }>();
  for (const way of ways) noteAsked(way, seen);
  const isWrong = (isCertain: boolean, { some, all } = { some: false, all: false }): boolean =>
    !some || all !== isCertain;

  const places = [
    ...pool.states.map(({ path, operations }) => ({ place: path, operations })),
    ...pool.edges.map((edge) => ({ place: `${pool.edges.indexOf(edge)}`, operations: edge.operations })),
  ];
  assert.equal(
    places.flatMap(({ place, operations }) =>
      operations
        .filter(({ kind, isCertain }) => isWrong(isCertain, seen.get(`${place} ${kind}`)))
        .map(({ kind }) => `${pool.edges[Number(place)]?.id ?? place} asks for ${kind}`),
    ),
    [],
  );
});

/** Notes for each place of the graph that a step passed whether the step asked for what is written there. */
function noteAsked(way: Way, seen: Map<string, { some: boolean; all: boolean }>): void {
  const { route, operations: asked } = way;
  const entered = route
    .filter(({ source, target }) => source !== target)
    .map(({ target }) => stateOfPath(pool, target));
  const places = [
    ...route.map((taken) => ({ place: `${pool.edges.indexOf(taken)}`, operations: taken.operations })),
    ...entered.map(({ path, operations }) => ({ place: path, operations })),
  ];
  const written = new Set<string>(places.flatMap(({ operations }) => operations.map(({ kind }) => kind)));
  for (const kind of asked) assert.ok(written.has(kind), `${way.from} on ${way.event} asks for ${kind}`);
  for (const { place, operations } of places) {
    for (const { kind } of operations) {
      const { some, all } = seen.get(`${place} ${kind}`) ?? { some: false, all: true };
      const isAsked = asked.some((other) => other === kind);
      seen.set(`${place} ${kind}`, { some: some || isAsked, all: all && isAsked });
    }
  }
}

graph("resolves targets as XState does: from the root, a sibling, a child", () => {
  const { edges } = machineGraph({
    id: "m",
    initial: "a",
    states: {
      a: { initial: "x", on: { down: ".y" }, states: { x: { on: { next: "y", out: "#m.b" } }, y: {} } },
      b: { on: { back: "a" } },
    },
  });

  assert.equal(
    edges.map(({ id, event }) => `${event} ${id}`),
    ["down a->a.y", "next a.x->a.y", "out a.x->b", "back b->a"],
  );
});

graph("gives substates the tags of the states around them, and finds what lies inside", () => {
  assert.equal(stateOfPath(pool, "created.pinned").tags, ["settled", "pinned"]);
  assert.equal(
    statesIn(pool).map(({ path }) => path),
    ["pending", "created", "scaling", "orphaned", "deleted"],
  );
});

graph("tries an inner state's edges before those of the state around it", () => {
  const two = machineGraph({
    id: "m",
    states: { a: { on: { go: "#m.b" }, states: { x: { on: { go: "#m.a" } } } }, b: {} },
  });

  assert.equal(
    edgesFrom(two, "a.x", "go").map(({ id }) => id),
    ["a.x->a", "a->b"],
  );
});

graph("names what it cannot find", () => {
  assert.throws(() => machineGraph({ id: "m", states: { a: { on: { go: "nowhere" } } } }), /no state "nowhere"/);
  assert.throws(() => stateOfPath(pool, "created.managd"), /"created\.managd" in machine "pool"/);
});

graph.run();

const route = suite("edgeRoute");

route("finds the edges of every step that the machine can do, from its event and its two states alone", () => {
  for (const way of ways) {
    const expected = way.route.map(({ id }) => id);
    assert.equal(edgeRoute(pool, way), expected, `${way.from} on ${way.event} → ${way.to}`);
  }
});

route("goes through the states between", () => {
  const between = edgeRoute(pool, { from: "pending", event: "pool.observed", to: "scaling" });

  assert.equal(between, ["pending->created.managed", "created.managed->scaling"]);
});

route("is empty where the event is ignored or the step impossible", () => {
  assert.equal(edgeRoute(pool, { from: "deleted", event: "pool.gone", to: "deleted" }), []);
  assert.equal(edgeRoute(pool, { from: "created.pinned", event: "pool.observed", to: "scaling" }), []);
});

route.run();
