/** What is counted, and where it can be read. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Answered, createAdmissionMetrics } from "../../src/admission/metrics.ts";
import { type Health, type MetricsServer, serveMetrics } from "../../src/metrics-server.ts";

const answered: Answered = {
  kind: "SpiderSubnet",
  operation: "CREATE",
  webhook: "validate",
  allowed: false,
  seconds: 0.004,
  rules: ["overlap", "gateway-in-subnet", "overlap"],
};

const metrics = suite("admission metrics");

metrics("count requests, each rule once a request, and how long they took", async () => {
  const { count, metrics: read } = createAdmissionMetrics();
  count(answered);
  count({ ...answered, allowed: true, rules: [], webhook: "mutate" });

  const lines = (await read()).split("\n");

  for (const line of [
    'autopool_admission_requests_total{kind="SpiderSubnet",operation="CREATE",webhook="validate",allowed="false"} 1',
    'autopool_admission_requests_total{kind="SpiderSubnet",operation="CREATE",webhook="mutate",allowed="true"} 1',
    'autopool_admission_refusals_total{kind="SpiderSubnet",rule="overlap"} 1',
    'autopool_admission_refusals_total{kind="SpiderSubnet",rule="gateway-in-subnet"} 1',
    'autopool_admission_duration_seconds_bucket{le="0.0025",kind="SpiderSubnet",webhook="validate"} 0',
    'autopool_admission_duration_seconds_bucket{le="0.005",kind="SpiderSubnet",webhook="validate"} 1',
  ]) {
    assert.ok(lines.includes(line), `${line}\nis not in\n${lines.join("\n")}`);
  }
});

metrics("do not grow with what strangers ask", async () => {
  const { count, metrics: read } = createAdmissionMetrics();
  for (let index = 0; index < 50; index += 1)
    count({ ...answered, kind: `K${index}`, operation: `O${index}`, rules: [] });

  const series = (await read()).split("\n").filter((line) => line.startsWith("autopool_admission_requests_total"));

  assert.equal(series, [
    'autopool_admission_requests_total{kind="other",operation="other",webhook="validate",allowed="false"} 50',
  ]);
});

metrics("of two servers are two", async () => {
  const [one, other] = [createAdmissionMetrics(), createAdmissionMetrics()];
  one.count(answered);

  assert.match(await one.metrics(), "autopool_admission_requests_total{");
  assert.not.match(await other.metrics(), "autopool_admission_requests_total{");
});

metrics.run();

const serving = suite("metrics server");
let server: MetricsServer;
serving.after.each(() => server.close());

async function start(
  source = createAdmissionMetrics() as { contentType: string; metrics(): Promise<string> },
  health?: Health,
) {
  server = await serveMetrics({ port: 0, host: "127.0.0.1", source, ...(health && { health }) });
  return (path: string, method = "GET"): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}${path}`, { method });
}

serving("serves /metrics and no other path", async () => {
  const ask = await start();

  const reply = await ask("/metrics?name=x");

  assert.is(reply.status, 200);
  assert.match(reply.headers.get("content-type") ?? "", "text/plain; version=0.0.4");
  assert.match(await reply.text(), "# TYPE autopool_admission_duration_seconds histogram");
  assert.is((await ask("/")).status, 404);
  assert.is((await ask("/metrics/x")).status, 404);
  const posted = await ask("/metrics", "POST");
  assert.equal([posted.status, posted.headers.get("allow")], [405, "GET, HEAD"]);
});

serving("answers with 500 where nothing can be read", async () => {
  const ask = await start({ contentType: "text/plain", metrics: () => Promise.reject(new Error("broken")) });

  const reply = await ask("/metrics");

  assert.equal([reply.status, await reply.text()], [500, "Cannot collect the metrics: broken\n"]);
});

serving("says whether the process is well and ready, and what it lacks", async () => {
  let obstacle: string | undefined = "the caches are not filled";
  const ask = await start(undefined, { ailment: () => undefined, obstacle: () => obstacle });
  const told = async (path: string) => {
    const reply = await ask(path);
    return [reply.status, await reply.text()];
  };
  assert.equal(await told("/healthz"), [200, "ok\n"]);
  assert.equal(await told("/readyz"), [503, "the caches are not filled\n"]);

  obstacle = undefined;

  assert.equal(await told("/readyz"), [200, "ok\n"]);
});

serving.run();
