/**
 * One JSON object per line, or one readable line: what the operator says about itself.
 *
 * Messages are constant and in lower case; what varies is in fields. Where lines go is the caller's choice. No line has a key or token
 * in it, whatever was handed over.
 * @module
 */

import { type Clock, toTimestamp } from "./clock.ts";
import { withoutSecrets } from "./secrets.ts";

export type Level = "debug" | "info" | "warn" | "error";

/** Values that can stand in a line. */
export type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

export interface LogOptions {
  readonly clock: Clock;
  /** The lowest level that is written; a function is asked for each line. */
  readonly level: Level | (() => Level);
  readonly format: "json" | "text";
  write(line: string): void;
}

const order: readonly Level[] = ["debug", "info", "warn", "error"];

/** What is written at present, for a process that is told to say more while it runs. */
export class LogLevel {
  readonly #configured: Level;
  #current: Level;

  constructor(configured: Level) {
    this.#configured = configured;
    this.#current = configured;
  }

  get current(): Level {
    return this.#current;
  }

  /** Goes to "debug", or back from there: to what was configured, or to "info" where that is "debug" itself. */
  toggle(): void {
    const quiet = this.#configured === "debug" ? "info" : this.#configured;
    this.#current = this.#current === "debug" ? quiet : "debug";
  }
}

/** Returns a log that writes lines of this level and above. */
export function createLog({ clock, level, format, write }: LogOptions): Log {
  const emit = (of: Level, message: string, fields: Fields = {}): void => {
    if (order.indexOf(of) < order.indexOf(typeof level === "function" ? level() : level)) return;
    const plain = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plainValue(value)]));
    const time = toTimestamp(clock.now());
    if (format === "json") write(withoutSecrets(JSON.stringify({ time, level: of, msg: message, ...plain })));
    else {
      const tail = Object.entries(plain).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
      write(withoutSecrets(`${time} ${of.padEnd(5)} ${message}${tail.join("")}`));
    }
  };
  return {
    debug: (message, fields) => emit("debug", message, fields),
    info: (message, fields) => emit("info", message, fields),
    warn: (message, fields) => emit("warn", message, fields),
    error: (message, fields) => emit("error", message, fields),
  };
}

/** A log that says nothing. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function plainValue(value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === "bigint" ? value.toString() : value;
}
