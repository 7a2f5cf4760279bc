/**
 * `autopool lint FILE…`: what is wrong with manifests, said before they are applied. Needs no cluster.
 * @module
 */

import type { Paint, TextStyle } from "../asking/paint.ts";
import { ConfigError, settingsHelp } from "../config.ts";
import { boolean, familySettings, type Setting } from "../setting.ts";
import type { Command } from "./command.ts";
import { flagsHelp, readArguments } from "./flags.ts";
import { readManifests } from "./lint-documents.ts";
import { type Linted, type LintReport, lint as lintAll } from "./linter.ts";
import { type OutputFormat, outputFlag, printAnswer } from "./output.ts";

const exitCode = { fine: 0, wrong: 1 } as const;

const settings = [
  ...familySettings,
  {
    name: "enable-spider-subnet",
    help: "pools belong to the subnet of their CIDR",
    default: "true",
    aliases: ["enableSpiderSubnet"],
    check: boolean,
  },
] as const satisfies readonly Setting[];
const flags = [outputFlag];

export const lint: Command = {
  summary: "tell what is wrong with subnets, pools and reserved addresses in files",
  help: () => `Usage: autopool lint FILE... [-o FORMAT]

Judges SpiderSubnets, SpiderIPPools and SpiderReservedIPs in manifests by the rules of autopool's webhook, all files together, so that
overlaps between them are found as well. A FILE is YAML or JSON with any number of documents, a folder of such files, or - for the
standard input; other kinds are passed over. No cluster is asked, so what collides with objects in it only
"kubectl apply --dry-run=server" can tell. docs/admission.md lists the rules.

${flagsHelp(flags)}

Settings, each also as environment variable, or in the file of --config:
${settingsHelp(settings)}

Exit codes: 0 nothing wrong, 1 something wrong, 2 wrong arguments or unreadable files.
`,
  options: { flags, settings, files: true },
  async execute(args, context) {
    const { words, settings: values, flag } = readArguments(args, flags, settings);
    if (words.length === 0)
      throw new ConfigError("Cannot lint nothing: name files or folders, or - for the standard input");
    const report = lintAll(readManifests([...new Set(words)]), {
      families: ([4, 6] as const).filter((family) => values[`enable-ipv${family}`] === "true"),
      enableSubnet: values["enable-spider-subnet"] === "true",
    });
    const answer = { data: report, lines: (style: TextStyle) => linesOf(report, style) };
    printAnswer(answer, (flag("output") ?? "text") as OutputFormat, context);
    return report.objects.some(({ mistakes }) => mistakes.length > 0) ? exitCode.wrong : exitCode.fine;
  },
};

function linesOf(report: LintReport, { paint }: TextStyle): string[] {
  const wrong = report.objects.filter(({ mistakes }) => mistakes.length > 0);
  return [...wrong.flatMap((object) => [...objectLines(object, paint), ""]), summaryOf(report, wrong.length, paint)];
}

function objectLines({ file, document, item, line, kind, name, mistakes }: Linted, paint: Paint): string[] {
  const what = kind === undefined ? "" : ` ${kind}${name ? ` "${name}"` : ""}`;
  const place = `${file === "-" ? "standard input" : file}:${line}:`;
  return [
    `${paint("strong", `${place}${what}`)} ${paint("weak", `(document ${document}${item === undefined ? "" : `, item ${item}`})`)}`,
    ...mistakes.map(({ message, rule }) => `  ${message}${rule ? ` ${paint("weak", `[${rule}]`)}` : ""}`),
  ];
}

function summaryOf({ objects, passedOver }: LintReport, wrong: number, paint: Paint): string {
  const verdict = wrong === 0 ? paint("good", "nothing wrong") : paint("bad", `${wrong} wrong`);
  const others = passedOver === 0 ? "" : `; ${passedOver} of other kinds passed over`;
  return `${objects.length} object${objects.length === 1 ? "" : "s"}: ${verdict}${others}`;
}
