import type { Browser, Locator, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deployments } from "../../src/api/resources.ts";
import type { Stage } from "../../src/commands/demo-stage.ts";
import { openBrowser, openPage } from "./browser.ts";
import { HOSTILE, openBusyStage } from "./busy-stage.ts";

const page_ = suite("the page");

let stage: Stage;
let browser: Browser;
let url: string;
let page: Page;
let faults: string[];

page_.before(async () => {
  stage = await openBusyStage();
  url = await stage.viewing.serve({ port: 0 });
  browser = await openBrowser();
  ({ page, faults } = await openPage(browser, url));
});

page_.after(async () => {
  await browser.close();
  await stage.close();
});

/** Lets the operator's time pass, and the page be told. */
async function live(act: () => Promise<unknown>, ms = 3_000): Promise<void> {
  await act();
  await stage.clock.advance(ms);
}

const select = (name: string): Locator => page.getByRole("combobox", { name, exact: true });

const stateNumber = (path: string): Promise<string | null> => page.locator(`[data-count="${path}"] text`).textContent();

page_("shows the number of pools on each state, and in words beside the picture", async () => {
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.getByRole("link", { name: "created.managed 13 pools" }).waitFor();

  assert.is(await stateNumber("created.managed"), "13");
  assert.is(await stateNumber("orphaned.retained"), "2");
  assert.is(await page.locator("[data-edge='pending->created.managed'].taken").count(), 1);
  assert.is(await page.locator("[data-taken='pending->created.managed'] text").textContent(), "18×");
});

page_("tells what waits, and shows text of the cluster as it is written", async () => {
  const waiting = page.getByRole("region", { name: "Waiting" });

  assert.match(await waiting.innerText(), /dmz-v4 has 4 free addresses, 5 are needed/);
  assert.ok((await waiting.innerText()).includes(HOSTILE.slice(0, 18)));
  assert.is(await page.locator("img").count(), 0);
  assert.match(await page.title(), /^Overview/);
});

page_("follows what happens without being asked, and lights the edges that are taken", async () => {
  const scaling = page.locator("[data-edge='created.managed->scaling']");
  await live(() =>
    stage.server.connect().patch(deployments, { namespace: "shop", name: "search" }, { spec: { replicas: 12 } }),
  );
  await page.locator("[data-edge='created.managed->scaling'].flash").waitFor();

  assert.match((await scaling.getAttribute("class")) ?? "", /taken/);
  assert.is(await page.locator("[data-taken='created.managed->scaling'] text").textContent(), "5×");
});

page_("goes from a state in the picture to its pools", async () => {
  await page.locator("[data-state='orphaned.retained']").click();
  await page.getByRole("heading", { name: "Pools" }).waitFor();
  await page.getByText("2 of 19 pools").waitFor();

  assert.is(await select("State").inputValue(), "orphaned.retained");
  await shows(["reports", "images"]);
});

const names = async (): Promise<string[]> => page.locator("#pools-grid .space .row strong").allInnerTexts();

/** Waits until the list begins with these pools, and has no others unless `begin`. */
async function shows(expected: readonly string[], { begin = false } = {}): Promise<void> {
  let shown: string[] = [];
  for (let attempt = 0; attempt < 40; attempt++) {
    shown = await names();
    if (begin) shown = shown.slice(0, expected.length);
    if (shown.join() === expected.join()) return;
    await page.waitForTimeout(50);
  }
  assert.equal(shown, expected);
}

page_("finds pools by name, by what they wait for, by an address, and by each filter", async () => {
  await select("State").selectOption("");
  const search = page.getByRole("searchbox", { name: "Search" });
  await search.fill("kafka ipv6");
  await shows([]);
  await search.fill("kafka");
  await shows(["kafka", "kafka"]);
  await search.fill("insufficient");
  await shows(["gateway"]);
  await search.fill("10.20.4.9");
  await shows(["web"]);
  await search.fill("fd00:20::2");
  await shows(["web"]);
  await search.fill("");
  await select("Namespace").selectOption("payments");
  await page.getByText("4 of 19 pools").waitFor();
  await select("Subnet").selectOption("dmz-v4");
  await shows(["gateway"]);
  await select("Namespace").selectOption("");
  await select("Pinned").selectOption("yes");
  await page.getByText("1 of 19 pools").waitFor();
  await shows(["dns"]);
  for (const label of ["Subnet", "Pinned"]) await select(label).selectOption("");
  await select("Waiting").selectOption("blocked");
  await page.getByText("3 of 19 pools").waitFor();
  await shows(["cache", "cache", "gateway"]);
  assert.match(page.url(), /standing=blocked/);
  await select("Waiting").selectOption("");
});

page_("sorts by column", async () => {
  await page.getByRole("button", { name: "Addresses" }).click();
  await page.getByRole("button", { name: "Addresses" }).click();

  assert.is(await page.getByRole("columnheader", { name: "Addresses" }).getAttribute("aria-sort"), "descending");
  // 13 addresses each: search with 12 + 1, relay with 12 + 1.
  await shows(["relay", "search"], { begin: true });
  await page.getByRole("button", { name: "Application" }).click();
});

page_("is gone through with the keyboard alone", async () => {
  await page.getByRole("grid", { name: "Pools" }).locator("[role=row][tabindex='0']").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  assert.is(await page.locator(":focus").getAttribute("aria-rowindex"), "20");
  await page.keyboard.press("Home");
  assert.is(await page.locator(":focus").getAttribute("aria-rowindex"), "2");
  await page.keyboard.press("Enter");
  await page.getByRole("article", { name: "Pool" }).waitFor();

  assert.is(await page.locator("h2:focus").innerText(), "etl");
});

page_("shows one pool: what it waits for, its facts, its pods' addresses, its timeline", async () => {
  await page.getByRole("searchbox", { name: "Search" }).fill("gateway");
  await page.getByText("1 of 19 pools").waitFor();
  await page.locator("#pools-grid .space .row").click();
  const pool = page.getByRole("article", { name: "Pool" });
  await pool.getByText("192.0.2.10", { exact: true }).waitFor();
  const text = await pool.innerText();

  assert.match(text, /InsufficientAddresses\s+dmz-v4 has 4 free addresses, 5 are needed/);
  assert.match(text, /Wanted\s+10\s+Addresses\s+5\s+In use\s+5/);
  assert.match(text, /created\.managed\s*→\s*scaling/);
  assert.match(text, /ensure a pool of 10/);
  assert.match(text, /create SpiderIPPool: 201 created in \d+ ms/);
  assert.match(text, /operation\.refused/);
  assert.match(text, /00:0\d:\d\d\.\d{3}/);
});

page_("goes to the pool's subnet, where each address says whose it is", async () => {
  await page.getByRole("article", { name: "Pool" }).getByRole("link", { name: "dmz-v4" }).click();
  const subnet = page.getByRole("article", { name: "Subnet" });
  await subnet.getByRole("grid", { name: "Pools of this subnet" }).waitFor();
  const words = subnet.locator("output");
  await subnet.locator("canvas").focus();

  assert.match(await words.innerText(), /^192\.0\.2\.10: pool auto4-gateway-eth0-\w+, pod payments\/gateway-/);
  await page.keyboard.press("End");
  assert.match(await words.innerText(), /^192\.0\.2\.3\d-192\.0\.2\.35: 4 free addresses$/);
  const box = await subnet.locator("canvas").boundingBox();
  assert.ok(box);
  await page.mouse.move((box?.x ?? 0) + 130, (box?.y ?? 0) + 12);
  assert.match(await words.innerText(), /pool auto4-gateway/);
  await page.mouse.click((box?.x ?? 0) + 130, (box?.y ?? 0) + 12);
  await page.getByRole("article", { name: "Pool" }).getByRole("heading", { name: "gateway" }).waitFor();
});

page_("shows a /64 as runs, and a /16 address by address or folded", async () => {
  for (const [name, words] of [
    ["backbone-v6", /of 2\.8 × 10¹⁴ addresses in 4 pools/],
    ["lab-v4", /^0 of 65,534 addresses in 0 pools/],
  ] as const) {
    await page.goto(`${url}#/subnets/${name}`);
    await page.getByRole("article", { name: "Subnet" }).getByRole("heading", { name }).waitFor();
    await page.getByText(words).waitFor();
  }
});

page_("goes back through the trace and forward again, and to what is now", async () => {
  await page.goto(`${url}#/`);
  const slider = page.getByRole("slider", { name: "Moment of the trace" });
  await page.getByRole("button", { name: "One step back" }).click();
  await page.getByText(/^As of /).waitFor();
  const last = Number(await slider.getAttribute("max"));
  assert.ok(last > 100);
  assert.is(Number(await slider.inputValue()), last - 1);

  await slider.focus();
  await page.keyboard.press("Home");
  await page.getByRole("link", { name: "created.managed 0 pools" }).waitFor();
  await page.getByRole("button", { name: "One step forward" }).click();
  await page.getByRole("link", { name: "pending 1 pool" }).waitFor();
  await slider.fill(String(Math.round(last / 2)));
  const number = page.locator("[data-count='created.managed'] text");
  await number.filter({ hasNotText: /^0$/ }).waitFor();
  const middle = (await stateNumber("created.managed")) ?? "";
  await slider.fill(String(last));
  await page.getByRole("link", { name: "created.managed 13 pools" }).waitFor();
  await slider.fill(String(Math.round(last / 2)));
  await number.filter({ hasText: new RegExp(`^${middle}$`) }).waitFor();
  await page.getByRole("button", { name: "Live" }).click();
  await page.getByText("Live", { exact: true }).first().waitFor();
  await page.getByRole("link", { name: "created.managed 13 pools" }).waitFor();
});

page_("plays the trace from its beginning, and pauses", async () => {
  const slider = page.getByRole("slider", { name: "Moment of the trace" });
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByText(/^\d+ of \d+ · shop\//).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  const stopped = await slider.inputValue();
  await page.waitForTimeout(600);

  assert.is(await slider.inputValue(), stopped);
  await page.getByRole("button", { name: "Live" }).click();
});

page_("had no fault in all of this, and asked nobody else", () => {
  assert.equal(faults, []);
});

page_.run();
