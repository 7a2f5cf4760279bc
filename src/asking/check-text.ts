/**
 * What a check found, in words: one group for each kind of finding, with what helps.
 * @module
 */

import type { Finding, FindingName } from "./finding.ts";
import { findingRows } from "./finding.ts";
import { counted } from "./naming.ts";
import type { TextStyle } from "./paint.ts";
import type { Remedy } from "./repair.ts";

/** What is printed of a check; plain data. */
export interface CheckReport {
  readonly clean: boolean;
  /** How many objects were looked at, by kind. */
  readonly looked: Readonly<Record<string, number>>;
  /** What looked wrong at first and was not. */
  readonly races: number;
  readonly findings: readonly CheckFinding[];
}

export interface CheckFinding {
  readonly name: FindingName;
  readonly subject: string;
  readonly text: string;
  readonly cure: string;
  /** Only where repairs were asked for. */
  readonly remedy?: Remedy;
}

/** Findings of one kind that are listed without `-o wide`. */
const listedMax = 12;

/** Returns the lines. */
export function checkLines({ findings, looked, races }: CheckReport, { paint, wide }: TextStyle): string[] {
  const lines: string[] = [];
  const groups = Map.groupBy(findings, ({ name }) => name);
  for (const [name, group] of groups) {
    const { title } = findingRows[name];
    lines.push(paint("bad", `${name}: ${title} (${group.length})`));
    const shown = wide ? group : group.slice(0, listedMax);
    for (const finding of shown) {
      lines.push(`  ${finding.subject}: ${finding.text}`);
      if (finding.remedy) lines.push(`    ${remedyText(finding.remedy, paint)}`);
    }
    if (shown.length < group.length) lines.push(`  and ${group.length - shown.length} more; -o wide lists them`);
    const isMended = group.every(({ remedy }) => remedy?.done === true);
    if (!isMended) lines.push(paint("weak", `  ${group[0]?.cure}`));
    lines.push("");
  }
  const seen = Object.entries(looked).map(([kind, count]) => counted(count, kind));
  lines.push(`Looked at ${seen.join(", ")}${races > 0 ? `; ${counted(races, "suspicion")} passed by themselves` : ""}`);
  lines.push(summary(findings, paint));
  return lines;
}

function remedyText({ done, text }: Remedy, paint: TextStyle["paint"]): string {
  return done ? paint("good", `mended: ${text}`) : `left to you: ${text}`;
}

function summary(findings: readonly CheckFinding[], paint: TextStyle["paint"]): string {
  if (findings.length === 0) return paint("good", "All is consistent");
  const mended = findings.filter(({ remedy }) => remedy?.done).length;
  const left = findings.length - mended;
  const wrong = counted(findings.length, "finding");
  if (mended === 0) return paint("bad", wrong);
  return left === 0 ? paint("good", `${wrong}, all mended`) : paint("bad", `${wrong}, ${mended} mended, ${left} left`);
}

/** Returns a finding as it is printed. */
export function printed({ name, subject, text }: Finding, remedy?: Remedy): CheckFinding {
  return { name, subject, text, cure: findingRows[name].cure, ...(remedy && { remedy }) };
}
