/**
 * Tables as `kubectl get` prints them: upper-case headers, columns as wide as their longest cell and three spaces.
 * @module
 */

/** A cell; what is absent is blank, as in the columns of a custom resource. */
export type Cell = string | number | bigint | boolean | undefined | null;

const PADDING = 3;
/** kubectl's columns have at least this width, padding included. */
const WIDTH_MIN = 6;

/**
 * Returns the lines of a table, the header first. The last column is not padded.
 *
 * @param rows one cell for each header
 */
export function tableLines(headers: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const lines = [headers.map((header) => header.toUpperCase()), ...rows.map((row) => row.map(cellText))];
  const widths = headers.map((_, column) =>
    Math.max(WIDTH_MIN, ...lines.map((line) => (line[column] ?? "").length + PADDING)),
  );
  return lines.map((line) =>
    line.map((text, column) => (column === headers.length - 1 ? text : text.padEnd(widths[column] ?? 0))).join(""),
  );
}

function cellText(cell: Cell): string {
  return cell === undefined || cell === null ? "" : String(cell);
}
