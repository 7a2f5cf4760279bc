/** The plugin's log on the host: what is written, and that it never stands in the way. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { openLog } from "../../src/cni/log-file.ts";
import type { LogSettings } from "../../src/cni/network-configuration.ts";
import { callPlugin, listen, notingService, PluginPlace, podEnvironment } from "../support/cni-plugin.ts";

const folder = mkdtempSync(join(tmpdir(), "autopool-log-"));
const logs = suite("CNI plugin: the log");
logs.after(() => rmSync(folder, { recursive: true }));

let count = 0;
function settings(own: Partial<LogSettings> = {}): LogSettings {
  count += 1;
  const path = join(folder, `${count}/plugin.log`);
  return { level: "info", path, sizeMax: 1, ageMax: 30, countMax: 7, ...own };
}

const filesBeside = ({ path }: LogSettings): string[] => readdirSync(join(path, "..")).sort();

logs("has one JSON object per line, in a folder that is made", () => {
  const own = settings();
  openLog(own, createVirtualClock(), 1).info("addresses allocated", { addresses: ["10.0.0.1/24"] });

  const [line = ""] = readFileSync(own.path, "utf8").split("\n");
  const { level, msg, addresses } = JSON.parse(line);
  assert.equal([level, msg, addresses], ["info", "addresses allocated", ["10.0.0.1/24"]]);
});

for (const [level, lines] of [
  ["debug", 3],
  ["INFO", 2],
  ["Error", 1],
  ["fatal", 0],
  ["panic", 0],
] as const) {
  logs(`has ${lines} of three lines at level ${level}`, () => {
    const own = settings({ level });
    const log = openLog(own, createVirtualClock(), 1);
    log.debug("a");
    log.info("b");
    log.error("c");

    const written = existsSync(own.path) ? readFileSync(own.path, "utf8").split("\n").length - 1 : 0;
    assert.is(written, lines);
  });
}

logs("begins a new file when one is full, and keeps so many old ones", async () => {
  const own = settings({ countMax: 2 });
  const clock = createVirtualClock();
  const log = openLog(own, clock, 7);
  for (let i = 0; i < 5; i += 1) {
    log.info("x".repeat(2 ** 20));
    await clock.advance(1000);
  }

  const files = filesBeside(own);
  assert.is(files.length, 2);
  assert.ok(files.every((name) => /^plugin-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{6}Z-7\.log$/.test(name)));
});

logs("clears away what is too old, and nothing that is not its own", async () => {
  const own = settings({ countMax: 0, ageMax: 3 });
  const clock = createVirtualClock();
  const log = openLog(own, clock, 7);
  log.info("first");
  const beside = join(own.path, "..");
  const [old, foreign] = [join(beside, "plugin-2020-01-01T00-00-00.000000Z-1.log"), join(beside, "plugin-mine.log")];
  for (const path of [old, foreign]) {
    writeFileSync(path, "");
    utimesSync(path, 0, 0);
  }

  await clock.advance(40 * 24 * 3600 * 1000);
  log.info("x".repeat(2 ** 20));

  assert.not.ok(existsSync(old));
  assert.ok(existsSync(foreign));
});

logs("does not stand in the way of an ADD when it cannot be written", async () => {
  const place = new PluginPlace();
  const server = await listen(place.socket, notingService([]));
  writeFileSync(join(place.folder, "file"), "");
  const ipam = { log_file_path: join(place.folder, "file/plugin.log") };

  const ran = await callPlugin({ ...podEnvironment, CNI_COMMAND: "ADD" }, place.configuration({}, ipam));

  assert.equal([ran.exitCode, ran.stderr], [0, ""]);
  await server.close();
  place.remove();
});

logs("tells of a refused call, with its pod", async () => {
  const place = new PluginPlace();

  await callPlugin({ ...podEnvironment, CNI_COMMAND: "ADD" }, place.configuration());

  const line = JSON.parse(readFileSync(place.logFile, "utf8").trim());
  assert.equal([line.level, line.msg, line.command, line.podName], ["error", "call failed", "ADD", "web-0"]);
  assert.match(line.error, /^unhealthy spiderpool-agent backend/);
  place.remove();
});

logs.run();
