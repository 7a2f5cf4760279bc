/**
 * Grafana's form of the dashboard, made from its panels: `deploy/monitoring/dashboard.json`.
 * @module
 */

import { type Panel, rows } from "./panels.ts";

export const DASHBOARD = "deploy/monitoring/dashboard.json";

const COLUMNS = 24;
/** Width and height of a panel by its kind. */
const sizes = { stat: [6, 4], timeseries: [8, 8], table: [16, 8], bargauge: [8, 8] } as const;
const datasource = { type: "prometheus", uid: "$datasource" };

/** Returns the whole file's text. */
export function dashboardText(): string {
  return `${JSON.stringify(dashboard(), null, 2)}\n`;
}

function dashboard(): object {
  return {
    uid: "autopool",
    title: "autopool",
    description: "Pools, subnets and addresses, and the operator and agents that look after them (docs/metrics.md)",
    tags: ["autopool", "kubernetes", "ipam"],
    timezone: "browser",
    schemaVersion: 39,
    editable: true,
    refresh: "30s",
    time: { from: "now-1h", to: "now" },
    templating: {
      list: [{ name: "datasource", label: "Data source", type: "datasource", query: "prometheus", current: {} }],
    },
    panels: laidOut(),
  };
}

/** Panels from left to right, a new line where one has no room. */
function laidOut(): object[] {
  const panels: object[] = [];
  let [x, y, height] = [0, 0, 0];
  const breakLine = (): void => {
    [x, y, height] = [0, y + height, 0];
  };
  for (const row of rows) {
    breakLine();
    panels.push({
      id: panels.length + 1,
      type: "row",
      title: row.title,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y += 1;
    for (const panel of row.panels) {
      const [w, h] = sizes[panel.kind];
      if (x + w > COLUMNS) breakLine();
      panels.push({ id: panels.length + 1, gridPos: { x, y, w, h }, ...drawn(panel) });
      x += w;
      height = Math.max(height, h);
    }
  }
  return panels;
}

function drawn({ kind, title, unit, description, queries }: Panel): object {
  const isInstant = kind !== "timeseries";
  const targets = queries.map(([legend, expr], index) => ({
    refId: String.fromCharCode(65 + index),
    datasource,
    expr,
    legendFormat: legend,
    instant: isInstant,
    range: !isInstant,
    ...(kind === "table" && { format: "table" }),
  }));
  return {
    type: kind,
    title,
    description,
    datasource,
    targets,
    fieldConfig: {
      defaults: { unit, ...(unit !== "s" && { min: 0 }), ...(kind === "bargauge" && { max: 1 }) },
      overrides: [],
    },
    options: optionsOf(kind),
    ...(kind === "table" && queries.length > 1 && { transformations: joinedBySubnet(queries) }),
  };
}

function optionsOf(kind: Panel["kind"]): object {
  const reduceOptions = { calcs: ["lastNotNull"], fields: "", values: false };
  switch (kind) {
    case "stat":
      return { reduceOptions, colorMode: "none" };
    case "bargauge":
      return { reduceOptions, orientation: "horizontal", displayMode: "basic" };
    case "timeseries":
      return { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } };
    case "table":
      return { showHeader: true };
  }
}

/** One line a subnet, one column a query. */
function joinedBySubnet(queries: Panel["queries"]): object[] {
  const renameByName = Object.fromEntries(
    queries.map(([legend], index) => [`Value #${String.fromCharCode(65 + index)}`, legend]),
  );
  return [
    { id: "merge", options: {} },
    { id: "organize", options: { excludeByName: { Time: true }, renameByName } },
  ];
}
