/**
 * The settings of leader election, and what they come to.
 * @module
 */

import { boolean, type Check, integer, type Setting } from "../setting.ts";
import { LEASE_SECONDS_MAX } from "./lease.ts";

export interface ElectionSettings {
  readonly namespace: string;
  readonly leaseName: string;
  /** How long after the leader's last sign of life another one takes over. */
  readonly durationMs: number;
  /** How long the leader goes on without a renewal; less than the duration, so that it has ended when the next one begins. */
  readonly renewMs: number;
  /** How often the leader renews. */
  readonly retryMs: number;
}

/** Returns how long after losing its lease, in ms, a replica has to end: until others may take it. */
export function marginOf({ durationMs, renewMs }: ElectionSettings): number {
  return durationMs - renewMs;
}

const objectName: Check = (text) =>
  /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(text) ? undefined : "must be the name of an object";

export const electionSettings = [
  {
    name: "leader-elect",
    help: "act only as the leader of all replicas; not asked with --dry-run, which changes nothing",
    default: "true",
    check: boolean,
  },
  {
    name: "lease-name",
    help: "Lease in the namespace by which replicas agree; the reference's, so that it does not act beside us",
    default: "spiderpool-controller-leases",
    check: objectName,
  },
  {
    name: "lease-duration-seconds",
    help: "how long after a leader's last sign of life another one takes over",
    default: "15",
    variables: ["SPIDERPOOL_LEADER_DURATION"],
    check: integer(1, LEASE_SECONDS_MAX),
  },
  {
    name: "lease-renew-seconds",
    help: "how long a leader that cannot renew its lease goes on; less than the duration",
    default: "10",
    variables: ["SPIDERPOOL_LEADER_RENEW_DEADLINE"],
    check: integer(1, LEASE_SECONDS_MAX),
  },
  {
    name: "lease-retry-seconds",
    help: "how often a leader renews its lease; less than that",
    default: "2",
    variables: ["SPIDERPOOL_LEADER_RETRY_PERIOD"],
    check: integer(1, LEASE_SECONDS_MAX),
  },
  {
    name: "pod-name",
    help: "by which others know this replica; the host's name",
    default: "",
    variables: ["POD_NAME", "SPIDERPOOL_POD_NAME"],
    check: (text) => (/^[-.\w]{0,200}$/.test(text) ? undefined : "must be a name"),
  },
] as const satisfies readonly Setting[];

type Values = Readonly<Record<(typeof electionSettings)[number]["name"] | "namespace", string>>;

/** Returns what is wrong with the settings as a whole, in sentences. */
export function electionMistakes(values: Values): string[] {
  const { durationMs, renewMs, retryMs } = toElectionSettings(values);
  const mistakes: string[] = [];
  if (retryMs >= renewMs) {
    const text = `Cannot use lease-retry-seconds "${retryMs / 1000}": it must be less than lease-renew-seconds`;
    mistakes.push(`${text}, "${renewMs / 1000}"`);
  }
  if (renewMs >= durationMs) {
    const text = `Cannot use lease-renew-seconds "${renewMs / 1000}": it must be less than lease-duration-seconds`;
    mistakes.push(`${text}, "${durationMs / 1000}"`);
  }
  return mistakes;
}

/** Returns the settings out of values that have been checked. */
export function toElectionSettings(values: Values): ElectionSettings {
  const ms = (name: "duration" | "renew" | "retry"): number => Number(values[`lease-${name}-seconds`]) * 1000;
  return {
    namespace: values.namespace,
    leaseName: values["lease-name"],
    durationMs: ms("duration"),
    renewMs: ms("renew"),
    retryMs: ms("retry"),
  };
}
