import { mkdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Stage } from "../../src/commands/demo-stage.ts";
import { root } from "../support/source.ts";
import { openBrowser, openPage } from "./browser.ts";
import { openBusyStage } from "./busy-stage.ts";

/** `docs` renews those of the documentation, `all` makes them dark and of a phone too; else they are made to be looked at. */
const wanted = process.env["SCREENSHOTS"];
const folder = wanted === "docs" ? join(root, "docs/images") : join(tmpdir(), "autopool-screenshots");

const screenshots = suite("screenshots");

let stage: Stage;
let browser: Browser;
let url: string;

screenshots.before(async () => {
  mkdirSync(folder, { recursive: true });
  stage = await openBusyStage({ hasHostile: false });
  url = await stage.viewing.serve({ port: 0 });
  browser = await openBrowser();
});

screenshots.after(async () => {
  await browser.close();
  await stage.close();
});

const wide = (height: number): BrowserContextOptions => ({ viewport: { width: 1280, height }, deviceScaleFactor: 2 });
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

interface Shot {
  readonly name: string;
  readonly hash: string;
  readonly options: BrowserContextOptions;
  /** Done before the picture is taken. */
  ready(page: Page): Promise<unknown>;
}

const gateway = "#/pools/payments%2FDeployment.apps%2Fgateway%2Feth0%2F4%40dmz-v4";
const overview = (page: Page): Promise<unknown> =>
  page.getByRole("link", { name: "created.managed 13 pools" }).waitFor();
const timeline = async (page: Page): Promise<unknown> =>
  page.getByText("tell people: InsufficientAddresses").first().waitFor();
const subnet = async (page: Page): Promise<unknown> => {
  const box = await page.locator("canvas").boundingBox();
  return page.mouse.move((box?.x ?? 0) + 350, (box?.y ?? 0) + 12);
};

const SHOTS: readonly Shot[] = [
  { name: "overview", hash: "#/", options: wide(1000), ready: overview },
  { name: "timeline", hash: gateway, options: wide(1260), ready: timeline },
  { name: "subnet", hash: "#/subnets/office-v4", options: wide(860), ready: subnet },
];

for (const { name, hash, options, ready } of SHOTS) {
  for (const [device, more] of Object.entries({ "": {}, "-dark": { colorScheme: "dark" }, "-phone": phone } as const)) {
    // The documentation shows light and wide ones; the others are for those who change the page.
    if (device !== "" && wanted !== "all") continue;
    screenshots(`show ${name}${device}`, async () => {
      const { page, faults } = await openPage(browser, url + hash, { ...options, reducedMotion: "reduce", ...more });
      await page.locator("#status").getByText("Live", { exact: true }).waitFor();
      await page.waitForTimeout(900);
      await ready(page);
      await page.waitForTimeout(200);
      const path = join(folder, `${name}${device}.png`);
      await page.screenshot({ path, fullPage: device === "-phone" });

      assert.ok(statSync(path).size > 20_000, "there is something to be seen");
      assert.equal(faults, []);
      await page.context().close();
    });
  }
}

screenshots.run();
