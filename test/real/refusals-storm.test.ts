/**
 * Every refusal at once, on the real API server: waiting pools cost next to no requests, whatever they wait for and whatever
 * happens around them.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { spiderSubnets } from "../../src/api/resources.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import { type Asking, deployment } from "../support/manifests.ts";
import type { Place } from "../support/place.ts";
import { removeObject } from "../support/real.ts";
import { Stage } from "../support/stage.ts";

const storm = suite("requests of refused pools");
let stage: Stage;

storm.before(async () => {
  stage = await Stage.open();
});
storm.after.each(() => stage.clear());
storm.after(() => stage.close());

const ofEach = 5;
const seconds = 4;

/** Lets some applications wait for every reason there is; returns how many pools wait. */
async function refuseAll(place: Place): Promise<number> {
  const leaving = await place.addSubnet(4, 10);
  await place.run(deployment, "stays", { subnet: { ipv4: [leaving] }, number: "1" }, 0);
  await place.run(deployment, "holder", { subnet: { ipv4: [place.v4] }, number: "8" }, 0);
  await place.run(deployment, "blocked", { subnet: { ipv4: [place.v4] }, number: "2" }, 0);
  const blocked = (await place.poolsOf(1, 2, 8)).find(({ metadata }) => metadata.name.startsWith("auto4-blocked"));
  const [first = "", last = ""] = blocked?.spec.ips?.[0]?.split("-") ?? [];
  await place.occupy(blocked?.metadata.name ?? "", first, last);
  await place.ask(deployment, "blocked", { subnet: { ipv4: [place.v4] }, number: "1" });
  await place.told("Deployment", "blocked", "ShrinkBlocked", /2 addresses are in use/);
  await removeObject(stage.cluster, spiderSubnets, { name: leaving });
  const number = "5";
  const refused: Readonly<Record<string, Asking>> = {
    missing: { subnet: { ipv4: [`${place.namespace}-missing`] }, number },
    full: { subnet: { ipv4: [place.v4] }, number },
    terminating: { subnet: { ipv4: [leaving] }, number },
    wrong: { subnet: { ipv6: [place.v4] }, number },
    malformed: { subnet: "{", number },
    nonsense: { subnet: { ipv4: [place.v4] }, number: "many" },
  };
  for (const [name, asking] of Object.entries(refused)) {
    for (let index = 0; index < ofEach; index += 1) await place.run(deployment, `${name}-${index}`, asking, 0);
  }
  for (const name of Object.keys(refused)) {
    await eventually(async () => {
      const { message = "" } =
        (await place.events("Deployment", `${name}-${ofEach - 1}`, reasons[name] ?? ""))[0] ?? {};
      assert.ok(message, `${name} was not told`);
    });
  }
  return Object.keys(refused).length * ofEach + 1;
}

const reasons: Readonly<Record<string, string>> = {
  missing: "SubnetNotFound",
  full: "InsufficientAddresses",
  terminating: "SubnetTerminating",
  wrong: "SubnetWrongFamily",
  malformed: "InvalidAnnotation",
  nonsense: "InvalidAnnotation",
};

storm("a refusal costs no more than telling it, and waiting costs nothing", async () => {
  const place = await stage.place({ v4: 12 });
  const before = stage.requests.length;
  const pools = await refuseAll(place);
  await stage.quiet();
  const toTell = stage.requests.length - before;
  assert.ok(toTell <= pools * 2 + 30, `${toTell} requests to refuse ${pools} pools`);

  await sleep(systemClock, seconds * 1000);

  const idle = stage.requests.length - before - toTell;
  assert.is(idle, 0, `${idle} requests in ${seconds} s while ${pools} pools wait`);
});

storm("waiting pools stay quiet while others come, grow and go in the same full subnet", async () => {
  const place = await stage.place({ v4: 12 });
  const pools = await refuseAll(place);
  await stage.quiet();
  const before = stage.requests.length;
  const startedAt = systemClock.now();

  for (let round = 0; round < 5; round += 1) {
    await place.run(deployment, "guest", { subnet: { ipv4: [place.v4] }, number: "1" }, 0);
    await eventually(async () => assert.is((await place.pools()).length, 4));
    await place.ask(deployment, "guest", { subnet: { ipv4: [place.v4] }, number: "2" });
    await eventually(async () =>
      assert.ok(
        (await place.pools()).some(
          ({ metadata, status }) => metadata.name.startsWith("auto4-guest") && status?.totalIPCount === 2,
        ),
      ),
    );
    await place.end(deployment, "guest");
    await eventually(async () => assert.is((await place.pools()).length, 3));
  }
  await stage.quiet();

  const elapsed = (systemClock.now() - startedAt) / 1000;
  const requests = stage.requests.length - before;
  const perPool = requests / pools / elapsed;
  assert.ok(perPool < 1, `${requests} requests in ${elapsed.toFixed(1)} s for ${pools} waiting pools`);
  assert.ok(requests <= 5 * 20, `${requests} requests for 5 guests`);
  assert.ok(stage.requests.slice(before).every(({ plural }) => plural !== "events") || requests <= 60);
});

storm.run();
