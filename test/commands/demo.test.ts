import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isAutoPool, type SpiderIPPool } from "../../src/api/ippool.ts";
import type { Pod } from "../../src/api/pod.ts";
import { pods as podResource, spiderEndpoints, spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import type { CommandContext } from "../../src/commands/command.ts";
import { demo } from "../../src/commands/demo.ts";
import { Stage } from "../../src/commands/demo-stage.ts";
import { ConfigError, wantsColors } from "../../src/config.ts";
import { story } from "../../src/simulation/story.ts";
import { violationsOf } from "../support/invariants.ts";

/** Runs the demo and returns what it printed and its exit code. */
async function play(args: readonly string[], context: Partial<CommandContext> = {}): Promise<[string, number]> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  const code = await demo.execute(args, { signal: new AbortController().signal, print, ...context });
  return [lines.join("\n"), code];
}

/** Returns what was printed of each step. */
function stepsOf(output: string): string[] {
  return output.split(/^\d+\. /m).slice(1);
}

/** Returns the rows of the table in one step whose header begins so, cell by cell; other tables may follow. */
function rowsOf(step: string, header: RegExp): string[][] {
  const [, table = ""] = step.split(new RegExp(`^${header.source}.*\\n`, "m"));
  const rows = table.split("\n\n", 1)[0]?.trimEnd().split("\n") ?? [];
  return rows.map((row) => row.split(/ {2,}/));
}

/** Returns each pool's state in the table of one step, by the pool's name. */
function statesOf(step: string): Record<string, string> {
  return Object.fromEntries(rowsOf(step, /POOL /).map(([name = "", state = ""]) => [name, state]));
}

/** Returns "used of all" for each pool in one step, by the pool's name without its hash. */
function usesOf(step: string): Record<string, string> {
  const rows = rowsOf(step, /NAME +VERSION/);
  return Object.fromEntries(
    rows.map(([name = "", , , used, all]) => [name.replace(/-[0-9a-f]{5}$/, ""), `${used} of ${all}`]),
  );
}

interface Row {
  readonly name: string;
  readonly status: string;
  readonly ips: readonly string[];
}

/** Returns the pods in one step. */
function podsOf(step: string): Row[] {
  return rowsOf(step, /NAME +STATUS/).map(([name = "", status = "", ips = ""]) => ({
    name,
    status,
    ips: ips === "<none>" ? [] : ips.split(","),
  }));
}

/** Returns the pods' addresses of one family, sorted. */
const addressesOf = (step: string, family: 4 | 6): string[] =>
  podsOf(step)
    .flatMap(({ ips }) => ips.filter((ip) => ip.includes(":") === (family === 6)))
    .sort();

const cloneSetPools = ["auto4-custom-kruise-cloneset-eth0", "auto6-custom-kruise-cloneset-eth0"];

const web = (step: string): string =>
  Object.entries(statesOf(step)).find(([name]) => name.startsWith("auto4-web-"))?.[1] ?? "";

const command = suite("autopool demo");

let output: string;
let code: number;
command.before(async () => {
  [output, code] = await play([]);
});

command("plays walk 1: 3 pods with addresses out of the 11, free again without them", () => {
  const [walk = "", deleted = ""] = stepsOf(output);

  assert.equal(usesOf(walk), { "custom-ipv4-ippool": "3 of 11" });
  assert.equal(addressesOf(walk, 4), ["172.18.41.40", "172.18.41.41", "172.18.41.42"]);
  assert.ok(podsOf(walk).every(({ status }) => status === "Running"));
  assert.equal(usesOf(deleted), { "custom-ipv4-ippool": "0 of 11" });
  assert.match(deleted, /^No resources found$/m);
});

command("plays walk 2 and prints the walkthrough's table, the addresses with 3 pods", () => {
  assert.is(code, 0);
  const [, , , walk = ""] = stepsOf(output);
  const table = walk
    .split("\n")
    .slice(3, 6)
    .join("\n")
    .replaceAll(/eth0-[0-9a-f]{5}/g, "eth0-00000");
  assert.is(
    table,
    `NAME                                      VERSION   SUBNET                    ALLOCATED-IP-COUNT   TOTAL-IP-COUNT   DEFAULT   DISABLE   APP-NAMESPACE
auto4-custom-kruise-cloneset-eth0-00000   4         172.16.0.0/16             3                    5                false     false     default
auto6-custom-kruise-cloneset-eth0-00000   6         fc00:f853:ccd:e790::/64   3                    5                false     false     default`,
  );
  assert.equal(
    podsOf(walk).map(({ status }) => status),
    ["Running", "Running", "Running"],
  );
  assert.equal(addressesOf(walk, 4), ["172.16.41.1", "172.16.41.2", "172.16.41.3"]);
  assert.equal(addressesOf(walk, 6), ["fc00:f853:ccd:e790::1", "fc00:f853:ccd:e790::2", "fc00:f853:ccd:e790::3"]);
});

command("fills the pinned pools with 5 pods, and has the sixth wait until one of them ends", () => {
  const [, , , , five = "", six = "", oneEnded = ""] = stepsOf(output);
  for (const step of [five, six, oneEnded]) {
    assert.equal(
      cloneSetPools.map((pool) => usesOf(step)[pool]),
      ["5 of 5", "5 of 5"],
    );
  }
  const [waiting, ...others] = podsOf(six).filter(({ status }) => status === "Pending");

  assert.is(podsOf(six).length, 6);
  assert.equal([waiting?.ips, others], [[], []]);
  for (const reason of ["AddressesExhausted", "FailedCreatePodSandBox"]) {
    const [v4, v6] = cloneSetPools.map((pool) => `\\[${pool}-\\w+\\]: all IP addresses used out \\(.*-\\w+ has 5\\)`);
    const event = `^Warning +${reason} +Pod/${waiting?.name} +.*IPv4.*${v4}, .*IPv6.*${v6}\\]$`;
    assert.match(six, new RegExp(event, "m"));
  }

  const served = podsOf(oneEnded).find(({ name }) => name === waiting?.name);
  const before = new Set(podsOf(oneEnded).map(({ name }) => name));
  const gone = podsOf(six).filter(({ name }) => !before.has(name));
  assert.is(served?.status, "Running");
  assert.equal(
    [served?.ips],
    gone.map(({ ips }) => ips),
  );
});

command("shows every turn in the life of a Deployment's pool, and its pods in it", () => {
  const steps = stepsOf(output).slice(7, 15);

  assert.equal(steps.map(web), [
    "pending → created.managed",
    "created.managed → scaling → created.managed",
    "created.managed → scaling → created.managed",
    "created.managed",
    "created.managed → orphaned.reclaiming → deleted",
    "pending → created.managed",
    "created.managed → orphaned.retained",
    "orphaned.retained → created.managed",
  ]);
  assert.equal(
    steps.map((step) => usesOf(step)["auto4-web-eth0"]),
    ["2 of 3", "6 of 7", "4 of 5", "4 of 5", undefined, "2 of 3", "0 of 3", "2 of 3"],
  );
  const [, , scaled = "", rolled = ""] = steps;
  const names = new Set(podsOf(scaled).map(({ name }) => name));
  assert.not(podsOf(rolled).some(({ name }) => names.has(name)));
});

command("has the pods of a StatefulSet keep their addresses when they are deleted", () => {
  const [created = "", restarted = ""] = stepsOf(output).slice(15);

  assert.equal(
    podsOf(created).map(({ name, status }) => [name, status]),
    ["db-0", "db-1", "db-2"].map((name) => [name, "Running"]),
  );
  assert.equal(podsOf(restarted), podsOf(created));
  assert.is(usesOf(restarted)["auto4-db-eth0"], "3 of 4");
});

command("shows the Event that tells why a pinned pool is not scaled", () => {
  const [, , , , , scaled = ""] = stepsOf(output);

  assert.match(scaled, /^Warning +ScalingDisabled +CloneSet\/custom-kruise-cloneset +\S/m);
  assert.equal(new Set(Object.values(statesOf(scaled))), new Set(["created.pinned"]));
});

command("prints the same every time", async () => {
  assert.is((await play([]))[0], output);
});

command("colours nothing unless a terminal wants it", async () => {
  const colour = String.fromCharCode(27);
  const ended = new AbortController();
  // Ended during the first step: a person's reading time is real.
  const print = (line: string): void => {
    if (line.includes(colour)) ended.abort();
  };
  await play([], { print, signal: ended.signal, terminal: { hasColors: true } });

  assert.not(output.includes(colour));
  assert.ok(ended.signal.aborted);
  assert.equal([{}, { NO_COLOR: "1" }, { NO_COLOR: "" }, { TERM: "dumb" }].map(wantsColors), [
    true,
    false,
    true,
    false,
  ]);
});

command("stays with --keep until it is asked to end", async () => {
  const ended = new AbortController();
  const lines: string[] = [];
  const print = (line: string): void => {
    lines.push(line);
    if (line.includes("Ctrl-C")) setTimeout(() => ended.abort(), 250);
  };

  const [, ending] = await play(["--keep"], { print, signal: ended.signal });

  assert.is(ending, 0);
  assert.match(lines.at(-1) ?? "", /Ctrl-C/);
});

command("refuses arguments that it does not know", async () => {
  for (const arg of ["--kep", "--keep=1", "now"]) {
    const error = await play([arg]).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.instance(error, ConfigError);
    assert.match((error as Error).message, `"${arg}"`);
  }
});

command("explains itself", () => {
  assert.match(demo.help(), /--keep/);
  assert.match(demo.help(), /Exit codes/);
});

command.run();

const stage = suite("the demo's cluster");

stage("keeps pools, records and subnets true to each other at every commit", async () => {
  const { server, ...stage } = await openStage();
  const broken = new Set<string>();
  server.observe(() => {
    const subnets = server.objects<SpiderSubnet>(spiderSubnets);
    for (const { text } of violationsOf(subnets, server.objects<SpiderIPPool>(spiderIPPools))) broken.add(text);
  });

  await stage.playAll();

  assert.equal([...broken], []);
});

stage("gives all addresses back that no pool has", async () => {
  const { server, ...stage } = await openStage();

  await stage.playAll();

  const total = server
    .objects<SpiderIPPool>(spiderIPPools)
    .filter((pool) => isAutoPool(pool) && pool.spec.ipVersion === 4)
    .reduce((sum, { status }) => sum + Number(status?.totalIPCount), 0);
  const [subnet] = server.objects<SpiderSubnet>(spiderSubnets);
  assert.is(subnet?.status?.allocatedIPCount, total);
});

stage("never has two pods with one address, and in the end as many records and endpoints as pods", async () => {
  const { server, ...stage } = await openStage();
  const pods = (): Pod[] => server.objects<Pod>(podResource);
  const addresses = (): string[] => pods().flatMap(({ status }) => status?.podIPs?.map(({ ip }) => ip) ?? []);
  const shared = new Set<string>();
  server.observe(({ resource }) => {
    if (resource.kind !== podResource.kind) return;
    const seen = new Set<string>();
    for (const ip of addresses()) if (seen.size === seen.add(ip).size) shared.add(ip);
  });

  await stage.playAll();

  const records = server.objects<SpiderIPPool>(spiderIPPools).map(({ status }) => Number(status?.allocatedIPCount));
  assert.equal([...shared], []);
  assert.is(
    records.reduce((sum, count) => sum + count, 0),
    addresses().length,
  );
  assert.equal(
    server.objects(spiderEndpoints).map(({ metadata }) => metadata.name),
    pods().map(({ metadata }) => metadata.name),
  );
});

stage("keeps the addresses of a StatefulSet's pods in use while they are away", async () => {
  const { server, ...stage } = await openStage();
  const counts: number[] = [];
  server.observe(({ object }) => {
    const { metadata, status } = object as unknown as SpiderIPPool;
    if (metadata.name.startsWith("auto4-db-")) counts.push(Number(status?.allocatedIPCount ?? 0));
  });

  await stage.playAll();

  assert.is(Math.max(...counts), 3);
  assert.equal(
    counts,
    counts.toSorted((a, b) => a - b),
  );
});

stage.run();

async function openStage(): Promise<{ server: Stage["server"]; playAll(): Promise<void> }> {
  const opened = await Stage.open();
  return {
    server: opened.server,
    async playAll() {
      for (const step of story) await opened.perform(step);
      await opened.close();
    },
  };
}
