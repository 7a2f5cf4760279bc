import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Stage } from "../../src/commands/demo-stage.ts";
import { openBrowser, openPage } from "./browser.ts";
import { openBusyStage } from "./busy-stage.ts";

const everyone = suite("the page is for everyone");

let stage: Stage;
let browser: Browser;
let url: string;

everyone.before(async () => {
  stage = await openBusyStage();
  url = await stage.viewing.serve({ port: 0 });
  browser = await openBrowser();
});

everyone.after(async () => {
  await browser.close();
  await stage.close();
});

const VIEWS: Readonly<Record<string, string>> = {
  overview: "#/",
  pools: "#/pools",
  pool: "#/pools/payments%2FDeployment.apps%2Fgateway%2Feth0%2F4%40dmz-v4",
  subnet: "#/subnets/office-v4",
};
const DEVICES: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

/** Returns what is wrong with a page for those who use it in another way: names, roles, contrast, order. */
async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>("axe.run({ resultTypes: ['violations'] })");
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}\n${failureSummary}`),
  );
}

for (const [device, options] of Object.entries(DEVICES)) {
  for (const [view, hash] of Object.entries(VIEWS)) {
    everyone(`has no barrier in ${view}, ${device}`, async () => {
      const { page } = await openPage(browser, url + hash, { ...options, bypassCSP: true, reducedMotion: "reduce" });
      await page.getByText("Live", { exact: true }).first().waitFor();
      await page.waitForTimeout(800);

      assert.equal(await barriers(page), []);
      const isWider = await page.evaluate<boolean>("document.documentElement.scrollWidth > innerWidth");
      assert.not(isWider, "the page must not scroll sideways");
      await page.context().close();
    });
  }
}

everyone("is gone through with tabs: skip link, views, content, time", async () => {
  const { page } = await openPage(browser, `${url}#/pools`);
  await page.getByText("19 pools").waitFor();
  const passed: string[] = [];
  for (let press = 0; press < 24; press++) {
    await page.keyboard.press("Tab");
    passed.push(
      await page.evaluate<string>(
        "document.activeElement.ariaLabel || document.activeElement.closest('label')?.querySelector('span').textContent || document.activeElement.textContent.trim()",
      ),
    );
  }

  assert.is(passed[0], "Skip to content");
  assert.equal(passed.slice(1, 5), ["autopool", "Overview", "Pools", "Subnets"]);
  assert.equal(passed.slice(5, 11), ["Search", "Namespace", "Subnet", "State", "Pinned", "Waiting"]);
  assert.ok(passed.includes("Moment of the trace"));
  await page.context().close();
});

everyone("says that the connection is lost, and goes on when it is back", async () => {
  const { page } = await openPage(browser, url);
  await page.getByText("Live", { exact: true }).first().waitFor();
  await page.context().setOffline(true);
  await stage.viewing.stop();
  await page.getByText("Connection lost; trying again").waitFor();
  await page.context().setOffline(false);
  await stage.viewing.serve({ port: Number(new URL(url).port) });
  await page.locator("#status").getByText("Live", { exact: true }).waitFor({ timeout: 10_000 });
  await page.context().close();
});

everyone.run();
