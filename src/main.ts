#!/usr/bin/env node
/**
 * The entry point: finds the command, gives it the rest, and ends with its exit code.
 * @module
 */

import { commands } from "./commands/command-table.ts";
import { ConfigError, commandLine, wantsColors } from "./config.ts";
import { withoutSecrets } from "./secrets.ts";
import { AUTOPOOL_VERSION } from "./version.ts";

const exitCode = { failed: 1, misused: 2 } as const;

async function usage(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(10)} ${(await load()).summary}`),
  );
  return `Usage: autopool COMMAND [--help]
       autopool --version

Gives every application its own pool of fixed IP addresses.

Commands:
${lines.join("\n")}
`;
}

async function main(args: readonly string[]): Promise<number> {
  const [name = "--help", ...rest] = args;
  if (name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(await usage());
    return 0;
  }
  if (name === "--version" || name === "-V") {
    process.stdout.write(`autopool ${AUTOPOOL_VERSION}\n`);
    return 0;
  }
  const command = await commands[name]?.();
  if (!command) {
    process.stderr.write(`Cannot run "${name}": there is no such command\n\n${await usage()}`);
    return exitCode.misused;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(command.help());
    return 0;
  }
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());
  return command.execute(rest, {
    signal: ending.signal,
    print: (line) => process.stdout.write(`${line}\n`),
    ...(process.stdout.isTTY ? { terminal: { hasColors: wantsColors() } } : {}),
  });
}

// Whoever reads us may have read enough, such as `head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : exitCode.failed);
});

try {
  await end(await main(commandLine()));
} catch (error) {
  const { text, code } = failureOf(error);
  process.stderr.write(text);
  await end(code);
}

function failureOf(error: unknown): { text: string; code: number } {
  if (error instanceof ConfigError) return { text: `${error.message}\n\nTry --help\n`, code: exitCode.misused };
  // What went wrong outside is told in a sentence; a mistake of ours needs its place.
  const isOurs = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return {
    text: withoutSecrets(`${isOurs ? error.stack : ((error as Error).message ?? error)}\n`),
    code: exitCode.failed,
  };
}

/** Ends when all that was printed has been read: what a slow reader still has before it would be lost. */
async function end(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<unknown>((resolve) => stream.write("", resolve));
  }
  process.exit(code);
}
