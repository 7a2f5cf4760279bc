import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Browser, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { root } from "../support/source.ts";
import { openBrowser, openPage } from "./browser.ts";

const replaying = suite("autopool replay FILE --serve");

let browser: Browser;
let command: ChildProcess;
let page: Page;
let faults: string[];

replaying.before(async () => {
  const args = ["src/main.ts", "replay", "test/traces/deployment-life.ndjson", "--serve", "--port", "0"];
  command = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const [printed] = await once(command.stdout?.setEncoding("utf8") as NodeJS.ReadableStream, "data");
  const [url = ""] = /http:\S+\//.exec(printed) ?? [];
  browser = await openBrowser();
  ({ page, faults } = await openPage(browser, url));
});

replaying.after(async () => {
  await browser.close();
  const ended = once(command, "exit");
  command.kill("SIGTERM");
  assert.is((await ended)[0], 0);
});

replaying("opens at the end of the trace, without anything that lives", async () => {
  await page.getByText(/^As of /).waitFor();

  const slider = page.getByRole("slider", { name: "Moment of the trace" });
  assert.is(await slider.inputValue(), await slider.getAttribute("max"));
  assert.not(await page.getByRole("button", { name: "Live" }).isVisible());
});

replaying("goes to the beginning and through a pool's life by the keyboard", async () => {
  await page.getByRole("slider", { name: "Moment of the trace" }).focus();
  await page.keyboard.press("Home");
  await page.getByText("the trace begins").waitFor();
  const what = page.locator(".moment .what");
  const seen = new Set<string>();
  const last = Number(await page.getByRole("slider").getAttribute("max"));
  for (let moment = 0; moment < last; moment++) {
    await page.keyboard.press("ArrowRight");
    await what.filter({ hasText: new RegExp(`^${moment + 1} of `) }).waitFor();
    seen.add(((await what.textContent()) ?? "").replace(/^.*: /, ""));
  }

  for (const change of ["pending → created.managed", "created.managed → scaling", "scaling → created.managed"]) {
    assert.ok(seen.has(change), change);
  }
});

replaying("shows a pool of a moment with its story so far", async () => {
  await page.goto(`${page.url().split("#")[0]}#/pools`);
  await page.getByText(/^As of /).waitFor();
  const rows = page.locator("#pools-grid .space .row");
  const slider = page.getByRole("slider", { name: "Moment of the trace" });
  for (let moment = Number(await slider.getAttribute("max")); (await rows.count()) === 0 && moment > 0; moment--) {
    await page.getByRole("button", { name: "One step back" }).click();
    await page.waitForTimeout(50);
  }
  await rows.first().click();
  await page.getByRole("article", { name: "Pool" }).locator(".timeline li").first().waitFor();

  assert.equal(faults, []);
});

replaying.run();
