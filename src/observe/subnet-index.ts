/**
 * The subnets that are there, with their ledgers read.
 *
 * A ledger of thousands of records is read again only when its text is another one, and the change is told record by record.
 * @module
 */

import type { Family } from "../address/address.ts";
import { type Book, readBook } from "../api/book.ts";
import { familyOfSubnet, type SpiderSubnet } from "../api/subnet.ts";
import type { Change } from "../cluster/reflected-store.ts";

/** What a change of a subnet means for others. */
export interface SubnetChange {
  readonly name: string;
  /** Pools whose record is another one now, with the application text of the old or new record. */
  readonly records: readonly { readonly pool: string; readonly application: string | undefined }[];
  /** Identity or CIDR changed, or the subnet came or went: every pool of it has to be looked at. */
  readonly isAnother: boolean;
}

/** Subnets and books by name; fed with every change of the subnets' reflector. */
export class SubnetIndex {
  readonly #subnets = new Map<string, SpiderSubnet>();
  readonly #books = new Map<string, Book>();
  /** Names by the text of `spec.subnet`: more than one where somebody made a second one of the same addresses. */
  readonly #byCidr = new Map<string, Set<string>>();

  /** Takes a change in and tells what it means; `known` are books that writers of the change may have already. */
  take(change: Change<SpiderSubnet>, ...known: readonly (Book | undefined)[]): SubnetChange {
    const { object } = change;
    const { name } = object.metadata;
    const [before, bookBefore] = [this.#subnets.get(name), this.#books.get(name)];
    if (before && before.spec.subnet !== object.spec.subnet) this.#drop(before);
    if (change.type === "deleted") {
      this.#drop(object);
      this.#subnets.delete(name);
      this.#books.delete(name);
      return { name, records: differences(bookBefore, undefined), isAnother: true };
    }
    const text = object.status?.controlledIPPools ?? undefined;
    const candidates = [...known, bookBefore];
    const book =
      candidates.find((candidate) => candidate !== undefined && candidate.text === text) ?? read(object, text);
    this.#subnets.set(name, object);
    this.#byCidr.set(object.spec.subnet, (this.#byCidr.get(object.spec.subnet) ?? new Set()).add(name));
    this.#books.set(name, book);
    const isAnother =
      before?.metadata.uid !== object.metadata.uid ||
      before?.spec.subnet !== object.spec.subnet ||
      before?.metadata.deletionTimestamp !== object.metadata.deletionTimestamp;
    return { name, records: differences(bookBefore, book), isAnother };
  }

  get(name: string): SpiderSubnet | undefined {
    return this.#subnets.get(name);
  }

  names(): IterableIterator<string> {
    return this.#subnets.keys();
  }

  /** Subnets whose `spec.subnet` is this text. */
  ofCidr(cidr: string): SpiderSubnet[] {
    return [...(this.#byCidr.get(cidr) ?? [])].flatMap((name) => this.#subnets.get(name) ?? []);
  }

  values(): IterableIterator<SpiderSubnet> {
    return this.#subnets.values();
  }

  book(name: string): Book | undefined {
    return this.#books.get(name);
  }

  #drop({ metadata, spec }: SpiderSubnet): void {
    const names = this.#byCidr.get(spec.subnet);
    names?.delete(metadata.name);
    if (names?.size === 0) this.#byCidr.delete(spec.subnet);
  }
}

function read(subnet: SpiderSubnet, text: string | undefined): Book {
  let family: Family = 4;
  try {
    family = familyOfSubnet(subnet.spec);
  } catch {
    // A subnet that is no CIDR gives out nothing; its record, if it has one, names no address that counts.
  }
  return readBook(text, family);
}

function differences(before: Book | undefined, after: Book | undefined): SubnetChange["records"] {
  if (before === after) return [];
  const changed: { pool: string; application: string | undefined }[] = [];
  for (const [pool, entry] of after?.entries ?? []) {
    if (before?.entries.get(pool)?.fragment !== entry.fragment) changed.push({ pool, application: entry.application });
  }
  for (const [pool, { application }] of before?.entries ?? []) {
    if (!after?.entries.has(pool)) changed.push({ pool, application });
  }
  return changed;
}
