/**
 * What is in the one file: a CycloneDX bill of materials beside it, and the licences of all of it at its end and beside it.
 *
 * Packages count of which code is really there. The same sources give the same bytes: no time, no path, no chance. Knows
 * rolldown's plugin interface and npm's lock file.
 * @module
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { inside, type PackageInside, standIns } from "./unnamed-licences.ts";

const root = join(import.meta.dirname, "..");
const BAR = "-".repeat(80);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly description?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface BundledPackage {
  readonly manifest: Manifest;
  readonly licence: string;
  /** As npm checked it; absent for what a package brought inside. */
  readonly integrity?: string | undefined;
  readonly inside: readonly PackageInside[];
}

interface Chunk {
  readonly type: "asset" | "chunk";
  readonly modules?: Readonly<Record<string, { readonly renderedLength: number }>>;
  code?: string;
}

/** A plugin that writes `FILE` with its licences, and beside it `*.cdx.json` and `*.licences.txt`. */
export function billOfMaterials(file: string) {
  const base = resolve(root, file).replace(/\.\w+$/, "");
  let packages: readonly BundledPackage[] = [];
  return {
    name: "bill of materials",
    generateBundle(_: unknown, bundle: Record<string, Chunk>): void {
      const chunks = Object.values(bundle);
      packages = packagesOf(chunks);
      const text = licenceText(packages).trimEnd().replaceAll(/^/gm, "// ").replaceAll(/ +$/gm, "");
      for (const chunk of chunks) if (chunk.code !== undefined) chunk.code += `\n${text}\n`;
    },
    writeBundle(_: unknown, bundle: Record<string, Chunk>): void {
      const digest = createHash("sha256");
      for (const { code } of Object.values(bundle)) digest.update(code ?? "");
      writeFileSync(`${base}.licences.txt`, licenceText(packages));
      writeFileSync(`${base}.cdx.json`, `${JSON.stringify(cycloneDx(packages, digest.digest("hex")), null, 2)}\n`);
    },
  };
}

/** The packages of which at least one module has code in the chunks, by name and version. */
function packagesOf(chunks: readonly Chunk[]): BundledPackage[] {
  const folders = new Set<string>();
  for (const { modules = {} } of chunks) {
    for (const [id, { renderedLength }] of Object.entries(modules)) {
      const folder = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
      if (folder !== undefined && renderedLength > 0) folders.add(folder);
    }
  }
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const packages = [...folders].map((folder): BundledPackage => {
    const manifest: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const key = folder.slice(folder.indexOf("node_modules/"));
    return {
      manifest,
      licence: licenceOf(folder, manifest),
      integrity: lock[key]?.integrity,
      inside: inside(folder, manifest.name),
    };
  });
  const key = ({ manifest }: BundledPackage): string => `${manifest.name}@${manifest.version}`;
  return packages.sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

/** The text that must go with a package; one that ships none is known by name, or the build fails. */
function licenceOf(folder: string, { name }: Manifest): string {
  const files = readdirSync(folder).filter((each) => /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i.test(each));
  const texts = files.sort().map((each) => readFileSync(join(folder, each), "utf8").trim());
  const text = texts.join("\n\n") || standIns[name];
  if (text === undefined) throw new Error(`Cannot bundle package "${name}": it has no file with its licence`);
  return text.replaceAll("\r\n", "\n");
}

function licenceText(packages: readonly BundledPackage[]): string {
  const own = `autopool\n\n${readFileSync(join(root, "LICENSE"), "utf8").trim()}`;
  const others = packages.map(({ manifest, licence, inside: parts }) => {
    const contained = parts.map((part) => `\n\nIt contains ${part.name} ${part.version}. ${part.notice}`).join("");
    return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${licence}${contained}`;
  });
  const opening = "autopool, and what it is made of: each part with its licence.";
  return `${[opening, own, ...others].join(`\n\n${BAR}\n`)}\n`;
}

const purl = (name: string, version: string): string => `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;

function cycloneDx(packages: readonly BundledPackage[], digest: string): object {
  const own: Manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const references = new Map(packages.map(({ manifest: { name, version } }) => [name, purl(name, version)]));
  const among = (dependencies: Manifest["dependencies"] = {}): string[] =>
    Object.keys(dependencies).flatMap((name) => references.get(name) ?? []);
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(digest)}`,
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": "autopool",
        name: own.name,
        version: own.version,
        licenses: [{ license: { id: own.license } }],
        hashes: [{ alg: "SHA-256", content: digest }],
      },
    },
    components: packages.map(componentOf),
    dependencies: [
      { ref: "autopool", dependsOn: among(own.dependencies) },
      ...packages.map(({ manifest }) => ({
        ref: purl(manifest.name, manifest.version),
        dependsOn: among(manifest.dependencies),
      })),
    ],
  };
}

function componentOf({ manifest, integrity, inside: parts }: BundledPackage): object {
  const reference = purl(manifest.name, manifest.version);
  return {
    type: "library",
    "bom-ref": reference,
    name: manifest.name,
    version: manifest.version,
    purl: reference,
    licenses: [{ expression: manifest.license }],
    ...(integrity?.startsWith("sha512-") && {
      hashes: [{ alg: "SHA-512", content: Buffer.from(integrity.slice(7), "base64").toString("hex") }],
    }),
    ...(parts.length > 0 && {
      components: parts.map(({ name, version, licence }) => ({
        type: "library",
        "bom-ref": `${reference}#${name}`,
        name,
        ...(version && { version }),
        licenses: [{ license: licence }],
      })),
    }),
  };
}

/** An identifier that depends on the content alone, in the form of a version-8 UUID. */
function uuidOf(digest: string): string {
  return digest.replace(/^(.{8})(.{4})(.{3})(.{3})(.{12}).*$/, "$1-$2-8$3-8$4-$5");
}
