/**
 * Completion scripts of shells: all that may be completed stands in them, so that a tab costs no process. Pure.
 * @module
 */

import type { CompletedCommand, CompletedOption } from "./completion-words.ts";

/** Returns the script of a shell. */
export const scripts: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash,
  zsh,
  fish,
  kubectl,
};

function bash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map((command) => {
    const values = command.options
      .filter(({ value }) => value !== undefined)
      .map((option) => `      ${patterns(option)}) ${bashValue(option)};;`);
    const dashed = command.options.flatMap(({ long, short }) => (short ? [long, short] : [long])).join(" ");
    return `  ${command.name})
    case "$previous" in
${values.join("\n")}
    esac
    if [[ $word == -* ]]; then words=${quoted(dashed)}
    else words=${quoted(command.words.join(" "))} files=${command.files ? "yes" : ""}; fi;;`;
  });
  return `# Completion of autopool for bash. Use it with: source <(autopool completion bash)
_autopool() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words= files=
  # An equals sign is a word of its own to bash.
  if [[ $word == = ]]; then word=
  elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W ${quoted([...commands.map(({ name }) => name), "help"].join(" "))} -- "$word")
    return
  fi
  _autopool_words
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word"; [[ $files ]] && compgen -f -- "$word")
}
_autopool_words() {
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
}
complete -o filenames -F _autopool autopool kubectl-autopool
`;
}

function patterns({ long, short }: CompletedOption): string {
  return short === undefined ? long : `${short}|${long}`;
}

function bashValue({ choices, value }: CompletedOption): string {
  if (choices.length > 0) return `words=${quoted(choices.join(" "))}; return`;
  return value?.includes("FILE") ? "files=yes; return" : "return";
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const list = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join("\n");
  const cases = commands.map((command) => {
    const specs = command.options.flatMap(zshSpecs).map((spec) => `      ${quoted(spec)}`);
    const words = command.files ? "*:file:_files" : `*:word:(${command.words.join(" ")})`;
    return `    ${command.name})\n    _arguments -s \\\n${[...specs, `      ${quoted(words)}`].join(" \\\n")};;`;
  });
  return `#compdef autopool kubectl-autopool
# Completion of autopool for zsh. Use it with: source <(autopool completion zsh)
_autopool() {
  local -a commands=(
${list}
  )
  if ((CURRENT == 2)); then _describe command commands; return; fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join("\n")}
  esac
}
compdef _autopool autopool kubectl-autopool
`;
}

function zshSpecs({ long, short, help, value, choices }: CompletedOption): string[] {
  const text = help.replace(/[[\]:]/g, (sign) => `\\${sign}`);
  const action = choices.length > 0 ? `(${choices.join(" ")})` : value?.includes("FILE") ? "_files" : " ";
  const argument = value === undefined ? "" : `:${value}:${action}`;
  const equals = value === undefined ? "" : "=";
  return [`${long}${equals}[${text}]${argument}`, ...(short ? [`${short}[${text}]${argument}`] : [])];
}

function fish(commands: readonly CompletedCommand[]): string {
  const begin = commands.map(
    ({ name, summary }) => `complete -c autopool -n __fish_use_subcommand -f -a ${name} -d ${fishQuoted(summary)}`,
  );
  const rest = commands.flatMap(({ name, options, words }) => {
    const when = `complete -c autopool -n '__fish_seen_subcommand_from ${name}'`;
    return [
      ...options.map((option) => `${when} ${fishOption(option)}`),
      ...(words.length > 0 ? [`${when} -f -a ${fishQuoted(words.join(" "))}`] : []),
    ];
  });
  return `# Completion of autopool for fish. Use it with: autopool completion fish | source
${[...begin, ...rest].join("\n")}
`;
}

function fishOption({ long, short, help, value, choices }: CompletedOption): string {
  const names = `-l ${long.slice(2)}${short ? ` -s ${short.slice(1)}` : ""}`;
  const argument =
    value === undefined
      ? ""
      : choices.length > 0
        ? ` -x -a ${fishQuoted(choices.join(" "))}`
        : value.includes("FILE")
          ? " -r -F"
          : " -x";
  return `${names}${argument} -d ${fishQuoted(help)}`;
}

function fishQuoted(text: string): string {
  return `'${text.replace(/[\\']/g, (sign) => `\\${sign}`)}'`;
}

/** kubectl runs a program of that name for what follows \`kubectl autopool\`; its answer ends with what kubectl is to do with it. */
function kubectl(): string {
  return `#!/bin/sh
# Completion of "kubectl autopool". Put it into your PATH as kubectl_complete-autopool, executable:
#   autopool completion kubectl > ~/.local/bin/kubectl_complete-autopool
#   chmod +x ~/.local/bin/kubectl_complete-autopool
exec kubectl-autopool completion words -- "$@"
`;
}
