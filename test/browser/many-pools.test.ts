import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withPatience } from "../support/patience.ts";
import { openBrowser, openPage } from "./browser.ts";

const PAINT_MS_MAX = 1_000;
/** Half of it on a machine that does nothing else. */
const ROWS_MS_MAX = 2_000;
/** Of one core. */
const CPU_SHARE_MAX = 0.05;
const WATCHED_MS = 8_000;

const many = suite("the page of ten thousand pools");

let server: ChildProcess;
let browser: Browser;
let url: string;
let page: Page;
let faults: string[];

many.before(async () => {
  server = fork(fileURLToPath(new URL("many-pools.ts", import.meta.url)), { stdio: "inherit" });
  [{ url }] = (await once(server, "message")) as [{ url: string }];
  browser = await openBrowser();
});

many.after(async () => {
  await browser.close();
  server.disconnect();
});

many("is painted within a second, and has its rows soon after", async () => {
  ({ page, faults } = await openPage(browser, `${url}#/pools`));
  await page.locator("#pools-grid .space .row").first().waitFor();
  // Since the page was asked for; that the browser had to start is not its fault.
  const rowsMs = await page.evaluate<number>("performance.now()");
  const paintMs = await page.evaluate<number>(
    "performance.getEntriesByType('paint').find(({ name }) => name === 'first-contentful-paint').startTime",
  );
  console.log(`first paint after ${Math.round(paintMs)} ms, first rows of 10,000 after ${Math.round(rowsMs)} ms`);

  await page.getByText("10,000 pools").waitFor();
  assert.ok(paintMs < withPatience(PAINT_MS_MAX), `first paint took ${paintMs} ms`);
  assert.ok(rowsMs < withPatience(ROWS_MS_MAX), `first rows took ${rowsMs} ms`);
});

many("has few rows at a time, and says which of how many they are", async () => {
  const grid = page.getByRole("grid", { name: "Pools" });
  assert.is(await grid.getAttribute("aria-rowcount"), "10001");
  assert.ok((await page.locator("#pools-grid .space .row").count()) < 60);

  await page.locator("#pools-grid .row[tabindex='0']").focus();
  await page.keyboard.press("End");
  assert.is(await page.locator(":focus").getAttribute("aria-rowindex"), "10001");
  await page.keyboard.press("Home");
});

many("finds one of them while one types", async () => {
  const begun = performance.now();
  await page.getByRole("searchbox").fill("10.0.39.8");
  await page.getByText("1 of 10,000 pools").waitFor();
  const foundMs = performance.now() - begun;
  console.log(`found by address after ${Math.round(foundMs)} ms`);

  assert.is(await page.locator("#pools-grid .space .row strong").innerText(), "app-2498");
  assert.ok(foundMs < withPatience(500), `it took ${foundMs} ms`);
  await page.getByRole("searchbox").fill("");
});

many("costs the server next to nothing, although twenty pools change every second", async () => {
  const before = await usage();
  await page.waitForTimeout(WATCHED_MS);
  const after = await usage();
  const cpuMs = (after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system) / 1_000;
  const share = cpuMs / WATCHED_MS;
  console.log(`${after.changes - before.changes} changes cost ${(100 * share).toFixed(1)} % of a core`);

  assert.ok(share < CPU_SHARE_MAX, `the server took ${(100 * share).toFixed(1)} % of a core`);
});

many("maps a subnet of 65,536 addresses", async () => {
  const begun = performance.now();
  await page.goto(`${url}#/subnets/big`);
  await page.getByText(/^40,000 of 65,536 addresses in 10,000 pools/).waitFor();
  console.log(`map of 65,536 addresses after ${Math.round(performance.now() - begun)} ms`);
});

many("goes through the trace of all that", async () => {
  await page.getByRole("button", { name: "One step back" }).click();
  await page.getByText(/^As of /).waitFor();
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("link", { name: "created.managed 10,000 pools" }).waitFor();

  assert.equal(faults, []);
});

interface Usage {
  readonly cpu: NodeJS.CpuUsage;
  readonly changes: number;
}

async function usage(): Promise<Usage> {
  server.send("usage");
  const [told] = (await once(server, "message")) as [Usage];
  return told;
}

many.run();
