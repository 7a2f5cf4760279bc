import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createMachine } from "xstate";
import { getShortestPaths } from "xstate/graph";
import { poolMachine } from "../../machines/pool.ts";
import { pathOf } from "../../machines/step.ts";
import { machineGraph } from "../../src/view/machine-graph.ts";
import { plainMachine } from "../../src/view/machine-json.ts";
import { alphabet } from "../machines/alphabet.ts";

const plain = plainMachine(poolMachine.config);
const fewEvents = alphabet().filter((_, index) => index % 5 === 0);

/** Every state, with what is known there, that XState's own search reaches. */
function reachable(machine: typeof poolMachine, native: boolean): string[] {
  const nameOf = (snapshot: ReturnType<typeof machine.resolveState>): string =>
    `${pathOf(snapshot)} ${JSON.stringify(snapshot.context)}`;
  const paths = getShortestPaths(machine, {
    events: fewEvents,
    input: { native },
    limit: 100_000,
    serializeState: (snapshot) => nameOf(snapshot as ReturnType<typeof machine.resolveState>),
  });
  return paths.map(({ state }) => nameOf(state)).sort((a, b) => (a < b ? -1 : 1));
}

const json = suite("plainMachine");

json("survives JSON, so holds no function", () => {
  assert.equal(JSON.parse(JSON.stringify(plain)), plain);
});

json("is a machine to XState, which reaches the same states with the same guards and actions", () => {
  const { implementations, config } = poolMachine;
  const literal = { ...JSON.parse(JSON.stringify(plain)), context: config.context };
  const rebuilt = createMachine(literal, implementations as object) as unknown as typeof poolMachine;

  for (const native of [true, false]) {
    const expected = reachable(poolMachine, native);
    assert.ok(expected.length > 20, `only ${expected.length}`);
    assert.equal(reachable(rebuilt, native), expected);
  }
});

json("loses nothing that is drawn", () => {
  assert.equal(machineGraph(plain), machineGraph(poolMachine.config));
  assert.equal(plainMachine(plain), plain);
});

json("names guards and actions and drops their parameters", () => {
  const { states } = plainMachine({
    id: "m",
    states: {
      a: { entry: [{ type: "act", params: () => ({}) }, "other"], on: { go: { guard: { type: "may" }, target: "b" } } },
      b: { type: "final", tags: "over", exit: "leave", always: "a" },
    },
  });

  assert.equal(states, {
    a: { entry: [{ type: "act" }, { type: "other" }], on: { go: [{ guard: { type: "may" }, target: "b" }] } },
    b: { type: "final", tags: ["over"], exit: [{ type: "leave" }], always: [{ target: "a" }] },
  });
});

json("refuses what a picture could not show, and says where it stands", () => {
  const inState = (state: object) => () => plainMachine({ id: "m", states: { a: state } });
  const refusals: [() => unknown, RegExp][] = [
    [() => plainMachine({ states: {} }), /without an id/],
    [inState({ entry: () => {} }), /Cannot draw m\.a, entry: a function has no name/],
    [inState({ on: { go: { guard: () => true } } }), /m\.a, go, guard: a function/],
    [inState({ on: { go: { target: ["b", "c"] } } }), /m\.a, go: it has several targets/],
    [inState({ on: { go: { target: "a", reenter: true } } }), /m\.a, go: "reenter" is not drawn/],
    [inState({ after: { 100: "b" } }), /m\.a: "after" is not drawn/],
    [inState({ invoke: { src: "x" } }), /m\.a: "invoke" is not drawn/],
    [inState({ type: "parallel" }), /m\.a: its type is "parallel"/],
  ];
  for (const [draw, message] of refusals) assert.throws(draw, message);
});

json.run();
