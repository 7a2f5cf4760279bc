/**
 * `autopool run`: the operator against a real API server, until a signal ends it; or once, or only in words.
 * @module
 */

import { systemClock } from "../clock.ts";
import { settingsHelp } from "../config.ts";
import { Operator } from "../operator.ts";
import { type OperatorConfig, operatorSettings, readOperatorConfig } from "../operator-config.ts";
import { systemRandom } from "../random.ts";
import { Serving } from "../serving.ts";
import { TraceFile } from "../trace/trace-file.ts";
import { Viewing } from "../viewing.ts";
import type { Command } from "./command.ts";
import { type Service, withRealCluster } from "./real-cluster.ts";

const pollMs = 20;

export const run: Command = {
  summary: "run the operator",
  options: { settings: operatorSettings },
  help: () => `Usage: autopool run [settings]

Watches the cluster and keeps every application's pools true to it. With --webhook-port it also answers the API server's admission
requests (deploy/base/webhook.yaml), and makes and renews the certificates for that. With --view-port it shows on a page what it does
(docs/page.md).

Settings, each also as environment variable, or in the file of --config:
${settingsHelp(operatorSettings)}

Exit codes: 0 ended as asked, 1 failed, 2 wrong settings.
`,
  async execute(args, { signal, print }) {
    const config = readOperatorConfig(args);
    await withRealCluster(config, signal, async (service) => {
      const file = openTrace(config, service);
      const viewing = new Viewing({
        clock: systemClock,
        realClock: systemClock,
        settings: config,
        sinks: file ? [file] : [],
        isServed: !config.once && config.serving.viewPort !== undefined,
      });
      const operator = new Operator({
        cluster: service.cluster,
        clock: systemClock,
        random: systemRandom,
        settings: config,
        log: service.log,
        recorder: viewing.recorder,
        ...(config.dryRun
          ? { dryRun: (life, operation) => print(JSON.stringify({ key: life.key, ...operation })) }
          : {}),
      });
      const serving = config.once ? undefined : serve(operator, viewing, config, service);
      try {
        await Promise.race([operate(operator, config, service), ...(serving ? [serving.failed] : [])]);
      } finally {
        await serving?.stop();
        await operator.stop();
        file?.close();
      }
    });
    return 0;
  },
};

/** Opens the file that is recorded to, if one is asked for. */
function openTrace({ trace }: OperatorConfig, { log }: Service): TraceFile | undefined {
  if (!trace) return undefined;
  const onError = (error: unknown): void => log.error("trace not recorded any more", { path: trace.path, error });
  try {
    return new TraceFile({ ...trace, clock: systemClock, onError });
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`Cannot record a trace to "${trace.path}": ${message}`, { cause: error });
  }
}

/** Serves what the operator sees. Failing is all that its start may do to the command: it has as long as it takes. */
function serve(
  { observer }: Operator,
  viewing: Viewing,
  config: OperatorConfig,
  { cluster, log }: Service,
): { readonly failed: Promise<never>; stop(): Promise<void> } {
  const settings = { ...config.serving, families: config.families };
  const serving = new Serving({ cluster, clock: systemClock, random: systemRandom, log, settings, caches: observer });
  const failed = new Promise<never>((_, reject) => {
    Promise.all([serving.start(), show(viewing, config, log)]).catch(reject);
  });
  return {
    failed,
    async stop() {
      await Promise.all([serving.stop(), viewing.stop()]);
    },
  };
}

async function show(viewing: Viewing, { serving }: OperatorConfig, log: Service["log"]): Promise<void> {
  const { viewPort, viewAddress } = serving;
  if (viewPort === undefined) return;
  const url = await viewing.serve({ port: viewPort, ...(viewAddress !== undefined && { address: viewAddress }) });
  log.info("serving the page", { url });
}

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
