/**
 * What a row of the tables of failures is.
 *
 * The tables say, for each text that somebody may meet, what it means and what helps; docs/troubleshooting.md is made from them, and a
 * test holds them against the code. Who throws does not read them: an error says all that it knows by itself.
 * @module
 */

export interface Failure {
  /** As it is written, with "…" for what differs each time. */
  readonly text: string;
  /** One sentence. */
  readonly cause: string;
  /** What to do, in the imperative; or why nothing. */
  readonly cure: string;
}
