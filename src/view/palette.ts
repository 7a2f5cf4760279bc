/**
 * The colours of the diagrams: one hue for each outer state in turn, each with a light and a dark form.
 *
 * Text on every fill keeps a contrast of 7:1 and lines one of 3:1, in both forms; `test/view/palette.test.ts` computes them.
 * @module
 */

export interface Hue {
  readonly fill: string;
  readonly line: string;
}

export interface Ink {
  readonly text: string;
  /** Lines of edges. */
  readonly line: string;
  readonly paper: string;
  /** Inside of an outer state. */
  readonly area: string;
}

export const INK: Ink = { text: "#1f2328", line: "#59636e", paper: "#ffffff", area: "#f6f8fa" };
export const INK_DARK: Ink = { text: "#f0f6fc", line: "#9198a1", paper: "#0d1117", area: "#151b23" };

export const HUES: readonly Hue[] = [
  { fill: "#fff1c9", line: "#9a6700" },
  { fill: "#dcf7e3", line: "#1a7f37" },
  { fill: "#ddf0ff", line: "#0969da" },
  { fill: "#f0e6ff", line: "#8250df" },
  { fill: "#eaeef2", line: "#59636e" },
  { fill: "#ffe5e3", line: "#cf222e" },
];

export const HUES_DARK: readonly Hue[] = [
  { fill: "#3a2b0a", line: "#d29922" },
  { fill: "#0f3320", line: "#3fb950" },
  { fill: "#0d2a4d", line: "#4493f8" },
  { fill: "#2d1f4d", line: "#ab7df8" },
  { fill: "#262c36", line: "#9198a1" },
  { fill: "#4a1a1c", line: "#f85149" },
];

/** Returns the hue of the outer state with this index. */
export function paletteOf(index: number, hues = HUES): Hue {
  return hues[index % hues.length] as Hue;
}
