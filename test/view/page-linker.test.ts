import { createHash } from "node:crypto";
import { runInNewContext } from "node:vm";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { knownMachines } from "../../src/view/known-machines.ts";
import type { MachineGraph } from "../../src/view/machine-graph.ts";
import { pageDocument } from "../../src/view/page-document.ts";
import { pageFiles } from "../../src/view/page-files.ts";
import { link } from "../../src/view/page-linker.ts";

/** Links modules that are given by name, and returns what the last one leaves in `result`. */
function run(modules: Readonly<Record<string, string>>): unknown {
  const script = link("main", { load: (path) => modules[path] ?? "", resolve: (name) => name.replace("./", "") });
  const context = { result: undefined as unknown };
  runInNewContext(script, context);
  // What comes from another context has other prototypes.
  return structuredClone(context.result);
}

const linker = suite("link");

linker("runs each module once, those that are imported first", () => {
  const modules = {
    main: 'import { a } from "./a";\nimport * as b from "./b";\nresult = [a(), b.next(), b.next()];',
    a: 'import { next as one, type Two } from "./b";\nexport function a() {\n  return one();\n}',
    b: "let count = 0;\nexport const next = () => ++count;\nexport class Two {}",
  };

  // What is only a type is gone before this.
  assert.equal(run({ ...modules, a: modules.a.replace(", type Two", "") }), [1, 2, 3]);
});

linker("keeps private names of modules apart", () => {
  const module = (value: number): string => `const secret = ${value};\nexport const tell${value} = () => secret;`;
  const main = 'import { tell1 } from "./one";\nimport { tell2 } from "./two";\nresult = [tell1(), tell2()];';

  assert.equal(run({ main, one: module(1), two: module(2) }), [1, 2]);
});

linker("refuses what it does not know, and modules that import themselves", () => {
  assert.throws(() => run({ main: "export default 1;" }), /Cannot link "main": it has "export default 1;"/);
  assert.throws(() => run({ main: 'export { a } from "./a";' }), /Cannot link "main"/);
  assert.throws(() => run({ main: 'const a = await import("./a");' }), /Cannot link "main": it has "import\("/);
  assert.throws(
    () => run({ main: 'import { a } from "./a";', a: 'import { b } from "./main";\nexport const a = 1;' }),
    /Cannot link "main": it imports itself/,
  );
});

linker.run();

const document = suite("pageDocument");

document("allows its own script and styles, and nothing else", async () => {
  const graph = knownMachines["pool"]?.graph() as MachineGraph;
  const { html, policy } = await pageDocument(pageFiles(), { mode: "live", graph });
  const directives = new Map(policy.split("; ").map((text) => [text.split(" ", 1)[0], text]));
  const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

  for (const [tag, directive] of [
    ["script", "script-src"],
    ["style", "style-src"],
  ] as const) {
    const texts = [...html.matchAll(new RegExp(`<${tag}(?: type="module")?>([\\s\\S]*?)</${tag}>`, "g"))];
    const hashes = texts.map(([, text = ""]) => hash(text));
    assert.ok(hashes.length > 0);
    assert.is(directives.get(directive), `${directive} ${hashes.join(" ")}`);
  }
  assert.is(directives.get("default-src"), "default-src 'none'");
  assert.is(directives.get("connect-src"), "connect-src 'self'");
  assert.not.match(html, /<!--\w+-->/);
  assert.not.match(html, /(?:src|href)="(?:https?:)?\/\//);
  assert.not.match(html, / on\w+=| style="/);
});

document("has its settings where no text in them can end it", async () => {
  const graph = { id: "x", initial: "a", states: [], edges: [] } as unknown as MachineGraph;
  const files = { frame: "<!--settings-->", style: "", script: "" };
  const { html } = await pageDocument(files, { mode: "trace", graph: { ...graph, id: "</script><script>" } });

  assert.is(html.match(/<\/script>/g)?.length, 1);
});

document.run();
