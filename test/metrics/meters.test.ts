/** Meters: what a table's metrics come to in Prometheus' text. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Meters } from "../../src/metrics/meters.ts";
import type { Metric } from "../../src/metrics/metric.ts";

const table = [
  { name: "writes_total", type: "counter", help: "Writes", labels: ["verb"] },
  { name: "age_seconds", type: "gauge", help: "Age", labels: [] },
  { name: "pools", type: "gauge", help: "Pools", labels: ["state"] },
  { name: "took_seconds", type: "histogram", help: "Duration", labels: [], buckets: [0.1, 1] },
] as const satisfies readonly Metric[];

/** The lines that say a value. */
async function values(meters: Meters<(typeof table)[number]>): Promise<string[]> {
  return (await meters.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

const meters = suite("meters");

meters("say what each metric is, and nothing of what nobody knows", async () => {
  const text = await new Meters(table).metrics();

  assert.match(text, "# HELP writes_total Writes\n# TYPE writes_total counter\n");
  assert.match(text, "# HELP age_seconds Age\n# TYPE age_seconds gauge\n");
  assert.not.match(text, /^age_seconds/m);
});

meters("count, observe, and show what they are filled with", async () => {
  const one = new Meters(table);
  one.inc("writes_total", { verb: "get" });
  one.inc("writes_total", { verb: "get" }, 2);
  one.observe("took_seconds", {}, 0.5);
  one.fill("age_seconds", [[{}, 7]]);

  assert.equal(await values(one), [
    'writes_total{verb="get"} 3',
    "age_seconds 7",
    'took_seconds_bucket{le="0.1"} 0',
    'took_seconds_bucket{le="1"} 1',
    'took_seconds_bucket{le="+Inf"} 1',
    "took_seconds_sum 0.5",
    "took_seconds_count 1",
  ]);
});

meters("ask for what is read at a scrape, and forget what is gone", async () => {
  const one = new Meters(table);
  const states = new Map([
    ["created", 3],
    ["pending", 1],
  ]);
  one.beforeScrape(() =>
    one.fill(
      "pools",
      [...states].map(([state, count]) => [{ state }, count] as const),
    ),
  );
  const pools = async (): Promise<string[]> => (await values(one)).filter((line) => line.startsWith("pools"));
  assert.equal(await pools(), ['pools{state="created"} 3', 'pools{state="pending"} 1']);

  states.delete("pending");

  assert.equal(await pools(), ['pools{state="created"} 3']);
});

meters("do not sum up what a counter is filled with", async () => {
  const one = new Meters(table);
  for (const count of [5, 8]) one.fill("writes_total", [[{ verb: "get" }, count]]);

  assert.ok((await values(one)).includes('writes_total{verb="get"} 8'));
});

meters("of two are two", async () => {
  const [one, other] = [new Meters(table), new Meters(table)];
  one.inc("writes_total", { verb: "get" });

  assert.ok((await values(one)).some((line) => line.startsWith("writes_total")));
  assert.not.ok((await values(other)).some((line) => line.startsWith("writes_total")));
});

meters.run();
