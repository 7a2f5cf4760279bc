/** The log level of a process that runs, as an administrator changes it: by a signal. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { eventually } from "../support/eventually.ts";
import { root } from "../support/source.ts";

const test = suite<{ folder: string }>("the log level while it runs");

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "autopool-log-level-"));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

/** A kubeconfig whose API server is not there: what waits for one has time to be told something. */
function nowhere(folder: string): string {
  const path = join(folder, "kubeconfig");
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "none", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "nobody", user: { token: "none" } }],
    contexts: [{ name: "none", context: { cluster: "none", user: "nobody" } }],
    "current-context": "none",
  };
  writeFileSync(path, JSON.stringify(kubeconfig));
  return path;
}

test("goes to debug at SIGUSR2, and back at another one", async ({ folder }) => {
  const args = ["src/main.ts", "run", "--kubeconfig", nowhere(folder), "--leader-elect", "false"];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "close");
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const levels = (): string[] =>
    [...errors.matchAll(/"log level changed[^}]*"to":"(\w+)"}/g)].map(([, to]) => to ?? "");
  try {
    await eventually(() => assert.match(errors, "watch failed"), { seconds: 60 });
    child.kill("SIGUSR2");
    await eventually(() => assert.equal(levels(), ["debug"]), { seconds: 20 });
    child.kill("SIGUSR2");
    await eventually(() => assert.equal(levels(), ["debug", "info"]), { seconds: 20 });
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
});

test.run();
