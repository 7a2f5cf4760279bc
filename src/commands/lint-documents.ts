/**
 * Manifests as `autopool lint` reads them: files, folders and the standard input, YAML or JSON, several documents in each.
 *
 * Every document is read by itself, so that one with a mistake in its YAML does not hide the others. Whatever is in a `List` is an object
 * of its own.
 * @module
 */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { ConfigError } from "../config.ts";

/** Where something stands. */
export interface Place {
  /** Path as it was given; `-` for the standard input. */
  readonly file: string;
  /** Counted from 1, as people do. */
  readonly document: number;
  /** In a `List`, counted from 1. */
  readonly item?: number;
  /** Line of the file on which the document begins, counted from 1. */
  readonly line: number;
}

/** One object, or what is wrong with the text that should be one. */
export type Manifest = Place & ({ readonly value: unknown } | { readonly mistake: string });

const STANDARD_INPUT = 0;

/**
 * Reads all manifests, in the order of the arguments, those of a folder in the order of their names.
 * @throws {ConfigError} If a file cannot be read, or a folder has no manifest.
 */
export function readManifests(paths: readonly string[], standardInput: () => string = readStandardInput): Manifest[] {
  return paths.flatMap((path) =>
    filesOf(path).flatMap((file) => manifestsOf(file, file === "-" ? standardInput() : readText(file))),
  );
}

/** Reads the documents of one file. */
export function manifestsOf(file: string, text: string): Manifest[] {
  return documentsOf(text).flatMap(({ line, text: document }, index): Manifest[] => {
    const place = { file, document: index + 1, line };
    let value: unknown;
    try {
      value = load(document);
    } catch (error) {
      return [{ ...place, mistake: mistakeOf(error, line) }];
    }
    if (value === undefined || value === null) return [];
    const items = itemsOf(value);
    return items ? items.map((item, at) => ({ ...place, item: at + 1, value: item })) : [{ ...place, value }];
  });
}

/** Three dashes at the beginning of a line part documents, and cannot stand there inside of one. */
function documentsOf(text: string): { line: number; text: string }[] {
  const documents: { line: number; lines: string[] }[] = [{ line: 1, lines: [] }];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^---(?:\s|$)/.test(line)) documents.push({ line: index + 2, lines: [line.slice(3)] });
    else documents.at(-1)?.lines.push(line);
  }
  return documents
    .map(({ line, lines }) => ({ line, text: lines.join("\n") }))
    .filter(({ text: document }) => document.replace(/^\s*#.*$/gm, "").trim() !== "");
}

function itemsOf(value: unknown): unknown[] | undefined {
  const { kind, items } = value as { kind?: unknown; items?: unknown };
  return typeof kind === "string" && kind.endsWith("List") && Array.isArray(items) ? items : undefined;
}

/** The first line of the reader's own words; what it shows below them is the file, which is at hand. */
function mistakeOf(error: unknown, line: number): string {
  const { reason, mark } = error as { reason?: string; mark?: { line?: number } };
  const at = mark?.line === undefined ? "" : ` on line ${line + mark.line}`;
  return `Cannot read YAML${at}: ${reason ?? String((error as Error).message).split("\n", 1)[0]}`;
}

function filesOf(path: string): string[] {
  if (path === "-") return [path];
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  const files = readdirSync(path)
    .filter((name) => /\.(?:ya?ml|json)$/.test(name))
    .sort();
  if (files.length === 0) throw new ConfigError(`Cannot lint folder "${path}": it has no .yaml, .yml or .json file`);
  return files.map((name) => join(path, name));
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(`Cannot read "${file}": ${(error as Error).message}`);
  }
}

function readStandardInput(): string {
  return readFileSync(STANDARD_INPUT, "utf8");
}
