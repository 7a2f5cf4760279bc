import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { spiderIPPools, spiderSubnets } from "../../src/api/resources.ts";
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

/** Returns each pool's state in the table of one step, by the pool's name. */
function statesOf(step: string): Record<string, string> {
  const [, table = ""] = step.split(/^POOL .*\n/m);
  const rows = table.split("\n\n", 1)[0]?.trimEnd().split("\n") ?? [];
  return Object.fromEntries(rows.map((row) => row.split(/ {2,}/)).map(([name = "", state = ""]) => [name, state]));
}

const web = (step: string): string =>
  Object.entries(statesOf(step)).find(([name]) => name.startsWith("auto4-web-"))?.[1] ?? "";

const command = suite("autopool demo");

let output: string;
let code: number;
command.before(async () => {
  [output, code] = await play([]);
});

command("plays walk 2 and prints the walkthrough's table", () => {
  assert.is(code, 0);
  const [, cloneSet = ""] = stepsOf(output);
  const table = cloneSet
    .split("\n")
    .slice(3, 6)
    .join("\n")
    .replaceAll(/eth0-[0-9a-f]{5}/g, "eth0-00000");
  assert.is(
    table,
    `NAME                                      VERSION   SUBNET                    ALLOCATED-IP-COUNT   TOTAL-IP-COUNT   DEFAULT   DISABLE   APP-NAMESPACE
auto4-custom-kruise-cloneset-eth0-00000   4         172.16.0.0/16             0                    5                false     false     default
auto6-custom-kruise-cloneset-eth0-00000   6         fc00:f853:ccd:e790::/64   0                    5                false     false     default`,
  );
  assert.match(cloneSet, /CloneSet\/custom-kruise-cloneset +3$/m);
});

command("shows every turn in the life of a Deployment's pool", () => {
  const steps = stepsOf(output);

  assert.equal(steps.slice(3).map(web), [
    "pending → created.managed",
    "created.managed → scaling → created.managed",
    "created.managed → scaling → created.managed",
    "created.managed",
    "created.managed → orphaned.reclaiming → deleted",
    "pending → created.managed",
    "created.managed → orphaned.retained",
    "orphaned.retained → created.managed",
  ]);
});

command("shows the Event that tells why a pinned pool is not scaled", () => {
  const [, , scaled = ""] = stepsOf(output);

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
    .filter(({ spec }) => spec.ipVersion === 4)
    .reduce((sum, { status }) => sum + Number(status?.totalIPCount), 0);
  const [subnet] = server.objects<SpiderSubnet>(spiderSubnets);
  assert.is(subnet?.status?.allocatedIPCount, total);
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
