/**
 * The recorded lives find every mistake in the machine that can be made in one place: each mutant decides something else.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pathOf, poolStepper, type Stepper, stepperOf } from "../../machines/step.ts";
import { replay } from "../../src/trace/replay.ts";
import { parseLine } from "../../src/trace/trace-reader.ts";
import { recordedTraces } from "../support/trace.ts";
import { mutants } from "./mutants.ts";

/** Mutants that nothing can find, since they decide the same. */
const SAME: Readonly<Record<string, string>> = {
  "pending: on workload.gone left out": "the guards that then lead to the end read the event themselves",
  "pending: on workload.gone without remember": "likewise, and what is known in the end matters to nobody",
  "pending: on pool.gone without requestPool":
    "the pool's absence is told before the application's wish, which asks for it",
  "created.managed: always left out": "an unwanted pool is retained for a moment, and reclaimed from there",
  "scaling: always left out": "likewise",
  "orphaned: on pool.gone without remember": "it leads to the end",
  "orphaned.reclaiming: on workload.gone left out": "it is known to be gone already, and is told once",
  "orphaned.reclaiming: on workload.gone without remember": "likewise",
  "orphaned.retained: on workload.gone left out": "likewise",
  "orphaned.retained: on workload.gone without remember": "likewise",
  "orphaned.pinned: on workload.gone left out": "likewise",
  "orphaned.pinned: on workload.gone without remember": "likewise",
};

const traces = [...recordedTraces()].map(
  ([name, texts]) => [name, texts.map((text, index) => ({ number: index + 1, line: parseLine(text) }))] as const,
);

/** Returns the first trace that a machine decides otherwise, or cannot decide; `undefined` where there is none. */
async function finderOf(stepper: Stepper): Promise<string | undefined> {
  for (const [name, lines] of traces) {
    const { difference } = await replay(lines, { stepper }).catch(() => ({ difference: true }));
    if (difference) return name;
  }
  return undefined;
}

const machine = suite("trace: mutants of the machine");

machine("are found, every one of them, by the recorded lives", async () => {
  const survivors: string[] = [];
  let found = 0;
  for (const mutant of mutants()) {
    if (await finderOf(stepperOf(mutant.machine))) found += 1;
    else survivors.push(mutant.name);
  }
  assert.equal(survivors, Object.keys(SAME));
  assert.ok(found >= 100, `${found} mutants were found`);
});

const { start, step, restore } = poolStepper;
/** Mistakes that are no change of one place. */
const planted: Readonly<Record<string, Stepper>> = {
  "an event that is dropped": {
    start,
    restore,
    step: (snapshot, event) =>
      event.type === "capacity.changed" ? { snapshot, operations: [] } : step(snapshot, event),
  },
  "an operation that is dropped while waiting": {
    start,
    restore,
    step: (snapshot, event) => {
      const next = step(snapshot, event);
      return pathOf(next.snapshot) === "scaling" ? { ...next, operations: [] } : next;
    },
  },
  "one address too many": {
    start,
    restore,
    step: (snapshot, event) => {
      const { snapshot: next, operations } = step(snapshot, event);
      const more = operations.map((asked) =>
        asked.kind === "ensurePool" ? { ...asked, size: asked.size + 1 } : asked,
      );
      return { snapshot: next, operations: more };
    },
  },
  "a native application that is taken for another kind": { ...poolStepper, start: () => start({ native: false }) },
};

for (const [name, stepper] of Object.entries(planted)) {
  machine(`include ${name}`, async () => {
    assert.ok(await finderOf(stepper));
  });
}

machine("are none where the machine is as it is", async () => {
  assert.is(await finderOf(poolStepper), undefined);
});

machine.run();
