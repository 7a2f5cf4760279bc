/**
 * All reserved addresses together: what nobody may be given, kept up to date by whoever watches the objects.
 * @module
 */

import type { Family } from "../address/address.ts";
import { EMPTY, type RangeSet, union } from "../address/range-set.ts";
import { reservedOf, type SpiderReservedIP } from "./reserved-ip.ts";

/** Reserved addresses by family; fed with every change of the reserved addresses' reflector. */
export class ReservedIndex {
  readonly #objects = new Map<string, SpiderReservedIP>();
  readonly #sets = new Map<Family, RangeSet>();

  take({ type, object }: { readonly type: string; readonly object: SpiderReservedIP }): void {
    const { name } = object.metadata;
    if (type === "deleted") this.#objects.delete(name);
    else this.#objects.set(name, object);
    this.#sets.clear();
  }

  get(name: string): SpiderReservedIP | undefined {
    return this.#objects.get(name);
  }

  names(): Iterable<string> {
    return this.#objects.keys();
  }

  /** Addresses of a family that nobody may be given. */
  of(family: Family): RangeSet {
    const known = this.#sets.get(family);
    if (known) return known;
    const set = union(...[...this.#objects.values()].map((object) => readable(object, family)));
    this.#sets.set(family, set);
    return set;
  }
}

/** What can be read of a reservation counts; a typing error in one object must not stop every application. */
function readable(object: SpiderReservedIP, family: Family): RangeSet {
  return union(
    ...(object.spec.ips ?? []).map((text) => {
      try {
        const { metadata, spec } = object;
        return reservedOf({ metadata, spec: { ...spec, ips: [text] } }, family);
      } catch {
        return EMPTY;
      }
    }),
  );
}
