/**
 * Lists: namespaces, selectors, pages.
 *
 * All pages of one list come from one snapshot, whatever is written between them; a page whose snapshot was forgotten is refused
 * with 410, as on a real server whose store was compacted meanwhile.
 * @module
 */
import type { KubeObject, ListOptions, ObjectList } from "../cluster.ts";
import { parseFieldSelector } from "./field-selector.ts";
import { copyJson } from "./json.ts";
import { badRequest, expired } from "./refusals.ts";
import { parseSelector } from "./selector.ts";
import { keyOf, type Store, type Stored, type Table } from "./store.ts";

/** Lists on a store. */
export interface Lists {
  list(table: Table, options: ListOptions): ObjectList;
  /** Forgets the snapshots of all lists under way. */
  forget(): void;
}

/** Snapshots kept for pages to come; more lists at once than this expire the oldest. */
const snapshotsMax = 32;

/** What a `continue` token says. */
interface Token {
  readonly version: number;
  /** Key of the last object of the page before. */
  readonly after: string;
}

function encode(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

function decode(text: string): Token {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString()) as Token;
  } catch {
    throw badRequest(`continue key is not valid: "${text}"`);
  }
}

/** Returns the object as it travels: a copy, of the metadata alone where only that was asked for. */
export function present<T extends KubeObject>(object: Stored, metadataOnly: boolean | undefined): T {
  if (!metadataOnly) return copyJson(object) as KubeObject as T;
  const partial: KubeObject = {
    apiVersion: "meta.k8s.io/v1",
    kind: "PartialObjectMetadata",
    metadata: copyJson(object.metadata),
  };
  return partial as T;
}

/** Lists of built-in kinds leave out what their items are, as their Go types do. */
function listed(table: Table, object: KubeObject, metadataOnly: boolean | undefined): KubeObject {
  if (table.traits.untyped || metadataOnly) return object;
  const { apiVersion: _apiVersion, kind: _kind, ...item } = object;
  return item;
}

/** Returns the lists on a store. */
export function createLists(store: Store): Lists {
  const snapshots = new Map<string, readonly Stored[]>();

  function snapshotName(table: Table, version: number): string {
    return `${table.resource.group}/${table.resource.plural}@${version}`;
  }

  function keep(table: Table, version: number, objects: readonly Stored[]): void {
    snapshots.set(snapshotName(table, version), objects);
    const oldest = snapshots.keys().next();
    if (snapshots.size > snapshotsMax && !oldest.done) snapshots.delete(oldest.value);
  }

  function begin(table: Table, token: Token | undefined): { version: number; objects: readonly Stored[] } {
    if (token === undefined) return { version: store.version(), objects: store.sorted(table) };
    const objects = snapshots.get(snapshotName(table, token.version));
    if (objects === undefined) {
      throw expired("The provided continue parameter is too old to display a consistent list result");
    }
    return { version: token.version, objects };
  }

  return {
    list(table, options) {
      const { namespace, limit = Number.POSITIVE_INFINITY, metadataOnly } = options;
      const matches = parseSelector(options.labelSelector);
      const hasFields = parseFieldSelector(options.fieldSelector, table.resource);
      const token = options.continue ? decode(options.continue) : undefined;
      const { version, objects } = begin(table, token);
      const items: KubeObject[] = [];
      let last = "";
      for (const object of objects) {
        const key = keyOf(object.metadata);
        if (token !== undefined && key <= token.after) continue;
        if (namespace !== undefined && object.metadata.namespace !== namespace) continue;
        if (!matches(object.metadata.labels) || !hasFields(object)) continue;
        if (items.length >= limit) {
          keep(table, version, objects);
          return { items, resourceVersion: String(version), continue: encode({ version, after: last }) };
        }
        items.push(listed(table, present(object, metadataOnly), metadataOnly));
        last = key;
      }
      return { items, resourceVersion: String(version) };
    },
    forget: () => snapshots.clear(),
  };
}
