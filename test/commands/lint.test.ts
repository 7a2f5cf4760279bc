/**
 * `autopool lint` on files as people write them.
 * @module
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { load } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lint } from "../../src/commands/lint.ts";
import { manifestsOf } from "../../src/commands/lint-documents.ts";
import { SPEC_FIELDS } from "../../src/commands/lint-fields.ts";
import { type LintReport, lint as lintAll } from "../../src/commands/linter.ts";
import { ConfigError } from "../../src/config.ts";

let folder = "";

const linting = suite("autopool lint");

linting.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "autopool-lint-"));
});
linting.after.each(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};

const run = async (...args: string[]): Promise<[output: string, code: number]> => {
  const lines: string[] = [];
  const context = { signal: new AbortController().signal, print: (line: string) => void lines.push(line) };
  const code = await lint.execute(args, context);
  return [lines.join("\n").replaceAll(`${folder}/`, ""), code];
};

const object = (kind: string, name: string, spec: object): string =>
  JSON.stringify({ apiVersion: "spiderpool.spidernet.io/v2beta1", kind, metadata: { name }, spec });
const subnet = (name: string, spec: object): string => object("SpiderSubnet", name, spec);
const pool = (name: string, spec: object): string => object("SpiderIPPool", name, spec);

const v4 = { subnet: "10.6.0.0/16" };

linting("finds nothing wrong with what is right, and ends with 0", async () => {
  const path = file(
    "a.yaml",
    [subnet("s", { ...v4, ips: ["10.6.0.1-10.6.0.9"] }), pool("p", { ...v4, ips: ["10.6.0.1"] })].join("\n---\n"),
  );

  assert.equal(await run(path), ["2 objects: nothing wrong", 0]);
});

linting("names file, line, document, object, field, value and rule, and ends with 1", async () => {
  const path = file(
    "a.yaml",
    `# ours\n${subnet("s", v4)}\n---\n# mine\n${pool("p", { ...v4, ips: ["10.6.0.9-10.6.0.1"] })}\n`,
  );

  const [output, code] = await run(path);

  assert.match(
    output,
    /^a\.yaml:4: SpiderIPPool "p" \(document 2\)\n {2}spec\.ips\[0\]: Invalid value: "10\.6\.0\.9-10\.6\.0\.1": .*\[ips-format\]$/m,
  );
  assert.match(output, /^2 objects: 1 wrong$/m);
  assert.is(code, 1);
});

linting("finds overlaps between files, whatever their order", async () => {
  const pools = file(
    "a.yaml",
    `${pool("p", { ...v4, ips: ["10.6.0.5"] })}\n---\n${pool("q", { ...v4, ips: ["10.6.0.5"] })}`,
  );
  const subnets = file("b.yaml", `${subnet("s", { ...v4, ips: ["10.6.0.9"] })}\n---\n${subnet("t", v4)}`);

  for (const paths of [[pools, subnets], [subnets, pools], [folder]]) {
    const [output, code] = await run(...paths);
    assert.match(output, /SpiderIPPool "p".*\n.*not contained in controller Subnet s/);
    assert.match(output, /SpiderIPPool "q".*\n.*overlap with IPPool p in IP ranges \[10\.6\.0\.5\]/);
    assert.match(output, /SpiderSubnet "t".*\n.*overlap with Subnet s/);
    assert.is(code, 1);
  }
});

linting("judges a pool with what it inherits from its subnet", async () => {
  const path = file(
    "a.yaml",
    `${subnet("s", { ...v4, ips: ["10.6.0.2"], gateway: "10.6.0.1" })}\n---\n${pool("p", { ...v4, ips: ["10.6.0.1-10.6.0.2"] })}`,
  );

  assert.match((await run(path))[0], /conflicts with 'spec\.gateway' 10\.6\.0\.1/);
});

linting("passes over and counts other kinds, and looks into lists", async () => {
  const items = [JSON.parse(pool("p", { subnet: "x" })), { apiVersion: "v1", kind: "ConfigMap" }];
  const path = file("a.json", JSON.stringify({ apiVersion: "v1", kind: "List", items }));

  const [output] = await run(path);

  assert.match(output, /SpiderIPPool "p" \(document 1, item 1\)/);
  assert.match(output, /^1 object: 1 wrong; 1 of other kinds passed over$/m);
});

linting("goes on after a document that is no YAML, and tells its line", async () => {
  const path = file("a.yaml", `kind: [oops\n---\n${pool("p", { subnet: "x" })}`);

  const [output, code] = await run(path);

  assert.match(output, /^a\.yaml:1: \(document 1\)\n {2}Cannot read YAML on line \d: \S/m);
  assert.match(output, /SpiderIPPool "p"/);
  assert.is(code, 1);
});

linting("finds what the schema refuses: unknown fields, types, versions, names", async () => {
  const path = file(
    "a.yaml",
    [
      pool("p", { ...v4, excludeIps: [], vlan: 0, colour: "red" }),
      pool("q", { ...v4, gateway: 10 }),
      pool("R", v4).replace("v2beta1", "v1"),
      '{"kind":"SpiderSubnet","apiVersion":"spiderpool.spidernet.io/v2beta1","spec":{}}',
      pool("twice", { ...v4 }),
      pool("twice", { ...v4 }),
      '{"kind":"SpiderSubnet","metadata":7}',
    ].join("\n---\n"),
  );

  const [output] = await run(path);

  assert.match(output, /spec\.excludeIps: there is no such field; write spec\.excludeIPs/);
  assert.match(output, /spec\.vlan: .*leave it out/);
  assert.match(output, /spec\.colour: there is no such field; the spec has ipVersion, subnet/);
  assert.match(output, /SpiderIPPool "q".*\n {2}spec\.gateway must be a string, not a number/);
  assert.match(output, /apiVersion: "spiderpool\.spidernet\.io\/v1": write spiderpool\.spidernet\.io\/v2beta1/);
  assert.match(output, /metadata\.name: "R": write lower-case/);
  assert.match(output, /metadata is missing/);
  assert.match(output, /metadata\.name: "twice": stands in a\.yaml:9 as well/);
  assert.match(output, /metadata must be an object, not a number/);
});

linting("takes the settings of the webhook", async () => {
  const path = file("a.yaml", `${subnet("s", { ...v4, ips: [] })}\n---\n${pool("p", { ...v4, ips: ["10.6.0.1"] })}`);

  assert.is((await run(path))[1], 1);
  assert.is((await run(path, "--enable-spider-subnet", "false"))[1], 0);
  assert.match((await run(path, "--enable-ipv4=false"))[0], /IPv4 is disabled/);
});

linting("prints everything as JSON", async () => {
  const path = file("a.yaml", pool("p", { ...v4, gateway: "x" }));

  const [output, code] = await run("-o", "json", path);

  const report = JSON.parse(output) as LintReport;
  assert.is(code, 1);
  assert.is(report.objects[0]?.name, "p");
  assert.equal(
    report.objects[0]?.mistakes.map(({ rule, field }) => [rule, field]),
    [["gateway-format", "spec.gateway"]],
  );
});

linting("is misused without a file, with one that is not there, and with an empty folder", async () => {
  for (const args of [[], [join(folder, "none.yaml")], [folder], ["--nonsense"]]) {
    try {
      await run(...args);
      assert.unreachable();
    } catch (error) {
      assert.ok(error instanceof ConfigError, String(error));
    }
  }
});

linting("answers for a thousand pools in a second or two", () => {
  const text = Array.from({ length: 1000 }, (_, i) =>
    pool(`p${i}`, { ...v4, ips: [`10.6.${i >> 8}.${i & 255}`] }),
  ).join("\n---\n");
  const before = process.cpuUsage();

  const { objects } = lintAll(manifestsOf("a.yaml", text), { families: [4, 6], enableSubnet: true });

  const { user, system } = process.cpuUsage(before);
  assert.is(objects.filter(({ mistakes }) => mistakes.length > 0).length, 0);
  assert.ok(user + system < 5_000_000, `${(user + system) / 1000} ms`);
});

linting("knows the fields that the definitions know", () => {
  for (const [kind, fields] of Object.entries<readonly string[]>(SPEC_FIELDS)) {
    const path = new URL(`../../crds/${kind.toLowerCase()}.yaml`, import.meta.url);
    const definition = load(readFileSync(path, "utf8")) as {
      spec: { versions: [{ schema: { openAPIV3Schema: { properties: { spec: { properties: object } } } } }] };
    };
    const { properties } = definition.spec.versions[0].schema.openAPIV3Schema.properties.spec;
    assert.equal(new Set(fields), new Set(Object.keys(properties)));
  }
});

linting.run();
