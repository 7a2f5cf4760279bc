/**
 * Writes the tables into `docs/metrics.md`, and the dashboard: `node test/metrics/write-metric-document.ts`.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { root } from "../support/source.ts";
import { DASHBOARD, dashboardText } from "./dashboard.ts";
import { DOCUMENT, withMetrics } from "./metric-document.ts";

const path = `${root}/${DOCUMENT}`;
writeFileSync(path, withMetrics(readFileSync(path, "utf8")));
writeFileSync(`${root}/${DASHBOARD}`, dashboardText());
