/** The reflector against a scripted port: each test says what the server does, and looks at what is told. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Clock, nextTurn } from "../../src/clock.ts";
import {
  ApiError,
  type Cluster,
  type KubeObject,
  type ListOptions,
  type ObjectList,
  UnknownOutcome,
  type WatchEvent,
  type WatchOptions,
} from "../../src/cluster/cluster.ts";
import { type ReflectorOptions, type ReflectorState, startReflector } from "../../src/cluster/reflector.ts";

const resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const expired = new ApiError(410, "Expired", "too old resource version");

interface OpenWatch {
  readonly options: WatchOptions;
  send(type: WatchEvent["type"], object: KubeObject): void;
  end(): void;
  fail(error: Error): void;
}

type Step = ObjectList | Error;

/** Answers lists from a script and lets the test drive each watch by hand. */
function scriptedCluster(...script: Step[]) {
  const lists: ListOptions[] = [];
  const watches: OpenWatch[] = [];
  const cluster = {
    async list(_resource: unknown, options: ListOptions) {
      lists.push(options);
      const step = script.shift();
      if (!step) throw new UnknownOutcome("the script is at its end");
      if (step instanceof Error) throw step;
      return step;
    },
    async *watch(_resource: unknown, options: WatchOptions) {
      const queue: (WatchEvent | Error | "end")[] = [];
      let wake = (): void => {};
      const push = (item: WatchEvent | Error | "end"): void => {
        queue.push(item);
        wake();
      };
      options.signal?.addEventListener("abort", () => push("end"));
      watches.push({
        options,
        send: (type, object) => push({ type, object }),
        end: () => push("end"),
        fail: (error) => push(error),
      });
      for (;;) {
        const item = queue.shift();
        if (item === "end") return;
        if (item instanceof Error) throw item;
        if (item) yield item;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  } as unknown as Cluster;
  return { cluster, lists, watches, script };
}

function manualClock() {
  let now = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  const clock: Clock = {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  const advance = async (ms: number): Promise<void> => {
    now += ms;
    for (const timer of [...timers].filter(({ at }) => at <= now)) {
      timers.delete(timer);
      timer.callback();
    }
    await settle();
  };
  return { clock, advance };
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await nextTurn();
}

function thing(name: string, uid: string, resourceVersion: string): KubeObject {
  return { metadata: { namespace: "n", name, uid, resourceVersion } };
}

const page = (resourceVersion: string, items: KubeObject[], next?: string): ObjectList => ({
  items,
  resourceVersion,
  ...(next ? { continue: next } : {}),
});

async function start(steps: Step[], extra: Partial<ReflectorOptions<KubeObject, string>> = {}) {
  const scripted = scriptedCluster(...steps);
  const time = manualClock();
  const told: string[] = [];
  const states: ReflectorState[] = [];
  const reflector = startReflector<KubeObject, string>({
    cluster: scripted.cluster,
    resource,
    clock: time.clock,
    random: () => 0.5,
    transform: ({ metadata }) => `${metadata.name}:${metadata.uid}@${metadata.resourceVersion}`,
    onEvent: ({ type, object, previous }) => told.push(`${type} ${object}${previous ? ` was ${previous}` : ""}`),
    onSync: () => told.push("synced"),
    onState: (state) => states.push(state),
    ...extra,
  });
  await settle();
  const watch = (): OpenWatch => {
    const last = scripted.watches.at(-1);
    if (!last) throw new Error("Cannot drive a watch: none was opened");
    return last;
  };
  /** What was told since the last call. */
  const news = async (): Promise<string[]> => {
    await settle();
    return told.splice(0);
  };
  return { ...scripted, ...time, reflector, states, watch, news };
}

const reflecting = suite("reflector");

reflecting("lists all pages, tells them, says it has synced and watches from there", async () => {
  const run = await start([page("9", [thing("a", "1", "5")], "next"), page("9", [thing("b", "2", "6")])]);
  await run.reflector.synced;
  assert.equal(await run.news(), ["added a:1@5", "added b:2@6", "synced"]);
  assert.equal(
    run.lists.map((list) => [list.limit, list.continue]),
    [
      [500, undefined],
      [500, "next"],
    ],
  );
  assert.is(run.watch().options.resourceVersion, "9");
  assert.is(run.watch().options.timeoutSeconds, 360);
  assert.ok(run.reflector.hasSynced());
  assert.is(run.reflector.size, 2);
  assert.is(run.reflector.get({ namespace: "n", name: "b" }), "b:2@6");
  assert.equal([...run.reflector.values()], ["a:1@5", "b:2@6"]);
  await run.reflector.stop();
});

reflecting("lists and watches what its selectors choose", async () => {
  const scope = { namespace: "n", labelSelector: "a=b", fieldSelector: "metadata.name!=c", metadataOnly: true };
  const run = await start([page("9", [])], scope);
  for (const asked of [run.lists[0], run.watch().options]) assert.equal({ ...asked, ...scope }, { ...asked });
  await run.reflector.stop();
});

reflecting("starts the list again when a page has expired, and tells nothing twice", async () => {
  const run = await start([
    page("9", [thing("a", "1", "5")], "next"),
    expired,
    page("12", [thing("a", "1", "5")], "next"),
    page("12", [thing("b", "2", "11")]),
  ]);
  assert.equal(await run.news(), ["added a:1@5", "added b:2@11", "synced"]);
  assert.equal(
    run.lists.map((list) => list.continue),
    [undefined, "next", undefined, "next"],
  );
  await run.reflector.stop();
});

reflecting("tells what a watch brings, with the state before a modification", async () => {
  const run = await start([page("9", [])]);
  run.watch().send("ADDED", thing("a", "1", "10"));
  run.watch().send("MODIFIED", thing("a", "1", "11"));
  run.watch().send("DELETED", thing("a", "1", "12"));
  assert.equal(await run.news(), ["synced", "added a:1@10", "modified a:1@11 was a:1@10", "deleted a:1@12"]);
  await run.reflector.stop();
});

reflecting("tells a delete and re-create that it sees as one change as two", async () => {
  const run = await start([page("9", [thing("a", "1", "5")])]);
  await run.news();
  run.watch().send("MODIFIED", thing("a", "2", "12"));
  assert.equal(await run.news(), ["deleted a:1@5", "added a:2@12"]);
  run.watch().fail(expired);
  run.script.push(page("20", [thing("a", "3", "15")]));
  assert.equal(await run.news(), ["deleted a:2@12", "added a:3@15"]);
  await run.reflector.stop();
});

reflecting("lists again at once after 410 and tells only what differs", async () => {
  const run = await start([page("9", [thing("a", "1", "5"), thing("b", "2", "6"), thing("c", "3", "7")])]);
  await run.news();
  run.script.push(page("30", [thing("a", "1", "5"), thing("b", "2", "20"), thing("d", "4", "21")]));
  run.watch().fail(expired);
  assert.equal(await run.news(), ["deleted c:3@7", "modified b:2@20 was b:2@6", "added d:4@21"]);
  assert.is(run.watch().options.resourceVersion, "30");
  await run.reflector.stop();
});

reflecting("watches on from the last bookmark when a watch ends", async () => {
  const run = await start([page("9", [])]);
  run.watch().send("BOOKMARK", { metadata: { name: "", resourceVersion: "40" } });
  await settle();
  run.watch().end();
  await settle();
  assert.is(run.watches.length, 2);
  assert.is(run.watch().options.resourceVersion, "40");
  assert.is(run.lists.length, 1);
  await run.reflector.stop();
});

reflecting("waits longer after each failure, at most 30 s, and starts anew after a healthy watch", async () => {
  const run = await start([page("9", [])]);
  const waits = (): number[] => run.states.flatMap((state) => (state.phase === "waiting" ? [state.delayMs] : []));
  for (let count = 0; count < 8; count++) {
    run.watch().fail(new UnknownOutcome("connection lost"));
    await settle();
    await run.advance(waits().at(-1) ?? 0);
  }
  assert.equal(waits(), [375, 750, 1500, 3000, 6000, 12_000, 22_500, 22_500]);
  assert.is(run.watches.length, 9);
  assert.is(run.lists.length, 1);
  run.watch().send("ADDED", thing("a", "1", "10"));
  run.watch().fail(new UnknownOutcome("connection lost"));
  await settle();
  assert.is(waits().at(-1), 375);
  await run.reflector.stop();
});

reflecting("waits as long as the server asks, and never stops trying", async () => {
  const run = await start([
    new ApiError(429, "TooManyRequests", "slow down", 7),
    new ApiError(500, "InternalError", ""),
  ]);
  await run.advance(6_999);
  assert.is(run.lists.length, 1);
  await run.advance(1);
  assert.is(run.lists.length, 2);
  run.script.push(page("3", []));
  await run.advance(30_000);
  assert.ok(run.reflector.hasSynced());
  await run.reflector.stop();
});

reflecting("does not loop over a server that ends each watch at once", async () => {
  const run = await start([page("9", [])]);
  run.watch().end();
  await settle();
  assert.is(run.watches.length, 1);
  assert.is(run.states.at(-1)?.phase, "waiting");
  await run.reflector.stop();
});

reflecting("lists again when the server does not know its version yet", async () => {
  const run = await start([page("900", [thing("a", "1", "800")])]);
  await run.news();
  run.script.push(page("30", [thing("a", "1", "20")]));
  run.watch().fail(new ApiError(504, "Timeout", "Too large resource version: 900, current: 30"));
  await settle();
  await run.advance(375);
  assert.equal(await run.news(), ["modified a:1@20 was a:1@800"]);
  await run.reflector.stop();
});

reflecting("takes the answer of our own write at once and lets no older event put the old state back", async () => {
  const run = await start([page("9", [thing("a", "1", "5")])]);
  await run.news();
  run.reflector.learn(thing("a", "1", "12"));
  assert.equal(await run.news(), ["modified a:1@12 was a:1@5"]);
  run.watch().send("MODIFIED", thing("a", "1", "11"));
  run.watch().send("MODIFIED", thing("a", "1", "12"));
  assert.equal(await run.news(), []);
  run.watch().send("MODIFIED", thing("a", "1", "13"));
  assert.equal(await run.news(), ["modified a:1@13 was a:1@12"]);
  await run.reflector.stop();
});

reflecting("compares versions as numbers, beyond 2^53, and learns nothing from others", async () => {
  const run = await start([page("9", [thing("a", "1", "9007199254740993")])]);
  await run.news();
  run.reflector.learn(thing("a", "1", "9007199254740992"));
  run.reflector.learn(thing("a", "1", "1.2e99"));
  run.reflector.learn(thing("b", "2", "newest"));
  assert.equal(await run.news(), []);
  run.reflector.learn(thing("a", "1", "10000000000000000"));
  assert.equal(await run.news(), ["modified a:1@10000000000000000 was a:1@9007199254740993"]);
  await run.reflector.stop();
});

reflecting("does not bring an object back whose deletion it has already seen", async () => {
  const run = await start([page("9", [])]);
  run.watch().send("ADDED", thing("a", "1", "10"));
  run.watch().send("DELETED", thing("a", "1", "11"));
  await run.news();
  run.reflector.learn(thing("a", "1", "10"));
  assert.equal(await run.news(), []);
  assert.is(run.reflector.size, 0);
  await run.reflector.stop();
});

reflecting("keeps what we wrote after the list was taken, and drops what vanished before it", async () => {
  const run = await start([page("9", [])]);
  run.reflector.learn(thing("early", "1", "10"));
  run.reflector.learn(thing("late", "2", "40"));
  await run.news();
  run.script.push(page("30", []), page("50", []));
  run.watch().fail(expired);
  assert.equal(await run.news(), ["deleted early:1@10"]);
  await run.advance(5_000);
  run.watch().fail(expired);
  assert.equal(await run.news(), ["deleted late:2@40"]);
  await run.reflector.stop();
});

reflecting("ignores the late deletion of an object whose successor it knows", async () => {
  const run = await start([page("9", [thing("a", "1", "5")])]);
  await run.news();
  run.reflector.learn(thing("a", "2", "12"));
  assert.equal(await run.news(), ["deleted a:1@5", "added a:2@12"]);
  run.watch().send("DELETED", thing("a", "1", "11"));
  run.watch().send("ADDED", thing("a", "2", "12"));
  assert.equal(await run.news(), []);
  await run.reflector.stop();
});

reflecting("reports what a handler throws and goes on", async () => {
  const errors: unknown[] = [];
  const seenNames: string[] = [];
  const run = await start([page("9", [thing("a", "1", "5"), thing("b", "2", "6")])], {
    onEvent: ({ object }) => {
      seenNames.push(object);
      throw new Error(`cannot take ${object}`);
    },
    onError: (error) => errors.push((error as Error).message),
  });
  run.watch().send("ADDED", thing("c", "3", "10"));
  await settle();
  assert.equal(seenNames, ["a:1@5", "b:2@6", "c:3@10"]);
  assert.equal(errors, ["cannot take a:1@5", "cannot take b:2@6", "cannot take c:3@10"]);
  await run.reflector.stop();
});

reflecting("keeps the last state of an object that it cannot read any more", async () => {
  const errors: unknown[] = [];
  const run = await start([page("9", [thing("a", "1", "5")])], {
    transform: ({ metadata }) => {
      if (Number(metadata.resourceVersion) >= 10) throw new Error("unreadable");
      return `${metadata.name}@${metadata.resourceVersion}`;
    },
    onError: (error) => errors.push(error),
  });
  await run.news();
  run.watch().send("MODIFIED", thing("a", "1", "10"));
  assert.equal(await run.news(), []);
  run.script.push(page("30", [thing("a", "1", "10")]));
  run.watch().fail(expired);
  assert.equal(await run.news(), []);
  assert.is(run.reflector.get({ namespace: "n", name: "a" }), "a@5");
  run.watch().send("DELETED", thing("a", "1", "31"));
  assert.equal(await run.news(), ["deleted a@5"]);
  assert.is(errors.length, 3);
  await run.reflector.stop();
});

reflecting("shows when the server was last heard", async () => {
  const run = await start([page("9", [])]);
  await run.advance(60_000);
  assert.is(run.reflector.lastActivity(), 0);
  run.watch().send("BOOKMARK", { metadata: { name: "", resourceVersion: "10" } });
  await settle();
  assert.is(run.reflector.lastActivity(), 60_000);
  await run.reflector.stop();
});

reflecting("tells nothing after it was stopped, and then says that it never synced", async () => {
  const run = await start([new UnknownOutcome("no network")]);
  const outcome = run.reflector.synced.then(
    () => "synced",
    (error: Error) => error.message,
  );
  await run.reflector.stop();
  assert.is(await outcome, 'Cannot sync "configmaps": the reflector was stopped before');
  run.reflector.learn(thing("a", "1", "5"));
  await run.advance(60_000);
  assert.equal(await run.news(), []);
  assert.is(run.lists.length, 1);
  assert.is(run.states.at(-1)?.phase, "stopped");
});

reflecting.run();
