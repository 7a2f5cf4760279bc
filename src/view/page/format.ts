/**
 * Numbers and times as people read them.
 * @module
 */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** Formats a number of things: `12,345`; beyond a million million as `1.8 × 10¹⁹`. */
export function count(value: number | bigint | string): string {
  const number = typeof value === "string" ? BigInt(value) : value;
  if (number < 1_000_000_000_000) return whole.format(number);
  const [digits = "", exponent = ""] = Number(number).toExponential(1).split("e+");
  return `${digits.replace(/\.0$/, "")} × 10${superscript(exponent)}`;
}

const superscript = (digits: string): string => [...digits].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)] ?? "").join("");

/** Formats a number with what is counted: `1 address`, `2 addresses`. */
export function counted(value: number | bigint | string, one: string, several = `${one}s`): string {
  return `${count(value)} ${String(value) === "1" ? one : several}`;
}

/** Formats a part of a whole: `0 %`, `<1 %`, `37 %`, `>99 %`. */
export function share(part: bigint, all: bigint): string {
  if (all === 0n || part === 0n) return "0 %";
  if (part >= all) return "100 %";
  const percent = Number((part * 1000n) / all) / 10;
  if (percent < 1) return "<1 %";
  return percent > 99 ? ">99 %" : `${Math.round(percent)} %`;
}

const pad = (value: number, length: number): string => String(value).padStart(length, "0");

/**
 * Formats a time of day in the reader's zone: `14:03:22`, with milliseconds `14:03:22.120`.
 * @param ms since the epoch
 */
export function timeOfDay(ms: number, withMs = false): string {
  const at = new Date(ms);
  const text = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => pad(part, 2)).join(":");
  return withMs ? `${text}.${pad(at.getMilliseconds(), 3)}` : text;
}

/** Formats a date and time in the reader's zone: `2026-01-31 14:03:22`. */
export function dateAndTime(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1, 2)}-${pad(at.getDate(), 2)} ${timeOfDay(ms)}`;
}

/** Formats a span as its largest part: `120 ms`, `8 s`, `3 min`, `5 h`, `2 d`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
