/** Commands whose output is read more slowly than it is written, as by a pager. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const trace = new URL("../traces/every-native-kind.ndjson", import.meta.url).pathname;
/** Far more than a pipe holds. */
const copies = 20;

const reading = suite("output to a slow reader");

reading("comes as a whole", async () => {
  const files = Array.from({ length: copies }, () => trace);
  const child = spawn(process.execPath, ["src/main.ts", "trace", ...files], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  await once(child.stdout, "readable");
  // All is printed by then, if it is not waited for the reader.
  await Promise.race([ended, sleep(1_500)]);
  let length = 0;
  for await (const chunk of child.stdout) length += (chunk as Buffer).length;
  assert.equal(await ended, [0, null]);
  assert.is(length, copies * readFileSync(trace).length);
});

reading.run();
