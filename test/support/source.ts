/**
 * The repository's own source as text: what the house rules are checked against.
 *
 * TypeScript 7 has no API for other programs, so this looks at text with comments and strings blanked out; it knows just
 * enough of the grammar for code that the formatter has laid out.
 * @module
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, posix } from "node:path";

export const root = dirname(dirname(import.meta.dirname));

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with every comment, string and regular expression blanked; lines stay where they are. */
  readonly code: string;
  /** What it imports: own files as paths relative to the repository, all else as it is written. */
  readonly imports: readonly string[];
}

const COMMENT = String.raw`\/\*[\s\S]*?\*\/|\/\/[^\n]*`;
const TEMPLATE = "`(?:\\\\.|\\$\\{(?:[^{}`]|`[^`]*`)*\\}|[^`\\\\])*`";
const STRING = String.raw`"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|${TEMPLATE}`;
/** A slash begins a regular expression only where a value is expected. */
const REGEXP = String.raw`(?<=(?:^|[(,=:[!&|?{};]|\breturn)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*`;

const comments = new RegExp(`(${COMMENT})|${STRING}|${REGEXP}`, "gm");
const literals = new RegExp(`${COMMENT}|${STRING}|${REGEXP}`, "gm");
const imported = /(?:^(?:import|export)\b[^"=]*?\bfrom\s*|^import\s*|\bimport\s*\(\s*)"([^"]+)"/gm;

const blank = (text: string): string => text.replaceAll(/[^\n]/g, " ");

function importsOf(path: string, text: string): string[] {
  const withoutComments = text.replaceAll(comments, (all, comment?: string) => (comment ? blank(all) : all));
  return [...withoutComments.matchAll(imported)].map(([, name = ""]) =>
    name.startsWith(".") ? posix.join(posix.dirname(path), name) : name,
  );
}

/** Reads every TypeScript file below the given folders, in the order of their paths. */
export function readSources(...folders: readonly string[]): SourceFile[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .sort()
    .map((path) => {
      const text = readFileSync(`${root}/${path}`, "utf8");
      return { path, text, code: text.replaceAll(literals, blank), imports: importsOf(path, text) };
    });
}

/** The line that ends a function's head: an arrow, or a parameter list that no keyword of a statement opens. */
const OPENS_FUNCTION = /=>\s*\{$|\)(?::[^=;]+)?\s*\{$/;
const OPENS_STATEMENT = /^\s*(?:\}\s*)?(?:if|for|while|switch|catch|else|do|try|with|class|interface)\b/;

/** Returns `path:line name` and length of each function with more than `max` lines, its first and last included. */
export function longFunctions({ path, code }: SourceFile, max: number): string[] {
  const lines = code.split("\n");
  return lines.flatMap((line, index) => {
    if (!OPENS_FUNCTION.test(line.trimEnd()) || OPENS_STATEMENT.test(line)) return [];
    const length = lengthOfBlock(lines, index);
    return length > max ? [`${path}:${index + 1} ${line.trim()} (${length} lines)`] : [];
  });
}

/** Counts the lines of the block that opens at the end of a line; the formatter indents its last line like its first. */
function lengthOfBlock(lines: readonly string[], first: number): number {
  const indent = /^\s*/.exec(lines[first] ?? "")?.[0] ?? "";
  const last = lines.findIndex((line, index) => index > first && line.startsWith(`${indent}}`));
  return last === -1 ? 0 : last - first + 1;
}
