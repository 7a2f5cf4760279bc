/**
 * Says once what is wrong, and once that it is over, however often it is met.
 *
 * What is logged never holds private keys: an error's text is left out where it could quote a Secret.
 * @module
 */

import { ApiError, isPassing, UnknownOutcome } from "../../cluster/cluster.ts";

/** The part of a log that is needed here. */
export interface CertificateLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** So many failures in a row that would pass by themselves are no longer nothing. */
const PATIENCE = 5;

export class Complaints {
  readonly #log: CertificateLog;
  readonly #standing = new Map<string, string>();

  constructor(log: CertificateLog) {
    this.#log = log;
  }

  /** Warns of something, unless it was the last that was said of this topic. */
  say(topic: string, message: string, fields: Readonly<Record<string, string>> = {}): void {
    const text = JSON.stringify([message, fields]);
    if (this.#standing.get(topic) === text) return;
    this.#standing.set(topic, text);
    this.#log.warn(message, fields);
  }

  /** Warns of a failure, if it is no passing one or has lasted for some attempts. */
  failed(topic: string, message: string, error: unknown, attempt: number): void {
    if (isPassing(error) && attempt < PATIENCE) return;
    this.say(topic, message, { error: describe(error) });
  }

  /** Notes that all is well with a topic; says so where something else was said before. */
  settle(topic: string, message: string): void {
    if (this.#standing.delete(topic)) this.#log.info(message);
  }
}

/** Only the text of a 403 helps, and it is the API server's own; that of others may quote what was written. */
function describe(error: unknown): string {
  if (error instanceof ApiError) {
    return error.code === 403 ? withheld(error.message) : `the API server answered ${error.code} ${error.reason}`;
  }
  if (error instanceof UnknownOutcome) return "the API server did not answer";
  return withheld(error instanceof Error ? error.message : String(error));
}

/** The second form is the beginning of "-----BEGIN" in base64. */
function withheld(text: string): string {
  return /-----BEGIN|LS0tLS1C/.test(text) ? "its text is withheld, since it quotes a key" : text;
}
