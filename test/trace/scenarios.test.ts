/**
 * The recorded lives in test/traces are decided today as they were then, straight and disturbed in every way.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { faultsOf, recordedTraces } from "../support/trace.ts";

const scenarios = suite("trace: scenarios");

for (const [name, texts] of recordedTraces()) {
  scenarios(`of ${name} are decided as they were recorded, and end the same however they are disturbed`, async () => {
    assert.equal(await faultsOf(texts), []);
  });
}

scenarios("are many, and short", () => {
  const traces = [...recordedTraces()];
  assert.ok(traces.length >= 12, `${traces.length} scenarios`);
  const long = traces.filter(([, texts]) => texts.join("\n").length > 200 * 1024).map(([name]) => name);
  assert.equal(long, []);
});

scenarios.run();
