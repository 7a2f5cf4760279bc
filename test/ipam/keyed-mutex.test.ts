/** One at a time for each key. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nextTurn } from "../../src/clock.ts";
import { KeyedMutex } from "../../src/ipam/keyed-mutex.ts";

const mutex = suite("keyed mutex");

/** Returns a mutex, what its tasks have done, and a task that takes some time. */
function setUp() {
  const done: string[] = [];
  const task = (name: string) => async (): Promise<string> => {
    done.push(`${name} begins`);
    await nextTurn();
    done.push(`${name} ends`);
    return name;
  };
  return { turns: new KeyedMutex(), done, task };
}

mutex("runs what has one key in the order of asking, and all else at once", async () => {
  const { turns, done, task } = setUp();

  const names = await Promise.all([turns.run("k", task("a")), turns.run("k", task("b")), turns.run("l", task("c"))]);

  assert.equal(names, ["a", "b", "c"]);
  assert.equal(
    done.filter((what) => !what.startsWith("c")),
    ["a begins", "a ends", "b begins", "b ends"],
  );
  assert.ok(done.indexOf("c begins") < done.indexOf("a ends"));
});

mutex("goes on after a failure", async () => {
  const { turns, task } = setUp();
  const failing = turns.run("k", () => Promise.reject(new Error("no"))).catch((error: Error) => error.message);

  assert.equal(await Promise.all([failing, turns.run("k", task("b"))]), ["no", "b"]);
});

mutex("does not begin what nobody waits for any more", async () => {
  const { turns, done, task } = setUp();
  const caller = new AbortController();
  const all = [turns.run("k", task("a")), turns.run("k", task("b"), caller.signal), turns.run("k", task("c"))];
  caller.abort();

  const results = await Promise.allSettled(all);

  assert.equal(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.equal(done, ["a begins", "a ends", "c begins", "c ends"]);
});

mutex.run();
