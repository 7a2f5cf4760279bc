/**
 * The versions of the CNI specification that the plugin speaks.
 * @module
 */

import { CniError, ERROR_CODE } from "./cni-error.ts";

/** From old to new. Those before 0.3.0 cannot say more than one address of a family. */
export const VERSIONS = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;

export type CniVersion = (typeof VERSIONS)[number];

/** What answers where no version is agreed on. */
export const LATEST_VERSION: CniVersion = "1.1.0";

/** The first version that has a command; the others are in all of them. */
const COMMAND_SINCE: Readonly<Record<string, CniVersion>> = { CHECK: "0.4.0", GC: "1.1.0", STATUS: "1.1.0" };

/**
 * Returns the version of a configuration; one without is of version 0.1.0.
 * @throws {CniError} Of code 1 if we do not speak it, or if it does not have the command.
 */
export function agreeOnVersion(version: string, command: string): CniVersion {
  const agreed = VERSIONS.find((known) => known === (version || "0.1.0"));
  if (agreed === undefined) {
    throw incompatible(`config is "${version || "0.1.0"}", plugin supports ${JSON.stringify(VERSIONS)}`);
  }
  const since = COMMAND_SINCE[command];
  if (since !== undefined && isBefore(agreed, since)) {
    throw new CniError(ERROR_CODE.incompatibleVersion, `config version "${agreed}" does not allow ${command}`);
  }
  return agreed;
}

/** Tells whether a version is older than another. */
export function isBefore(version: CniVersion, other: CniVersion): boolean {
  return VERSIONS.indexOf(version) < VERSIONS.indexOf(other);
}

function incompatible(details: string): CniError {
  return new CniError(ERROR_CODE.incompatibleVersion, "incompatible CNI versions", details);
}
