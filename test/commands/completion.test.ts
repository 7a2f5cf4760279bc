/**
 * Completion of command lines: what is offered follows from the table of commands, and bash offers the same as the program.
 * @module
 */

import { execFileSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { commands } from "../../src/commands/command-table.ts";
import { completion, describeAll } from "../../src/commands/completion.ts";
import { scripts } from "../../src/commands/completion-scripts.ts";
import { candidates, completedCommand } from "../../src/commands/completion-words.ts";
import { outputFlag } from "../../src/commands/output.ts";
import { ConfigError } from "../../src/config.ts";

const completing = suite("autopool completion");

async function printed(...args: string[]): Promise<string> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  assert.is(await completion.execute(args, { signal: new AbortController().signal, print }), 0);
  return lines.join("\n");
}

completing("offers commands, options, and the values that an option may have", async () => {
  const all = await describeAll();
  const offered = (...line: string[]) => candidates(all, line);

  assert.equal(offered("").words, [...Object.keys(commands), "help"]);
  assert.equal(offered("who").words, ["who-has"]);
  assert.equal(offered("explain", "-o", "").words, outputFlag.choices);
  assert.equal(offered("explain", "--output", "y").words, ["yaml"]);
  assert.equal(offered("explain", "--output=y").words, ["--output=yaml"]);
  assert.ok(offered("check", "--").words.includes("--repair"));
  assert.ok(offered("run", "--log").words.includes("--log-level"));
  assert.equal(offered("run", "--log-level", "").words, ["debug", "info", "warn", "error"]);
  assert.equal(offered("run", "--enable-gc", "t").words, ["true"]);
  assert.equal(offered("plan", "-f", ""), { words: [], files: true });
  assert.equal(offered("check", "--kubeconfig", ""), { words: [], files: true });
  assert.equal(offered("lint", ""), { words: [], files: true });
  assert.equal(offered("who-has", ""), { words: [], files: false });
  assert.equal(offered("graph", "").words.length > 0, true);
  assert.equal(offered("completion", "f").words, ["fish"]);
  assert.equal(offered("nothing", ""), { words: [], files: false });
});

completing("has every option of every command, so that none is forgotten", async () => {
  for (const { name, options } of await describeAll()) {
    const help = (await commands[name]?.())?.help() ?? "";
    const named = new Set([...help.matchAll(/^ {2}(?:-\w, | {4})?(--[a-z][a-z0-9-]*)/gm)].map(([, long = ""]) => long));
    const known = new Set(options.map(({ long }) => long));
    assert.equal(
      [...named].filter((long) => !known.has(long)),
      [],
      `autopool ${name}`,
    );
  }
});

completing("offers in bash what the program offers", async () => {
  const all = await describeAll();
  const script = await printed("bash");
  for (const line of [
    [""],
    ["ex"],
    ["explain", "-"],
    ["explain", "--na"],
    ["explain", "-o", ""],
    ["check", "-o", "j"],
    ["run", "--log-format", ""],
    ["graph", ""],
    ["completion", ""],
    ["who-has", ""],
    ["nothing", ""],
  ]) {
    assert.equal(bash(script, line), [...candidates(all, line).words].sort(byText), line.join(" "));
  }
  // An equals sign parts words in bash.
  assert.equal(bash(script, ["explain", "--output", "=", "y"]), ["yaml"]);
  assert.equal(bash(script, ["explain", "--output", "="]), [...(outputFlag.choices ?? [])].sort(byText));
});

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

/** What bash offers for the last word. */
function bash(script: string, line: readonly string[]): string[] {
  const words = ["autopool", ...line].map((word) => `'${word}'`).join(" ");
  const program = `${script}\nCOMP_WORDS=(${words}); COMP_CWORD=${line.length}; _autopool; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync("bash", ["-c", program], { encoding: "utf8", cwd: import.meta.dirname });
  return output.split("\n").filter(Boolean).sort(byText);
}

completing("quotes what shells would read otherwise", () => {
  const tricky = completedCommand("odd", "it's [odd]: \\ $HOME", {
    flags: [{ name: "flag", value: "VALUE", help: "what's [this]: $(id) `id`" }],
  });

  execFileSync("bash", ["-n"], { input: scripts["bash"]?.([tricky]) ?? "" });
  assert.match(scripts["zsh"]?.([tricky]) ?? "", /'--flag=\[what'\\''s \\\[this\\\]\\: \$\(id\) `id`\]:VALUE: '/);
  assert.match(scripts["fish"]?.([tricky]) ?? "", /-l flag -x -d 'what\\'s \[this\]: \$\(id\) `id`'/);
});

completing("speaks kubectl's language for its plugin", async () => {
  assert.equal((await printed("words", "--", "check", "-o", "")).split("\n"), ["text", "wide", "json", "yaml", ":4"]);
  assert.equal((await printed("words", "--", "plan", "-f", "")).split("\n"), [":0"]);
  assert.match(await printed("kubectl"), /^#!\/bin\/sh\n(?:#.*\n)+exec kubectl-autopool completion words -- "\$@"$/);
});

completing("says which shells there are", async () => {
  for (const [args, message] of [
    [[], /Cannot choose a shell: name one of bash, zsh, fish, kubectl/],
    [["csh"], /Cannot complete for "csh": name one of bash/],
    [["bash", "now"], /Cannot use argument "now": name one shell/],
  ] as const) {
    try {
      await printed(...args);
      assert.unreachable(args.join(" "));
    } catch (error) {
      assert.instance(error, ConfigError);
      assert.match((error as Error).message, message);
    }
  }
});

completing.run();
