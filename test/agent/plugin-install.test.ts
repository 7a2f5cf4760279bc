/** How the CNI plugin's executable comes into the runtime's folder. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { installPlugin } from "../../src/agent/plugin-install.ts";

const install = suite("plugin installation");
let folder = "";
let source = "";
install.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "autopool-install-"));
  source = join(folder, "autopool-cni");
  writeFileSync(source, "x".repeat(3 * 2 ** 20), { mode: 0o600 });
});
install.after.each(() => rmSync(folder, { recursive: true }));

install("puts an executable file under the type's name, in a folder that is made", async () => {
  const bin = join(folder, "cni/bin");

  assert.is(await installPlugin({ source, folder: bin }), "installed");
  assert.is(await installPlugin({ source, folder: bin, type: "autopool" }), "installed");

  assert.equal(readdirSync(bin).sort(), ["autopool", "spiderpool"]);
  assert.is(statSync(join(bin, "spiderpool")).mode & 0o777, 0o755);
  assert.equal(readFileSync(join(bin, "spiderpool")), readFileSync(source));
});

install("leaves what is the same alone", async () => {
  await installPlugin({ source, folder });
  const { ino } = statSync(join(folder, "spiderpool"));

  assert.is(await installPlugin({ source, folder }), "unchanged");

  assert.is(statSync(join(folder, "spiderpool")).ino, ino);
});

for (const [what, text] of [
  ["of the same size", `${"x".repeat(3 * 2 ** 20 - 1)}y`],
  ["that is shorter", "old"],
] as const) {
  install(`replaces a file ${what} as a whole, and nothing beside it`, async () => {
    writeFileSync(join(folder, "spiderpool"), text, { mode: 0o755 });
    writeFileSync(join(folder, "bridge"), "bridge");
    // What an installation leaves that was killed.
    writeFileSync(join(folder, ".spiderpool.autopool"), "half");
    const { ino } = statSync(join(folder, "spiderpool"));

    assert.is(await installPlugin({ source, folder }), "installed");

    assert.is.not(statSync(join(folder, "spiderpool")).ino, ino);
    assert.equal(readFileSync(join(folder, "spiderpool")), readFileSync(source));
    assert.equal(readdirSync(folder).sort(), ["autopool-cni", "bridge", "spiderpool"]);
  });
}

install("leaves no half of a file behind when it fails", async () => {
  mkdirSync(join(folder, "spiderpool/full"), { recursive: true });

  const code = await installPlugin({ source, folder }).catch((error: NodeJS.ErrnoException) => error.code);

  assert.is(code, "EISDIR");
  assert.equal(readdirSync(folder).sort(), ["autopool-cni", "spiderpool"]);
});

install("refuses a type that is no file name", async () => {
  const message = await installPlugin({ source, folder, type: "../x" }).catch((error: Error) => error.message);

  assert.match(message, /^Cannot install the CNI plugin as "\.\.\/x": /);
});

install.run();
