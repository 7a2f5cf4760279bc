/**
 * Emphasis in text for people, decided by whoever prints.
 * @module
 */

/** `good` and `bad` are verdicts, `strong` is what the eye should find first, `weak` what it may pass over. */
export type Emphasis = "good" | "bad" | "strong" | "weak";

/** Returns a text with emphasis, or as it is where the output has none. */
export type Paint = (emphasis: Emphasis, text: string) => string;

/** How text is to look. */
export interface TextStyle {
  readonly paint: Paint;
  /** Everything that is known, however wide. */
  readonly wide: boolean;
}

/** Leaves every text as it is. */
export const unpainted: Paint = (_, text) => text;
