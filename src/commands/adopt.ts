/**
 * `autopool adopt --check`: what autopool would change in a cluster that `spiderpool-controller` has kept so far; ideally nothing.
 * @module
 */

import { type Clock, sleep } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { ConfigError } from "../config.ts";
import { differences } from "../installation/differences.ts";
import { type Pretended, PretendedCluster } from "../installation/pretended-cluster.ts";
import { defaultCollectorSettings } from "../ipam/collector-settings.ts";
import { silentLog } from "../log.ts";
import { Operator } from "../operator.ts";
import { systemRandom } from "../random.ts";
import { integer, type Setting } from "../setting.ts";
import { defaultSettings, type OperatorSettings } from "../settings.ts";
import { demandOf, demandSettings } from "./demand-settings.ts";
import { commandOf } from "./question.ts";

/** One object that would not stay as it is. */
interface Change {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly what: "created" | "changed" | "deleted";
  /** Paths of the fields; none for what is created or deleted. */
  readonly fields: readonly string[];
}

interface Adoption {
  /** Whether nothing but our own additions would be written. */
  readonly clean: boolean;
  readonly changes: readonly Change[];
  /** How many objects would get the fields that the reference does not have. */
  readonly additions: number;
}

const settleSettings = [
  {
    name: "settle-seconds",
    help: "how long nothing more must be written before it counts as all",
    default: "10",
    check: integer(1, 3600),
  },
] as const satisfies readonly Setting[];

/** Fields that autopool adds, and nobody else reads. */
const OURS = /^status\.(?:state|conditions|observedGeneration)$/;
const pollMs = 100;
const secondsMax = 600;

export const adopt = commandOf({
  summary: "tell what would change if autopool took over from spiderpool-controller",
  usage: "adopt --check [-o FORMAT]",
  about: `Lets the operator act on a copy: it reads the cluster, and what it writes stays in memory. Prints which objects would be created,
changed or deleted, and in which fields. The fields status.state, status.conditions and status.observedGeneration, which the reference
does not have, are only counted; so is what differs in spelling alone. Nothing has to be converted, so there is nothing to do but to
start autopool (docs/install.md).

Exit codes: 0 nothing would change, 1 something would, or it failed; 2 wrong arguments.`,
  flags: [{ name: "check", help: "needed: there is nothing else to do" }],
  settings: [...settleSettings, ...demandSettings],
  check: (words, { isOn }) => {
    if (words[0] !== undefined) {
      throw new ConfigError(`Cannot adopt "${words[0]}" alone: autopool adopt looks at everything`);
    }
    if (!isOn("check")) {
      throw new ConfigError("Cannot adopt anything: nothing has to be converted; --check tells what would change");
    }
  },
  async answer({ cluster, clock, signal }, { settings }) {
    const written = await rehearse(cluster, clock, {
      settings: {
        ...defaultSettings,
        ...demandOf(settings),
        collection: {
          ...defaultCollectorSettings,
          enableStatefulSet: settings["enable-stateful-set"] === "true",
          enableKubevirt: settings["enable-kubevirt-static-ip"] === "true",
        },
      },
      settleMs: Number(settings["settle-seconds"]) * 1000,
      signal,
    });
    const data = adoptionOf(written);
    return { data, lines: () => linesOf(data), exitCode: data.clean ? 0 : 1 };
  },
});

/** Lets an operator act until it comes to rest; returns what it has written. */
async function rehearse(
  cluster: Cluster,
  clock: Clock,
  { settings, settleMs, signal }: { settings: OperatorSettings; settleMs: number; signal: AbortSignal },
): Promise<readonly Pretended[]> {
  const pretended = new PretendedCluster(cluster);
  const operator = new Operator({ cluster: pretended, clock, random: systemRandom, settings, log: silentLog });
  try {
    await operator.start();
    const end = clock.now() + secondsMax * 1000;
    let count = -1;
    for (let since = clock.now(); clock.now() - since < settleMs && clock.now() < end; ) {
      await sleep(clock, pollMs, signal);
      if (pretended.written.length === count && operator.isIdle) continue;
      count = pretended.written.length;
      since = clock.now();
    }
  } finally {
    await operator.stop();
  }
  return pretended.written;
}

function adoptionOf(written: readonly Pretended[]): Adoption {
  let additions = 0;
  const changes = written.flatMap(({ resource, ref, before, after }): Change[] => {
    // Telling is no change.
    if (resource.kind === "Event" || (!before && !after)) return [];
    const what = !before ? "created" : after ? "changed" : "deleted";
    const all = what === "changed" ? differences(before, after) : [];
    const fields = all.filter((field) => !OURS.test(field));
    if (fields.length < all.length) additions += 1;
    if (what === "changed" && fields.length === 0) return [];
    return [{ kind: resource.kind, ...ref, what, fields }];
  });
  return { clean: changes.length === 0, changes, additions };
}

function linesOf({ changes, additions }: Adoption): string[] {
  const lines = changes.map(({ kind, namespace, name, what, fields }) => {
    const object = `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
    return `${what.padEnd(8)} ${object}${fields.length > 0 ? `: ${fields.join(", ")}` : ""}`;
  });
  const sum = changes.length === 0 ? "Nothing would change" : `${changes.length} would change`;
  const more = additions === 0 ? "" : `; ${additions} would get fields of autopool's own in their status`;
  return [...lines, `${sum}${more}`];
}
