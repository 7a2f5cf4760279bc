/**
 * `autopool run`: the operator against a real API server, until a signal ends it; or once, or only in words.
 * @module
 */

import { systemClock } from "../clock.ts";
import { settingsHelp } from "../config.ts";
import { Operator } from "../operator.ts";
import { type OperatorConfig, operatorSettings, readOperatorConfig } from "../operator-config.ts";
import { systemRandom } from "../random.ts";
import type { Command } from "./command.ts";
import { type Service, withRealCluster } from "./real-cluster.ts";

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
    await withRealCluster(config, signal, async (service) => {
      const operator = new Operator({
        cluster: service.cluster,
        clock: systemClock,
        random: systemRandom,
        settings: config,
        log: service.log,
        ...(config.dryRun
          ? { dryRun: (life, operation) => print(JSON.stringify({ key: life.key, ...operation })) }
          : {}),
      });
      try {
        await operate(operator, config, service);
      } finally {
        await operator.stop();
      }
    });
    return 0;
  },
};

async function operate(operator: Operator, config: OperatorConfig, { log, signal, ended }: Service): Promise<void> {
  await Promise.race([operator.start(), ended]);
  if (signal.aborted) return;
  log.info("all caches are filled");
  while (config.once && !operator.isIdle && !signal.aborted) {
    await new Promise<void>((resolve) => systemClock.after(pollMs, resolve));
  }
  if (!config.once) await ended;
  log.info("ending");
}
