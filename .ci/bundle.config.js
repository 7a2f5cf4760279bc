// How the one file is made: everything in it, readable, and without the client's generated models, which nobody calls.
// BUNDLE=ENTRY:FILE makes another one the same way (the bench does).
import { chmodSync } from "node:fs";
import { isBuiltin } from "node:module";
import { pathToFileURL } from "node:url";
import { billOfMaterials } from "./bill-of-materials.ts";

const [input, file] = (process.env.BUNDLE ?? "src/main.ts:dist/autopool.mjs").split(":");

// Files that the program is made of beside its code are read where its source is, each by a module `*-files.ts` whose functions
// need nothing; the one file has what they return in itself.
const embedded = {
  name: "embedded files",
  async load(id) {
    if (!/\/src\/.*-files\.ts$/.test(id)) return null;
    const functions = Object.entries(await import(pathToFileURL(id).href));
    return functions.map(([name, read]) => `export const ${name} = () => (${JSON.stringify(read())});`).join("\n");
  },
};

// Of one part of the client's (proxies by SOCKS), and reads all of the environment as it loads.
const withoutDebug = {
  name: "without debug",
  resolveId: (id) => (id === "debug" ? "\0no-debug" : null),
  load: (id) => (id === "\0no-debug" ? "module.exports = () => () => {};" : null),
};

// What Node.js brings is loaded where it is first used and not before: HTTP and TLS alone take longer than `--version` may.
const lateBuiltins = {
  name: "late builtins",
  resolveId: (id) => (isBuiltin(id) ? `\0builtin:${id.replace(/^node:/, "")}` : null),
  load(id) {
    const [, name] = id.split("\0builtin:");
    return name === undefined ? null : `module.exports = process.getBuiltinModule("node:${name}");`;
  },
};

const executable = { name: "executable", writeBundle: () => chmodSync(file, 0o755) };

// Switches of the HTTP client's own. Deno asks for a permission for each variable that is read (docs/runtimes.md).
const unread = ["UNDICI_NO_WASM_SIMD", "UNDICI_USE_MILO", "JEST_WORKER_ID"];

export default {
  input,
  platform: "node",
  // Nobody imports anything of it by name, and the certificates need what it does.
  treeshake: { moduleSideEffects: (id) => id.includes("/reflect-metadata/") },
  transform: {
    target: "node22.19",
    define: Object.fromEntries(unread.map((name) => [`process.env.${name}`, "undefined"])),
  },
  plugins: [embedded, withoutDebug, lateBuiltins, billOfMaterials(file), executable],
  output: { file, format: "esm", codeSplitting: false },
};
