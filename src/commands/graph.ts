/**
 * `autopool graph`: the state machines as pictures, made from their code.
 * @module
 */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ConfigError } from "../config.ts";
import { machineDot } from "../view/dot.ts";
import { type KnownMachine, knownMachines } from "../view/known-machines.ts";
import { machineSvg } from "../view/machine-svg.ts";
import { machineMermaid } from "../view/mermaid.ts";
import type { Command } from "./command.ts";

const formats: Readonly<Record<string, (machine: KnownMachine) => string | Promise<string>>> = {
  mermaid: (machine) => machineMermaid(machine.graph()),
  dot: (machine) => machineDot(machine.graph()),
  svg: (machine) => machineSvg(machine.graph()),
  json: (machine) => `${JSON.stringify(machine.json(), undefined, 2)}\n`,
};

const machineNames = Object.keys(knownMachines);
const formatNames = Object.keys(formats);

export const graph: Command = {
  summary: "draw a state machine, from its code",
  options: {
    words: machineNames,
    flags: [
      { name: "format", short: "f", value: "FORMAT", help: "what to print", choices: formatNames },
      { name: "output", short: "o", value: "FILE", help: "write to FILE instead of the standard output" },
    ],
  },
  help: () => `Usage: autopool graph [MACHINE] [--format FORMAT] [--output FILE]

Prints a state machine as it is in this version's code: states, the events and guards that lead from one to the other, and
the operations that each asks for. Needs no cluster.

Machines:
${Object.entries(knownMachines)
  .map(([name, { summary }]) => `  ${name.padEnd(22)} ${summary}`)
  .join("\n")}

  --format, -f FORMAT    mermaid (default), which GitHub draws; dot, for Graphviz; svg, for light and dark;
                         json, the plain machine, for XState's own tools
  --output, -o FILE      write to FILE instead of the standard output

Exit codes: 0 drawn, 1 failed, 2 wrong arguments.
`,
  async execute(args, { print }) {
    const { machine, format, file } = readArguments(args);
    const text = await format(machine);
    if (file === undefined) print(text.trimEnd());
    else write(file, text);
    return 0;
  },
};

interface Arguments {
  readonly machine: KnownMachine;
  readonly format: (machine: KnownMachine) => string | Promise<string>;
  readonly file: string | undefined;
}

function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parsed(args);
  const [name = machineNames.length === 1 ? machineNames[0] : undefined, second] = positionals;
  if (second !== undefined) throw new ConfigError(`Cannot draw "${second}" too: name one machine`);
  if (name === undefined) throw new ConfigError(`Cannot choose a machine: name one of ${machineNames.join(", ")}`);
  const machine = Object.hasOwn(knownMachines, name) ? knownMachines[name] : undefined;
  if (!machine) throw new ConfigError(`Cannot draw machine "${name}": there is only ${machineNames.join(", ")}`);
  const format = Object.hasOwn(formats, values.format) ? formats[values.format] : undefined;
  if (!format)
    throw new ConfigError(`Cannot use --format "${values.format}": it must be one of ${formatNames.join(", ")}`);
  if (values.output === "") throw new ConfigError("Cannot use --output: its value is missing");
  return { machine, format, file: values.output };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        format: { type: "string", short: "f", default: "mermaid" },
        output: { type: "string", short: "o" },
      },
    });
  } catch (error) {
    const [sentence] = (error as Error).message.split(". ");
    throw new ConfigError(`Cannot use the arguments: ${sentence}`);
  }
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Error(`Cannot write "${file}": ${(error as Error).message}`, { cause: error });
  }
}
