/**
 * `autopool completion SHELL`: what shells need to complete its command lines.
 * @module
 */

import { ConfigError } from "../config.ts";
import type { Command } from "./command.ts";
import { commands } from "./command-table.ts";
import { scripts } from "./completion-scripts.ts";
import { type CompletedCommand, candidates, completedCommand } from "./completion-words.ts";

const shells = Object.keys(scripts);

/** What kubectl does with the words that it is given: offer them alone, or files as well. */
const directive = { wordsOnly: ":4", files: ":0" } as const;

export const completion: Command = {
  summary: "print a shell's completion script",
  options: { words: shells },
  help: () => `Usage: autopool completion ${shells.join("|")}

Prints a script with which a shell completes the command line of autopool:

  bash     source <(autopool completion bash)
  zsh      source <(autopool completion zsh)
  fish     autopool completion fish | source
  kubectl  autopool completion kubectl > DIRECTORY-IN-PATH/kubectl_complete-autopool, and make it executable;
           then "kubectl autopool" is completed where kubectl is

Exit codes: 0 printed, 2 wrong arguments.
`,
  async execute(args, { print }) {
    const [shell, ...rest] = args;
    if (shell === "words") {
      const line = rest[0] === "--" ? rest.slice(1) : rest;
      const { words, files } = candidates(await describeAll(), line);
      for (const word of words) print(word);
      print(files ? directive.files : directive.wordsOnly);
      return 0;
    }
    const script = shell !== undefined && Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
    if (!script) {
      const asked = shell === undefined ? "Cannot choose a shell" : `Cannot complete for "${shell}"`;
      throw new ConfigError(`${asked}: name one of ${shells.join(", ")}`);
    }
    if (rest[0] !== undefined) throw new ConfigError(`Cannot use argument "${rest[0]}": name one shell`);
    print(script(await describeAll()).trimEnd());
    return 0;
  },
};

/** All commands as shells complete them. */
export function describeAll(): Promise<CompletedCommand[]> {
  return Promise.all(
    Object.entries(commands).map(async ([name, load]) => {
      const { summary, options } = await load();
      return completedCommand(name, summary, options);
    }),
  );
}
