/**
 * The tables of docs/settings.md: every setting of the operator and of the agent.
 * @module
 */

import { agentSettings } from "../../src/agent/agent-config.ts";
import { operatorSettings } from "../../src/operator-config.ts";
import type { Setting } from "../../src/setting.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|");

function table(settings: readonly Setting[]): string {
  const rows = settings.map(({ name, help, default: fallback, isSwitch, aliases = [], variables = [] }) => {
    const others = [...aliases, ...variables].map((each) => `\`${each}\``).join(", ");
    return `| \`--${name}\` | ${cell(help)} | ${isSwitch ? "off" : fallback === "" ? "" : `\`${fallback}\``} | ${others} |`;
  });
  return ["| setting | | default | the reference's names |", "|---|---|---|---|", ...rows].join("\n");
}

/** The generated parts of the document, by name. */
export function settingTables(): Record<string, string> {
  return { operator: table(operatorSettings), agent: table(agentSettings) };
}
