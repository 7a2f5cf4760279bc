/**
 * What commands that ask a cluster something have in common: their arguments, a connection, and how the answer is printed.
 * @module
 */

import { type Clock, systemClock } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { connect } from "../cluster/kubernetes/connect.ts";
import { settingsHelp } from "../config.ts";
import { connectionSettings, type Setting } from "../setting.ts";
import type { Command, CommandContext } from "./command.ts";
import { type Flag, flagsHelp, type Given, readArguments } from "./flags.ts";
import { type OutputFormat, outputFlag, type Printable, printAnswer } from "./output.ts";

/** One question. */
export interface Question<S extends readonly Setting[] = readonly Setting[]> {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The words of the usage line, behind `autopool`. */
  readonly usage: string;
  /** What it does, in sentences; its exit codes last. */
  readonly about: string;
  readonly flags: readonly Flag[];
  /** Beside those of the connection. */
  readonly settings: S;
  /**
   * Answers it.
   * @throws {ConfigError} If the words or flags cannot be used.
   */
  answer(asked: Asked, given: Given<[...S, ...typeof connectionSettings]>): Promise<Answer>;
  /** What is wrong with the words alone; asked before there is a connection. */
  check?(words: readonly string[], given: Given<readonly Setting[]>): void;
}

export interface Answer extends Printable {
  readonly exitCode: number;
}

/** What is asked, and when. */
export interface Asked {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Tells whoever waits how far it is; absent where nobody does. */
  readonly progress?: (text: string) => void;
}

/** A command that can also be asked about another cluster than that of its arguments, and at another time. */
export interface QuestionCommand extends Command {
  ask(cluster: Cluster, clock: Clock, args: readonly string[], context: CommandContext): Promise<number>;
}

const connections = 12;

/** Makes a command of a question. */
export function commandOf<const S extends readonly Setting[]>(question: Question<S>): QuestionCommand {
  const flags = [...question.flags, outputFlag];
  const settings = [...question.settings, ...connectionSettings] as const;
  const read = (args: readonly string[]) => {
    const given = readArguments(args, flags, settings) as Given<[...S, ...typeof connectionSettings]>;
    question.check?.(given.words, given);
    return given;
  };
  const tell = async (asked: Asked, given: ReturnType<typeof read>, context: CommandContext): Promise<number> => {
    const answer = await question.answer(asked, given);
    printAnswer(answer, (given.flag("output") ?? "text") as OutputFormat, context);
    return answer.exitCode;
  };
  return {
    summary: question.summary,
    options: { flags, settings },
    help: () => `Usage: autopool ${question.usage}

${question.about}

${flagsHelp(flags)}

Settings, each also as environment variable, or in the file of --config:
${settingsHelp(settings)}
`,
    async execute(args, context) {
      const given = read(args);
      const { kubeconfig, context: name } = given.settings as Record<"kubeconfig" | "context", string>;
      const cluster = await connect({ ...(kubeconfig && { kubeconfig }), ...(name && { context: name }), connections });
      try {
        return await tell(
          { cluster, clock: systemClock, signal: context.signal, ...progressOn(context) },
          given,
          context,
        );
      } finally {
        await cluster.close();
      }
    },
    ask: (cluster, clock, args, context) => tell({ cluster, clock, signal: context.signal }, read(args), context),
  };
}

/** People see how far it is beside the output, programs do not. */
function progressOn({ terminal }: CommandContext): Pick<Asked, "progress"> {
  return terminal ? { progress: (text) => void process.stderr.write(`${text}\n`) } : {};
}
