/**
 * The plugin's log on the host: one JSON object per line, with rotation by size, and clearing away by number and age.
 *
 * Many plugin processes write at once, so each line is one append, and old files get names of their own. A pod must not go
 * without a network because a disk is full: whatever fails here is passed over, except for a level that does not exist.
 * @module
 */

import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { type Clock, toMicroTimestamp } from "../clock.ts";
import { createLog, type Level, type Log, silentLog } from "../log.ts";
import { CniError, ERROR_CODE } from "./cni-error.ts";
import type { LogSettings } from "./network-configuration.ts";

const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];
/** Levels of the reference at which the plugin has nothing to say. */
const SILENT_LEVELS = ["fatal", "panic"];
const MEBIBYTE = 2 ** 20;
const dayMs = 24 * 3600 * 1000;

/**
 * Opens the log.
 * @throws {CniError} If the level is none.
 */
export function openLog(settings: LogSettings, clock: Clock, processId: number): Log {
  const word = settings.level.toLowerCase();
  if (SILENT_LEVELS.includes(word)) return silentLog;
  const level = LEVELS.find((known) => known === word);
  if (level === undefined) {
    const message = `failed to setup file logging: unsupported log level ${settings.level}`;
    throw new CniError(ERROR_CODE.invalidConfiguration, message);
  }
  return createLog({ clock, level, format: "json", write: (line) => write(settings, clock, processId, line) });
}

function write(settings: LogSettings, clock: Clock, processId: number, line: string): void {
  try {
    append(settings.path, `${line}\n`);
    if (statSync(settings.path).size < settings.sizeMax * MEBIBYTE) return;
    // Two processes that come here at once move one file each, the second a short one: nothing is lost.
    renameSync(settings.path, rotatedPath(settings.path, clock.now(), processId));
    clearAway(settings, clock.now());
  } catch {
    // See the head of this file.
  }
}

function append(path: string, text: string): void {
  try {
    appendFileSync(path, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(dirname(path), { recursive: true });
    appendFileSync(path, text);
  }
}

/** `spiderpool.log` → `spiderpool-2026-01-31T23-59-59.000000Z-4711.log`; the names sort by time. */
function rotatedPath(path: string, now: number, processId: number): string {
  const extension = extname(path);
  const time = toMicroTimestamp(now).replaceAll(":", "-");
  return `${path.slice(0, path.length - extension.length)}-${time}-${processId}${extension}`;
}

function clearAway({ path, ageMax, countMax }: LogSettings, now: number): void {
  const folder = dirname(path);
  const extension = extname(path);
  const stem = `${basename(path, extension)}-`;
  const rotated = readdirSync(folder)
    .filter((name) => name.startsWith(stem) && name.endsWith(extension))
    .filter((name) => /^\d{4}-\d\d-\d\dT[\d.-]+Z-\d+$/.test(name.slice(stem.length, name.length - extension.length)))
    .sort()
    .reverse();
  for (const [index, name] of rotated.entries()) {
    const old = join(folder, name);
    const isSurplus = countMax > 0 && index >= countMax;
    if (isSurplus || (ageMax > 0 && now - statSync(old).mtimeMs > ageMax * dayMs)) rmSync(old, { force: true });
  }
}
