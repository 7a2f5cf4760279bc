/**
 * Graphviz, compiled to WebAssembly: the only file that knows @viz-js/viz.
 *
 * It is loaded when the first drawing is asked for, since it is a megabyte that no other command needs. (The wrapper is MIT,
 * Graphviz in it EPL-2.0, Expat MIT.)
 * @module
 */
import type { Viz } from "@viz-js/viz";

let loading: Promise<Viz> | undefined;

/**
 * Returns the SVG that Graphviz makes of a drawing in the DOT language.
 * @throws {SyntaxError} If the text is not DOT.
 */
export async function renderDot(dot: string): Promise<string> {
  loading ??= import("@viz-js/viz").then(({ instance }) => instance());
  const result = (await loading).render(dot, { format: "svg" });
  if (result.status === "success") return result.output;
  const messages = result.errors.map(({ message }) => message).join("; ");
  throw new SyntaxError(`Cannot draw: Graphviz says "${messages}"`);
}
