/** Where settings come from, and what a wrong one is answered with. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ConfigError, settingsHelp } from "../src/config.ts";
import { operatorSettings, readOperatorConfig } from "../src/operator-config.ts";

const config = suite("configuration");
const folder = mkdtempSync(join(tmpdir(), "autopool-config-"));
config.after(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, `${Math.floor(performance.now() * 1000)}.yaml`);
  writeFileSync(path, text);
  return path;
}

function mistakesOf(args: string[], environment: NodeJS.ProcessEnv = {}): string {
  try {
    readOperatorConfig(args, environment);
  } catch (error) {
    assert.instance(error, ConfigError);
    return (error as ConfigError).message;
  }
  return assert.unreachable("the configuration was accepted") as never;
}

config("has defaults for everything", () => {
  const { defaultNumber, families, concurrency, once, dryRun, logLevel } = readOperatorConfig([], {});

  assert.equal(defaultNumber, { fixed: false, count: 1 });
  assert.equal(families, [4, 6]);
  assert.is(concurrency, 20);
  assert.equal([once, dryRun, logLevel], [false, false, "info"]);
});

config("takes a flag before the environment before the file", () => {
  const path = file("concurrency: 3\nlogLevel: warn\nnudgeSeconds: 7\n");
  const environment = { AUTOPOOL_CONCURRENCY: "4", AUTOPOOL_LOG_LEVEL: "error" };

  const read = readOperatorConfig(["--config", path, "--concurrency", "5"], environment);

  assert.equal([read.concurrency, read.logLevel, read.nudgeMs], [5, "error", 7000]);
});

config("judges the times of an election together, along with every other mistake", () => {
  const mistakes = mistakesOf(["--lease-renew-seconds", "20", "--concurrency", "none"], {
    SPIDERPOOL_LEADER_RETRY_PERIOD: "30",
  });

  assert.equal(mistakes.split("\n"), [
    'Cannot use --concurrency "none": it must be an integer from 1 to 500',
    'Cannot use lease-retry-seconds "30": it must be less than lease-renew-seconds, "20"',
    'Cannot use lease-renew-seconds "20": it must be less than lease-duration-seconds, "15"',
  ]);
});

config("elects a leader unless it is told not to, or changes nothing", () => {
  const election = { namespace: "pools", leaseName: "spiderpool-controller-leases" };
  const times = { durationMs: 15_000, renewMs: 10_000, retryMs: 2_000 };

  assert.equal(readOperatorConfig([], { POD_NAMESPACE: "pools" }).election, { ...election, ...times });
  assert.is(readOperatorConfig(["--leader-elect=false"], {}).election, undefined);
  assert.is(readOperatorConfig(["--dry-run"], {}).election, undefined);
});

config("finds the file by the environment too", () => {
  assert.is(readOperatorConfig([], { AUTOPOOL_CONFIG: file("concurrency: 6") }).concurrency, 6);
});

config("understands the reference's file where it says the same", () => {
  const path = file("enableIPv6: false\nclusterSubnetDefaultFlexibleIPNumber: 2\nenableStatefulSet: true\n");

  const { families, defaultNumber } = readOperatorConfig(["--config", path], {});

  assert.equal(families, [4]);
  assert.equal(defaultNumber, { fixed: false, count: 2 });
});

config("serves admission where a port is named, under the name of the Service in the namespace of its own", () => {
  const path = file("enableValidatingResourcesDeletedWebhook: true\n");
  const environment = {
    SPIDERPOOL_WEBHOOK_PORT: "5722",
    POD_NAMESPACE: "network",
    SPIDERPOOL_METRIC_HTTP_PORT: "5721",
  };

  assert.equal(readOperatorConfig([], {}).serving, {
    webhookHosts: ["autopool-webhook.autopool-system.svc"],
    namespace: "autopool-system",
    validateDelete: false,
    metricsPerPool: false,
  });
  assert.equal(readOperatorConfig(["--config", path, "--webhook-client-ca", "/etc/ca.crt"], environment).serving, {
    webhookPort: 5722,
    webhookClientCa: "/etc/ca.crt",
    metricsPort: 5721,
    webhookHosts: ["autopool-webhook.network.svc"],
    namespace: "network",
    validateDelete: true,
    metricsPerPool: false,
  });
  assert.equal(readOperatorConfig(["--webhook-hosts", "127.0.0.1,localhost"], {}).serving.webhookHosts, [
    "127.0.0.1",
    "localhost",
  ]);
});

config("does not take the address of a Service for a setting", () => {
  const environment = { AUTOPOOL_WEBHOOK_PORT: "tcp://10.96.0.7:443" };

  assert.is(readOperatorConfig([], environment).serving.webhookPort, undefined);
  assert.is(readOperatorConfig([], { ...environment, SPIDERPOOL_WEBHOOK_PORT: "7" }).serving.webhookPort, 7);
});

config("makes a dry run one that ends", () => {
  assert.is(readOperatorConfig(["--dry-run"], {}).once, true);
});

config("names all mistakes at once, each with setting, value and what would be right", () => {
  const mistakes = mistakesOf(["--concurrency", "x", "--nope", "word", "--context"], { AUTOPOOL_LOG_LEVEL: "loud" });

  assert.match(mistakes, 'Cannot use --concurrency "x": it must be an integer from 1 to 500');
  assert.match(mistakes, "Cannot use --nope: there is no such setting");
  assert.match(mistakes, 'Cannot use argument "word"');
  assert.match(mistakes, "Cannot use --context: its value is missing");
  assert.match(mistakes, 'Cannot use AUTOPOOL_LOG_LEVEL "loud": it must be one of debug, info, warn, error');
});

config("refuses numbers that are none, and a configuration with nothing to do", () => {
  assert.match(mistakesOf(["--default-ip-number", "5+3"]), 'Cannot use --default-ip-number "5+3"');
  assert.match(mistakesOf(["--enable-ipv4", "false", "--enable-ipv6", "false"]), "Cannot disable both");
});

config("refuses a file that cannot be read, is no mapping, or has a wrong value", () => {
  assert.match(mistakesOf(["--config", "/nowhere"]), 'Cannot read configuration file "/nowhere"');
  assert.match(mistakesOf(["--config", file("- a\n- b\n")]), "it must be a mapping of settings");
  assert.match(mistakesOf(["--config", file("concurrency: many")]), 'Cannot use concurrency "many"');
});

config("lists every setting with its environment variable in the help", () => {
  const help = settingsHelp(operatorSettings);

  for (const name of ["CONFIG", "KUBECONFIG", "DEFAULT_IP_NUMBER", "ENABLE_IPV6", "DRY_RUN", "WRITES_PER_SECOND"]) {
    assert.match(help, `AUTOPOOL_${name}`);
  }
});

config.run();
