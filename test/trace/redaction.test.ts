/**
 * A redacted trace names nobody, and is decided as the original was.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { seededRandom } from "../../src/random.ts";
import { redacted } from "../../src/trace/redaction.ts";
import { replay } from "../../src/trace/replay.ts";
import { TraceRing } from "../../src/trace/ring.ts";
import type { StepLine } from "../../src/trace/trace-line.ts";
import { parseLine, readTrace } from "../../src/trace/trace-reader.ts";
import { Chaos } from "../operator/chaos.ts";
import { MemoryWorld } from "../support/memory-world.ts";
import { faultsOf, Notebook, recordedTraces } from "../support/trace.ts";

async function redact(texts: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of redacted(() => readTrace(texts))) lines.push(JSON.stringify(line));
  return lines;
}

/** Everything in a trace that names something: what looks like it, and the names of all objects. */
function namesIn(texts: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const text of texts) {
    for (const [found] of text.matchAll(
      /[0-9a-f]{8}-[0-9a-f-]{27}|\b\d+\.\d+\.\d+\.\d+|\bf[cd][0-9a-f]{2}:[0-9a-f:]+/g,
    ))
      names.add(found);
    const line = parseLine(text);
    if (line.line === "seen") for (const part of line.key.split("/")) if (part !== "") names.add(part);
  }
  return names;
}

/** Names that are found in the lines' values, as words of their own. */
function found(names: Iterable<string>, texts: readonly string[]): string[] {
  const values: string[] = [];
  for (const text of texts) JSON.parse(text, (_, value: unknown) => typeof value === "string" && values.push(value));
  const words = new Set(values.flatMap((text) => text.split(/[^\w.:-]+/)));
  const parts = new Set([...words].flatMap((word) => [word, ...word.split(/[-_]/)]));
  return [...names].filter((name) => words.has(name) || parts.has(name));
}

/** What was decided, without names. */
function decisionsOf(texts: readonly string[]): string[] {
  return texts
    .map(parseLine)
    .filter((line): line is StepLine => line.line === "step")
    .map(({ event, from, to, operations }) => `${event.type} ${from} ${to} ${operations.map(({ kind }) => kind)}`);
}

const redaction = suite("trace: redaction");

for (const [name, texts] of recordedTraces()) {
  redaction(`keeps what was decided in ${name}, and nothing that names anybody`, async () => {
    const now = await redact(texts);
    assert.is(now.length, texts.length);
    assert.equal(decisionsOf(now), decisionsOf(texts));
    assert.equal(await faultsOf(now), []);
    assert.equal(found(namesIn(texts), now), []);
  });
}

for (let seed = 1; seed <= 8; seed++) {
  redaction(`keeps a random life, and one that begins at a checkpoint, as they are (seed ${seed})`, async () => {
    const [notebook, ring] = [new Notebook(), new TraceRing(60_000)];
    const world = new MemoryWorld({ seed, sinks: [notebook, ring] });
    const random = seededRandom(seed);
    const user = new Chaos(world, random, () => undefined);
    await user.begin();
    world.start();
    for (let act = 0; act < 25; act++) {
      await user.act();
      await world.clock.advance(Math.floor(random() * 300));
    }
    await world.settle();
    await world.close();
    for (const texts of [notebook.texts, [...ring.texts()]]) {
      const now = await redact(texts);
      assert.equal(decisionsOf(now), decisionsOf(texts));
      assert.is((await replay(readTrace(now))).difference, undefined);
      assert.equal(found(namesIn(texts), now), []);
    }
  });
}

redaction.run();
