/**
 * The one way in which the plugin refuses: an error object on standard output and exit code 1 (CNI specification, "Error").
 * @module
 */

/** Codes of the specification; from 100 on they are a plugin's own, and ours is the reference's 999 (ipam §5.1). */
export const ERROR_CODE = {
  incompatibleVersion: 1,
  unknownContainer: 3,
  invalidEnvironment: 4,
  io: 5,
  decoding: 6,
  invalidConfiguration: 7,
  /** Answer to STATUS: an ADD could not be served now. */
  unavailable: 50,
  plugin: 999,
} as const;

export type ErrorCode = (typeof ERROR_CODE)[keyof typeof ERROR_CODE];

/** A refusal; its message goes to the runtime, and from there into the pod's Event. */
export class CniError extends Error {
  override readonly name = "CniError";
  readonly code: ErrorCode;
  readonly details: string;

  constructor(code: ErrorCode, message: string, details = "") {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/**
 * Formats whatever was thrown as the specification's error object.
 *
 * What is no {@link CniError} is a mistake of ours: it must not look like success either (ipam §8 B26), and names its place.
 */
export function formatError(error: unknown, cniVersion: string): string {
  const known = error instanceof CniError ? error : unexpected(error);
  const { code, message, details } = known;
  return formatJson({ cniVersion, code, msg: message, ...(details === "" ? {} : { details }) });
}

/** As the libraries print it: four blanks, and a line feed. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 4)}\n`;
}

function unexpected(error: unknown): CniError {
  if (!(error instanceof Error)) return new CniError(ERROR_CODE.plugin, `unexpected: ${String(error)}`);
  return new CniError(ERROR_CODE.plugin, `unexpected: ${error.message}`, error.stack ?? "");
}
