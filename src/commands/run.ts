/**
 * `autopool run`: the operator against a real API server, until a signal ends it; or once, or only in words.
 * @module
 */

import { systemClock } from "../clock.ts";
import { connect } from "../cluster/kubernetes/connect.ts";
import { settingsHelp } from "../config.ts";
import { createLog } from "../log.ts";
import { Operator } from "../operator.ts";
import { type OperatorConfig, operatorSettings, readOperatorConfig } from "../operator-config.ts";
import { systemRandom } from "../random.ts";
import type { Command } from "./command.ts";

const pollMs = 20;

export const run: Command = {
  summary: "run the operator",
  help: () => `Usage: autopool run [settings]

Watches the cluster and keeps every application's pools true to it.

Settings, each also as environment variable, or in the file of --config:
${settingsHelp(operatorSettings)}

Exit codes: 0 ended as asked, 1 failed, 2 wrong settings.
`,
  async execute(args, { signal, print }) {
    const config = readOperatorConfig(args);
    const log = createLog({
      clock: systemClock,
      level: config.logLevel,
      format: config.logFormat,
      // The operations of a dry run are the output; what the operator says about itself goes beside it.
      write: (line) => process.stderr.write(`${line}\n`),
    });
    const cluster = await connect({
      ...(config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig }),
      ...(config.context === undefined ? {} : { context: config.context }),
      connections: config.concurrency,
    });
    const operator = new Operator({
      cluster,
      clock: systemClock,
      random: systemRandom,
      settings: config,
      log,
      ...(config.dryRun ? { dryRun: (life, operation) => print(JSON.stringify({ key: life.key, ...operation })) } : {}),
    });
    try {
      await operate(operator, config, signal, log.info);
    } finally {
      await operator.stop();
      await cluster.close();
    }
    return 0;
  },
};

async function operate(
  operator: Operator,
  config: OperatorConfig,
  signal: AbortSignal,
  tell: (message: string) => void,
): Promise<void> {
  const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  const started = operator.start();
  await Promise.race([started, ended]);
  if (signal.aborted) return;
  tell("all caches are filled");
  while (config.once && !operator.isIdle && !signal.aborted) {
    await new Promise<void>((resolve) => systemClock.after(pollMs, resolve));
  }
  if (!config.once) await ended;
  tell("ending");
}
