/**
 * `autopool install`: puts autopool into a cluster, prints the manifests for it, or writes a Helm chart.
 * @module
 */

import { dump } from "js-yaml";
import { systemClock } from "../clock.ts";
import type { KubeObject } from "../cluster/cluster.ts";
import { ConfigError, settingsHelp } from "../config.ts";
import { applyObject } from "../installation/apply.ts";
import { manifestFiles } from "../installation/manifest-files.ts";
import { type Choices, installedObjects } from "../installation/manifests.ts";
import { silentLog } from "../log.ts";
import { systemRandom } from "../random.ts";
import { Rivals } from "../rivals.ts";
import { connectionSettings, type SharedConfig } from "../setting.ts";
import { AUTOPOOL_VERSION } from "../version.ts";
import type { Command } from "./command.ts";
import { type Flag, flagsHelp, readArguments } from "./flags.ts";
import { writeChart } from "./install-chart.ts";
import { connectAs } from "./real-cluster.ts";

const flags = [
  {
    name: "chart",
    value: "FOLDER",
    help: "write a Helm chart of it into a new folder, and change nothing; needs no cluster",
  },
  { name: "dry-run", help: "print the manifests, as YAML, and change nothing; needs no cluster" },
  {
    name: "agent",
    value: "WHOSE",
    help: "whose agents give pods their addresses (autopool)",
    choices: ["autopool", "spiderpool"],
  },
  { name: "namespace", short: "n", value: "NAME", help: "where it is installed (autopool-system)" },
  { name: "image", value: "IMAGE", help: `image of operator and agents (autopool:${AUTOPOOL_VERSION})` },
  {
    name: "host-network",
    help: "the operator uses its node's network: where pods have none before autopool gives it to them",
  },
] as const satisfies readonly Flag[];

export const install: Command = {
  summary: "put autopool into a cluster, print the manifests for it, or write a Helm chart",
  help: () => `Usage: autopool install [--dry-run | --chart FOLDER] [flags]

Applies the same objects as "kubectl apply -k deploy/": definitions, namespace, accounts and their rights, operator, agents, webhook.
Doing it again changes nothing, doing it with a newer autopool updates; no pool and no address is touched. Refuses to while a
spiderpool-controller runs, beside which autopool would not act (docs/install.md). With --chart, "helm install autopool FOLDER" does the
same; what the other flags choose stands in the chart's values.yaml then.

${flagsHelp(flags)}

Settings, each also as environment variable, or in the file of --config:
${settingsHelp(connectionSettings)}

Exit codes: 0 installed, printed or written, 1 failed, 2 wrong arguments.
`,
  options: { flags, settings: connectionSettings },
  async execute(args, { print }) {
    const { words, flag, isOn, settings } = readArguments(args, flags, connectionSettings);
    if (words[0] !== undefined) throw new ConfigError(`Cannot use argument "${words[0]}": install takes flags only`);
    const image = flag("image") ?? `autopool:${AUTOPOOL_VERSION}`;
    const folder = flag("chart");
    if (folder !== undefined) {
      demandAlone(["dry-run", "agent", "namespace", "host-network"].filter(isOn));
      writeChart(folder, image);
      print(`Wrote a chart. Next: helm install autopool ${folder} --namespace autopool-system --create-namespace`);
      return 0;
    }
    const objects = installedObjects(manifestFiles(), {
      namespace: namespaceOf(flag("namespace")),
      image,
      agent: (flag("agent") ?? "autopool") as Choices["agent"],
      hostNetwork: isOn("host-network"),
    });
    if (isOn("dry-run")) {
      print(
        objects
          .map((object) => dump(object, { noRefs: true, lineWidth: -1 }))
          .join("---\n")
          .trimEnd(),
      );
      return 0;
    }
    const { kubeconfig, context } = settings;
    await installInto({ kubeconfig: kubeconfig || undefined, context: context || undefined }, objects, print);
    return 0;
  },
};

async function installInto(
  place: Pick<SharedConfig, "kubeconfig" | "context">,
  objects: readonly KubeObject[],
  print: (line: string) => void,
): Promise<void> {
  const cluster = await connectAs(place, 2);
  const rivals = new Rivals({ cluster, clock: systemClock, random: systemRandom, log: silentLog });
  try {
    await rivals.absent;
    for (const object of objects) {
      const done = await applyObject(cluster, object);
      const { namespace, name } = object.metadata;
      print(`${done.padEnd(10)} ${object.kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`);
    }
  } finally {
    await rivals.stop();
    await cluster.close();
  }
}

function demandAlone([other]: readonly string[]): void {
  if (other === undefined) return;
  throw new ConfigError(
    `Cannot use --${other} with --chart: whoever installs the chart chooses that, by its values or by Helm's flags`,
  );
}

function namespaceOf(text = "autopool-system"): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new ConfigError(`Cannot use --namespace "${text}": it must be the name of a namespace`);
}
