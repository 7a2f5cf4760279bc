/**
 * `autopool check`: whether subnets, pools, endpoints and pods agree; with `--repair`, mends what is safe.
 * @module
 */

import { type CheckReport, checkLines, printed } from "../asking/check-text.ts";
import { findConfirmed } from "../asking/confirmation.ts";
import { repairAll } from "../asking/repair.ts";
import type { Snapshot } from "../asking/snapshot.ts";
import { ConfigError } from "../config.ts";
import { defaultCollectorSettings } from "../ipam/collector-settings.ts";
import { systemRandom } from "../random.ts";
import { familySettings, integer, type Setting } from "../setting.ts";
import { commandOf } from "./question.ts";

const patienceSettings = [
  {
    name: "patience-seconds",
    help: "how long what operator and agents see to by themselves may take",
    default: "15",
    check: integer(0, 3600),
  },
] as const satisfies readonly Setting[];

export const check = commandOf({
  summary: "tell whether subnets, pools, endpoints and pods agree, and mend it",
  usage: "check [--repair] [-o FORMAT]",
  about: `Compares what subnets have recorded, what pools have, what endpoints list and what pods show. Nothing is locked: what looks
wrong is read again until it is certain, so that a change under way is no finding.

With --repair, what can be mended without a decision is mended, by writes that fail where somebody else writes meanwhile; no
address of a living pod is touched. The rest is left to you, with the reason.

Exit codes: 0 all is consistent, or was mended; 1 findings are left, or it failed; 2 wrong arguments.`,
  flags: [{ name: "repair", help: "mend what is safe" }],
  settings: [...patienceSettings, ...familySettings],
  check: (words) => {
    if (words[0] !== undefined)
      throw new ConfigError(`Cannot check "${words[0]}" alone: autopool check looks at everything`);
  },
  async answer({ cluster, clock, signal, progress }, { settings, isOn }) {
    const families = ([4, 6] as const).filter((family) => settings[`enable-ipv${family}`] === "true");
    const { gcDelayMs } = defaultCollectorSettings;
    const { findings, races, snapshot } = await findConfirmed({
      cluster,
      clock,
      signal,
      view: { gcDelayMs, families },
      patienceMs: Number(settings["patience-seconds"]) * 1000,
      onLook: (count, waitMs) => progress?.(`${count} look wrong; reading them again in ${waitMs / 1000} s`),
    });
    const options = { cluster, clock, random: systemRandom, signal, snapshot, gcDelayMs };
    const remedies = isOn("repair") ? await repairAll(findings, options) : new Map();
    const data: CheckReport = {
      clean: findings.every((finding) => remedies.get(finding)?.done === true),
      looked: lookedAt(snapshot),
      races,
      findings: findings.map((finding) => printed(finding, remedies.get(finding))),
    };
    return { data, lines: (style) => checkLines(data, style), exitCode: data.clean ? 0 : 1 };
  },
});

function lookedAt({ subnets, pools, endpoints, pods }: Snapshot): Record<string, number> {
  const [all, records] = [[...subnets.names()], (name: string) => subnets.book(name)?.entries.size ?? 0];
  return {
    subnet: all.length,
    record: all.reduce((sum, name) => sum + records(name), 0),
    pool: [...pools.values()].length,
    endpoint: endpoints.size,
    pod: pods.size,
  };
}
