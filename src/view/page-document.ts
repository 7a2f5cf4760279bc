/**
 * The page as one document without anything from outside, and the policy that keeps it so.
 *
 * The policy names the document's own script and styles by their hashes, lets it speak to where it came from and to nobody else, and
 * forbids to make markup of text. The diagram is made from the machine's code, like all others.
 * @module
 */

import { createHash } from "node:crypto";
import type { MachineGraph } from "./machine-graph.ts";
import { machineSvg } from "./machine-svg.ts";
import type { PageFiles } from "./page-files.ts";

export interface PageDocument {
  readonly html: string;
  /** Value of the header `content-security-policy`. */
  readonly policy: string;
}

/** What the page's script is told besides what it asks for. */
export interface PageSettings {
  /** `live`: an operator runs behind it. `trace`: there is nothing but a trace. */
  readonly mode: "live" | "trace";
  readonly graph: MachineGraph;
}

/** Returns the document. */
export async function pageDocument(files: PageFiles, settings: PageSettings): Promise<PageDocument> {
  const parts: Readonly<Record<string, string>> = {
    style: `<style>${files.style}</style>`,
    machine: await machineSvg(settings.graph, { counts: true, brief: true }),
    settings: `<script type="application/json" id="settings">${jsonText(settings)}</script>`,
    script: `<script type="module">${files.script}</script>`,
  };
  const html = files.frame.replaceAll(/<!--(\w+)-->/g, (all, name: string) => parts[name] ?? all);
  return { html, policy: policyOf(html) };
}

function policyOf(html: string): string {
  const hashes = (tag: RegExp): string =>
    [...html.matchAll(tag)]
      .map(([, text = ""]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`)
      .join(" ");
  return [
    "default-src 'none'",
    `script-src ${hashes(/<script type="module">([\s\S]*?)<\/script>/g)}`,
    `style-src ${hashes(/<style>([\s\S]*?)<\/style>/g)}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

/** JSON that no markup can end. */
const jsonText = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");
