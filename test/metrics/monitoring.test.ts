/** What is shipped beside the metrics: document, dashboard, alerts and runbooks, held to the tables in the code. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { root } from "../support/source.ts";
import { DASHBOARD, dashboardText } from "./dashboard.ts";
import { DOCUMENT, withMetrics } from "./metric-document.ts";
import { alertRules, dashboardQueries, metrics, mistakesOf } from "./monitoring.ts";

const read = (path: string): string => readFileSync(`${root}/${path}`, "utf8");

const documents = suite("documents of metrics");
const writer = "if not, `npm run docs` writes it anew";

documents(`${DOCUMENT} has the metrics that the code has; ${writer}`, () => {
  const text = read(DOCUMENT);
  assert.is(text, withMetrics(text));
});

documents(`${DASHBOARD} has the panels that its source has; ${writer}`, () => {
  assert.is(read(DASHBOARD), dashboardText());
});

documents.run();

const tables = suite("tables of metrics");

tables("follow the conventions for names", () => {
  const offenders = [...metrics.values()].filter(
    ({ name, type, insteadOf }) =>
      !/^[a-z][a-z0-9_]*[a-z0-9]$/.test(name) ||
      (type === "counter") !== name.endsWith("_total") ||
      (insteadOf === undefined && !/^(?:autopool|process|nodejs)_/.test(name)) ||
      (insteadOf !== undefined && !name.startsWith("spiderpool_")),
  );
  assert.equal(offenders, []);
});

tables("give histograms ascending buckets, and nothing else any", () => {
  for (const { name, type, buckets } of metrics.values()) {
    assert.is(type === "histogram", buckets !== undefined, name);
    assert.equal(buckets, buckets && [...new Set(buckets)].sort((a, b) => a - b), name);
  }
});

tables("say in one sentence without its full stop what each is", () => {
  const offenders = [...metrics.values()].filter(({ help }) => !/^[A-Z].*[^.]$/.test(help)).map(({ name }) => name);
  assert.equal(offenders, []);
});

tables("tell how to compute the reference's metrics with metrics that there are", () => {
  const offenders = [...metrics.values()].flatMap(({ name, insteadOf = "" }) =>
    mistakesOf(insteadOf.replace(/_seconds\{/, "_seconds_count{")).map((mistake) => `${name}: ${mistake}`),
  );
  assert.equal(offenders, []);
});

tables.run();

const queries = suite("queries");

queries("of the dashboard name metrics and labels that there are", () => {
  const offenders = dashboardQueries("1m").flatMap(({ title, query }) =>
    mistakesOf(query).map((mistake) => `${title}: ${mistake}`),
  );
  assert.equal(offenders, []);
});

queries("of the alerts do so too", () => {
  const offenders = alertRules().flatMap(({ alert, expr }) =>
    mistakesOf(expr).map((mistake) => `${alert}: ${mistake}`),
  );
  assert.equal(offenders, []);
});

queries("are all looked at: a wrong one is found", () => {
  assert.equal(mistakesOf('sum by (pod) (rate(autopool_nope_total{verb="get"}[1m]))').length, 1);
  assert.equal(mistakesOf('sum by (pod) (autopool_pools{reason="x"})').length, 2);
  assert.equal(mistakesOf("autopool_queue_wait_seconds").length, 1);
});

queries("show every metric of our own somewhere, on the dashboard or in an alert", () => {
  const all = [...dashboardQueries("1m").map(({ query }) => query), ...alertRules().map(({ expr }) => expr)].join("\n");
  const unseen = [...metrics.values()]
    .filter(({ name, insteadOf }) => insteadOf === undefined && !new RegExp(`\\b${name}(?:_bucket)?\\b`).test(all))
    .map(({ name }) => name);
  assert.equal(unseen, ["nodejs_heap_size_total_bytes"]);
});

queries.run();

const runbooks = suite("runbooks");

runbooks("are one for each alert, in the same order", () => {
  const chapters = [...read("docs/runbooks.md").matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  assert.equal(
    chapters,
    alertRules().map(({ alert }) => alert),
  );
});

runbooks("are where the alerts say", () => {
  for (const { alert, annotations, labels } of alertRules()) {
    assert.is(annotations["runbook"], `docs/runbooks.md#${alert.toLowerCase()}`);
    assert.ok(annotations["summary"] && annotations["description"], alert);
    assert.match(labels.severity, /^(?:critical|warning|info)$/);
  }
});

runbooks.run();
