/**
 * `autopool run`: the operator against a real API server, until a signal ends it; or once, or only in words.
 * @module
 */

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { steadyClock, systemClock } from "../clock.ts";
import { settingsHelp } from "../config.ts";
import { OperatorHealth } from "../health.ts";
import { type ElectionSettings, marginOf } from "../leadership/election-settings.ts";
import { Operator } from "../operator.ts";
import { type OperatorConfig, operatorSettings, readOperatorConfig } from "../operator-config.ts";
import { OperatorMetrics } from "../operator-metrics.ts";
import { systemRandom } from "../random.ts";
import { type Candidacy, Replica } from "../replica.ts";
import { Rivals } from "../rivals.ts";
import { Serving } from "../serving.ts";
import { TraceFile } from "../trace/trace-file.ts";
import { Viewing } from "../viewing.ts";
import type { Command } from "./command.ts";
import { connectAs, type Service, withRealCluster } from "./real-cluster.ts";

const pollMs = 20;
/** Below the 30 s after which Kubernetes kills. */
const endMs = 28_000;
/** One for the election's writes, and one for a read beside a write that hangs. */
const LEASE_CONNECTIONS = 2;

export const run: Command = {
  summary: "run the operator",
  options: { settings: operatorSettings },
  help: () => `Usage: autopool run [settings]

Watches the cluster and keeps every application's pools true to it. Of several replicas one leads and acts, the others stand by
(docs/leadership.md); beside a running spiderpool-controller none does, and the command fails. With --webhook-port it also answers
the API server's admission requests (deploy/base/webhook.yaml), and makes and renews the certificates for that. With --view-port it
shows on a page what it does (docs/page.md).

Settings, each also as environment variable, or in the file of --config:
${settingsHelp(operatorSettings)}

Exit codes: 0 ended as asked, 1 failed or leads no more, 2 wrong settings.
`,
  async execute(args, { signal, print }) {
    const config = readOperatorConfig(args);
    const limit = Promise.withResolvers<never>();
    // What has not ended by then ends with the process.
    const endWithin = (ms: number, error: Error): unknown => systemClock.after(ms, () => limit.reject(error));
    const late = new Error("Cannot end in time: requests are still under way");
    signal.addEventListener("abort", () => endWithin(endMs, late), { once: true });
    const metrics = new OperatorMetrics({
      clock: systemClock,
      steadyClock,
      isPerPool: config.serving.metricsPerPool === true,
    });
    const run = (service: Service) => runReplica(config, service, { print, endWithin, metrics });
    const work = withRealCluster(config, signal, run, metrics.onRequest).finally(() => metrics.stop());
    await Promise.race([work, limit.promise]);
    return 0;
  },
};

/** What a run has beside its configuration. */
interface RunTools {
  print(line: string): void;
  /** Ends the process with this error, unless it has ended by then. */
  endWithin(ms: number, error: Error): void;
  readonly metrics: OperatorMetrics;
}

async function runReplica(
  config: OperatorConfig,
  service: Service,
  { print, endWithin, metrics }: RunTools,
): Promise<void> {
  const { log, cluster } = service;
  const shared = { clock: systemClock, random: systemRandom, log };
  const file = openTrace(config, service);
  const viewing = new Viewing({
    clock: systemClock,
    realClock: systemClock,
    settings: config,
    sinks: file ? [file] : [],
    isServed: !config.once && config.serving.viewPort !== undefined,
  });
  const candidacy = config.election && (await standForElection(config, config.election, metrics));
  const replica = new Replica({
    ...shared,
    cluster,
    ...(candidacy && { candidacy }),
    createOperator: (guarded) =>
      new Operator({
        ...shared,
        ...metrics.told,
        cluster: guarded,
        settings: config,
        recorder: viewing.recorder,
        ...(config.dryRun && { dryRun: (life, operation) => print(JSON.stringify({ key: life.key, ...operation })) }),
      }),
  });
  // When the lease has run out, another replica may act.
  if (candidacy) replica.lost.catch((error) => endWithin(marginOf(candidacy.settings), error));
  metrics.observe({ operator: replica.operator, isLeader: () => replica.mayAct });
  const rivals = config.dryRun ? undefined : new Rivals({ ...shared, cluster });
  const serving = config.once ? undefined : serve(replica.operator, { viewing, metrics }, config, service);
  const ends = [replica.lost, ...(rivals ? [rivals.found] : []), ...(serving ? [serving.failed] : [])];
  try {
    await Promise.race([operate(replica, rivals, config, service), ...ends]);
  } finally {
    await rivals?.stop();
    await replica.rest();
    await serving?.stop();
    await replica.operator.stop();
    await candidacy?.cluster.close();
    file?.close();
  }
}

/** Stands under a name that no other process has, on connections that no other request uses. */
async function standForElection(
  config: OperatorConfig,
  settings: ElectionSettings,
  { onRequest }: OperatorMetrics,
): Promise<Candidacy> {
  const identity = `${config.podName ?? hostname()}_${randomBytes(4).toString("hex")}`;
  return { settings, identity, steadyClock, cluster: await connectAs(config, LEASE_CONNECTIONS, onRequest) };
}

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
  operator: Operator,
  { viewing, metrics: { admission: metrics } }: { readonly viewing: Viewing; readonly metrics: OperatorMetrics },
  config: OperatorConfig,
  { cluster, log, signal }: Service,
): { readonly failed: Promise<never>; stop(): Promise<void> } {
  const settings = { ...config.serving, families: config.families };
  const shared = { cluster, clock: systemClock, random: systemRandom, log };
  const health = new OperatorHealth({
    clock: systemClock,
    steadyClock,
    lagMaxMs: config.lagMaxMs,
    watches: () => operator.watches(),
    isFilled: () => operator.isFilled,
    isEnding: () => signal.aborted,
    unserved: () => serving.unserved,
  });
  const serving = new Serving({ ...shared, settings, caches: operator.observer, metrics, health });
  const failed = new Promise<never>((_, reject) => {
    Promise.all([serving.start(), show(viewing, config, log)]).catch(reject);
  });
  return {
    failed,
    async stop() {
      await Promise.all([serving.stop(), viewing.stop()]);
      health.stop();
    },
  };
}

async function show(viewing: Viewing, { serving }: OperatorConfig, log: Service["log"]): Promise<void> {
  const { viewPort, viewAddress } = serving;
  if (viewPort === undefined) return;
  const url = await viewing.serve({ port: viewPort, ...(viewAddress !== undefined && { address: viewAddress }) });
  log.info("serving the page", { url });
}

async function operate(
  replica: Replica,
  rivals: Rivals | undefined,
  config: OperatorConfig,
  { log, signal, ended }: Service,
): Promise<void> {
  await Promise.race([rivals?.absent, ended]);
  await Promise.race([replica.start(), ended]);
  while (config.once && !replica.operator.isIdle && !signal.aborted) {
    await new Promise<void>((resolve) => systemClock.after(pollMs, resolve));
  }
  if (!config.once) await ended;
  log.info("ending");
}
