/**
 * Who waits for addresses of one subnet, in the order in which they came, and what they are told.
 *
 * Wants for one pool replace each other and keep the place. A refusal is told once for each cause: how many addresses are free just
 * now is no news to who waits.
 * @module
 */

import type { Family } from "../address/address.ts";
import { formatRanges } from "../address/range-set.ts";
import type { Answer, LedgerSituation, Want } from "./ledger-plan.ts";
import type { SubnetLedgerOptions } from "./ledger-view.ts";
import { type Notice, notice } from "./notices.ts";

interface Line extends Want {
  /** Reason and need last told, so that a waiting pool is not told the same again and again. */
  told: string;
}

export class WantLine {
  readonly #subnet: string;
  readonly #options: SubnetLedgerOptions;
  readonly #lines = new Map<string, Line>();

  constructor(subnet: string, options: SubnetLedgerOptions) {
    this.#subnet = subnet;
    this.#options = options;
  }

  get size(): number {
    return this.#lines.size;
  }

  get(pool: string): Want | undefined {
    return this.#lines.get(pool);
  }

  values(): IterableIterator<Want> {
    return this.#lines.values();
  }

  /** Puts a want in line. Who asks again has forgotten the answer. */
  set(want: Want): void {
    this.#lines.set(want.pool, { ...want, told: "" });
  }

  /** Takes a pool's want out of line, if it is this machine's. */
  withdraw(pool: string, key: string): void {
    if (this.#lines.get(pool)?.key === key) this.#lines.delete(pool);
  }

  /** Tells who asked what has become of it; who is granted leaves the line. */
  answer(answer: Answer, family: Family, refusal: Notice | undefined): void {
    const { want } = answer;
    const line = this.#lines.get(want.pool);
    // Withdrawn while the write was under way.
    if (line?.key !== want.key) {
      this.#options.onUnclaimed(this.#subnet, want.pool);
      return;
    }
    if (answer.kind === "granted") {
      if (line.size > want.size) return; // asked for more meanwhile: stays in line
      this.#lines.delete(want.pool);
      this.#options.onGranted(want);
    } else if (refusal) {
      this.refuse(line, refusal.message, () => refusal);
    } else if (answer.kind === "short") {
      const { free, needed } = answer;
      this.refuse(line, "InsufficientAddresses", () => {
        const spare = this.#options.view.spare(this.#subnet);
        return notice("InsufficientAddresses", { subnet: this.#subnet, free, needed, ...(spare && { spare }) });
      });
    } else {
      const addresses = formatRanges(answer.addresses, family).join(", ");
      const reason = `addresses ${addresses} of pool ${want.pool} are in use and recorded for another pool`;
      this.refuse(line, "Conflict", () => notice("SubnetInvalid", { subnet: this.#subnet, reason }));
    }
  }

  /** Tells a waiting pool why, unless it knows. */
  refuse(want: Want, cause: string, refusal: () => Notice): void {
    const line = this.#lines.get(want.pool);
    const told = `${cause} ${want.size}`;
    if (!line || line.told === told) return;
    line.told = told;
    this.#options.onRefused(line, refusal());
  }

  /** Tells everybody why the ledger cannot be written. */
  refuseAll(text: string): void {
    for (const want of this.#lines.values()) {
      this.refuse(want, text, () => notice("Refused", { action: "record", pool: want.pool, text }));
    }
  }
}

/** Returns why a want cannot be served by a subnet of the other family. */
export function familyRefusal(want: Want, subnet: string, { family }: LedgerSituation): Notice | undefined {
  if (want.family === family) return undefined;
  return notice("SubnetWrongFamily", { subnet, wanted: want.family, actual: family });
}
