/**
 * Other names in the place of the real ones: first all that there are are taken down, then each has its own new one for good.
 *
 * New names keep the order of the old ones within their kind, since what is equally old is ordered by name. Names that are made of
 * other names, such as those of pools, are made anew of the new ones. Pure.
 * @module
 */

import { cidrLabel } from "../address/cidr.ts";
import { nameLabel } from "../api/application.ts";
import { AddressBook, type AddressMapping } from "./address-mapping.ts";
import { masked } from "./masking.ts";

/** What names are of. */
export type NameKind = "namespace" | "app" | "pod" | "subnet" | "pool" | "reserved" | "uid";

/** What the parts of a line become. While names are taken down, nothing becomes anything else. */
export interface Names {
  name(kind: NameKind, text: string): string;
  /** Value of the label with an application's name. */
  nameLabel(text: string): string;
  /** Value of the label with a CIDR. */
  cidrLabel(text: string): string;
  address(text: string): string;
  network(text: string): string;
  /** Words for people. */
  words(text: string): string;
}

/** Takes names down. */
export class NameBook implements Names {
  readonly #names = new Map<NameKind, Set<string>>();
  readonly #networks = new Set<string>();
  readonly #addresses = new AddressBook();

  name(kind: NameKind, text: string): string {
    const names = this.#names.get(kind) ?? new Set();
    this.#names.set(kind, names.add(text));
    return text;
  }

  nameLabel(text: string): string {
    return text;
  }

  cidrLabel(text: string): string {
    return text;
  }

  address(text: string): string {
    this.#addresses.noteAddress(text);
    return text;
  }

  network(text: string): string {
    this.#networks.add(text);
    this.#addresses.noteNetwork(text);
    return text;
  }

  words(text: string): string {
    return text;
  }

  /** Returns what everything becomes. */
  renamed(): Names {
    const names = new Map<NameKind, Map<string, string>>();
    for (const kind of ["namespace", "app", "pod", "subnet", "reserved"] as const) {
      names.set(kind, numbered(kind, this.#of(kind)));
    }
    names.set("uid", uids(this.#of("uid")));
    names.set("pool", poolNames(this.#of("pool"), names.get("app") ?? new Map()));
    return new Renaming(names, this.#networks, this.#addresses.moved());
  }

  #of(kind: NameKind): string[] {
    return [...(this.#names.get(kind) ?? [])].filter((name) => name !== "").sort((a, b) => a.localeCompare(b));
  }
}

class Renaming implements Names {
  readonly #names: ReadonlyMap<NameKind, ReadonlyMap<string, string>>;
  readonly #nameLabels: ReadonlyMap<string, string>;
  readonly #cidrLabels: ReadonlyMap<string, string>;
  readonly #words = new Map<string, string>();
  readonly #addresses: AddressMapping;

  constructor(
    names: ReadonlyMap<NameKind, ReadonlyMap<string, string>>,
    networks: Iterable<string>,
    addresses: AddressMapping,
  ) {
    this.#names = names;
    this.#addresses = addresses;
    const apps = [...(names.get("app") ?? [])];
    this.#nameLabels = new Map(apps.map(([old, now]) => [nameLabel(old), nameLabel(now)]));
    this.#cidrLabels = new Map([...networks].map((text) => [cidrLabel(text), cidrLabel(addresses.network(text))]));
    for (const kind of ["uid", "reserved", "pod", "namespace", "app", "subnet", "pool"] as const) {
      for (const [old, now] of names.get(kind) ?? []) this.#words.set(old, now);
    }
  }

  name(kind: NameKind, text: string): string {
    return text === "" ? "" : (this.#names.get(kind)?.get(text) ?? masked(text));
  }

  nameLabel(text: string): string {
    return this.#nameLabels.get(text) ?? masked(text);
  }

  cidrLabel(text: string): string {
    return this.#cidrLabels.get(text) ?? masked(text);
  }

  address(text: string): string {
    return this.#addresses.address(text);
  }

  network(text: string): string {
    return this.#addresses.network(text);
  }

  /** What stands between quotation marks, and is not known, is somebody's. */
  words(text: string): string {
    return text.replace(/"([^"]*)"|[A-Za-z0-9][\w.:/-]*/g, (word, quoted?: string) =>
      quoted === undefined ? (this.#word(word) ?? word) : `"${this.#word(quoted) ?? masked(quoted)}"`,
    );
  }

  #word(word: string): string | undefined {
    const bare = word.replace(/[.:]+$/, "");
    const known = this.#words.get(bare);
    if (known !== undefined) return known + word.slice(bare.length);
    if (/^ipv[46]$/.test(bare)) return word;
    if (bare.includes("/")) {
      const network = this.network(bare);
      if (network !== masked(bare)) return network;
      return bare
        .split("/")
        .map((part) => this.#word(part) ?? masked(part))
        .join("/");
    }
    if (!/[.:].*[.:]/.test(bare)) return undefined;
    return (
      bare
        .split("-")
        .map((part) => this.address(part))
        .join("-") + word.slice(bare.length)
    );
  }
}

/** `app-07`: with as many digits as the largest has, so that their order is that of the numbers. */
function numbered(kind: string, names: readonly string[]): Map<string, string> {
  const width = String(names.length).length;
  let head = kind;
  while (names.some((name) => name.startsWith(head))) head += "x";
  return new Map(names.map((name, index) => [name, `${head}-${String(index + 1).padStart(width, "0")}`]));
}

/** UIDs of a form that no real one has, the number where pools' names take it from. */
function uids(old: readonly string[]): Map<string, string> {
  let variant = 0x8000;
  const head = (): string => `00000000-0000-4000-${variant.toString(16)}-`;
  while (old.some((uid) => uid.startsWith(head()))) variant += 1;
  return new Map(old.map((uid, index) => [uid, `${head()}${suffix(index)}0000000`]));
}

/** A pool's name has its application, its interface and a few digits in it; others have a name of their own. */
function poolNames(names: readonly string[], apps: ReadonlyMap<string, string>): Map<string, string> {
  const others: string[] = [];
  const renamed = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const [, family, rest = ""] = /^auto([46])-(.+)$/.exec(name) ?? [];
    const app = longest([...apps.keys()].filter((candidate) => rest.startsWith(`${candidate}-`)));
    const [, nic] = /^(.+?)-[a-z0-9]{1,12}(?:-[a-f0-9]{10})?$/.exec(rest.slice((app?.length ?? 0) + 1)) ?? [];
    if (app === undefined || nic === undefined) others.push(name);
    else renamed.set(name, `auto${family}-${apps.get(app)}-${nic}-${suffix(index)}`);
  }
  return new Map([...renamed, ...numbered("pool", others)]);
}

function longest(texts: readonly string[]): string | undefined {
  return texts.toSorted((a, b) => b.length - a.length)[0];
}

function suffix(index: number): string {
  return (index + 1).toString(16).padStart(5, "0");
}
