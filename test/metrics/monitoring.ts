/**
 * The alert rules as they are shipped, and which metrics and labels a query names.
 * @module
 */

import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { agentMetricTable } from "../../src/agent-metrics.ts";
import type { Metric } from "../../src/metrics/metric.ts";
import { operatorMetricTable } from "../../src/operator-metrics.ts";
import { root } from "../support/source.ts";
import { rows } from "./panels.ts";

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[];
}

/** What Prometheus itself reads of the rules. */
export function ruleFile(): RuleFile {
  return (load(readFileSync(`${root}/deploy/monitoring/alerts.yaml`, "utf8")) as { spec: RuleFile }).spec;
}

export function alertRules(): readonly AlertRule[] {
  return ruleFile().groups.flatMap((group) => group.rules);
}

/** Every query of the dashboard, with Grafana's variable for the interval filled in. */
export function dashboardQueries(interval: string): { title: string; query: string }[] {
  return rows.flatMap(({ panels }) =>
    panels.flatMap(({ title, queries }) =>
      queries.map(([, query]) => ({ title, query: query.replaceAll("$__rate_interval", interval) })),
    ),
  );
}

/** Every row of both parts by its name. */
export const metrics: ReadonlyMap<string, Metric> = new Map(
  [...operatorMetricTable, ...agentMetricTable].map((metric: Metric) => [metric.name, metric]),
);

/** Labels that a scrape adds, or a bucket has. */
const SCRAPED = new Set(["job", "instance", "le"]);

/** Returns what is wrong with the names in a query. */
export function mistakesOf(query: string): string[] {
  const bare = query.replace(/"[^"]*"/g, '""');
  const named = [...bare.matchAll(/\b((?:autopool|process|nodejs|spiderpool)_[a-z_]+)\b/g)].map(
    ([, name = ""]) => name,
  );
  const known = named.flatMap((name) => metricOf(name) ?? []);
  const mistakes = named.filter((name) => !metricOf(name)).map((name) => `there is no metric ${name}`);
  const labels = [
    ...[...bare.matchAll(/\b(?:by|on|group_left) \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/,\s*/)),
    ...[...bare.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*""/g)].map(([, label = ""]) => label),
  ].filter((label) => label !== "" && !SCRAPED.has(label));
  for (const label of labels) {
    if (known.length > 0 && !known.some((metric) => metric.labels.includes(label)))
      mistakes.push(`none of ${named.join(", ")} has a label ${label}`);
  }
  return mistakes;
}

function metricOf(name: string): Metric | undefined {
  const series = metrics.get(name.replace(/_(?:bucket|sum|count)$/, ""));
  const exact = metrics.get(name);
  if (exact) return exact.type === "histogram" ? undefined : exact;
  return series?.type === "histogram" ? series : undefined;
}
