/**
 * The ledger of one subnet: who waits for addresses, what goes back, and the one conditional write at a time that does both.
 *
 * Group commit: what is asked for while a write is under way, or within a short time after it, goes into the next one
 * (DESIGN §3). A conflict or an unknown outcome reads the subnet again and plans anew; planning is idempotent, so nothing is
 * granted twice. Wants that cannot be served stay in line until they are granted or withdrawn.
 * @module
 */

import type { Family } from "../address/address.ts";
import { formatRanges } from "../address/range-set.ts";
import { FINALIZER } from "../api/names.ts";
import { steadyBackOffMs } from "../back-off.ts";
import { sleep } from "../clock.ts";
import { askedPauseMs, hasCode } from "../cluster/cluster.ts";
import {
  type Answer,
  bytesOf,
  type Cut,
  type LedgerSituation,
  ledgerBytesMax,
  planLedger,
  type Want,
} from "./ledger-plan.ts";
import type { SubnetLedgerOptions } from "./ledger-view.ts";
import { LedgerWrites } from "./ledger-writes.ts";
import { ungrowing } from "./manual-records.ts";
import { type Notice, notice } from "./notices.ts";

interface Line extends Want {
  /** Reason and need last told, so that a waiting pool is not told the same again and again. */
  told: string;
}

const backOff = { firstMs: 100, maxMs: 30_000 };
/** A write that took long is followed by a longer time of gathering, so that a large ledger is written less often. */
const gatherPerWrite = 4;
const gatherMsMax = 1_000;

export class SubnetLedger {
  readonly #name: string;
  readonly #options: SubnetLedgerOptions;
  /** In the order in which they came; wants for one pool replace each other and keep the place. */
  readonly #wants = new Map<string, Line>();
  readonly #cuts = new Map<string, Cut>();
  readonly #writes: LedgerWrites;
  /** Pools whose records the write under way cuts. */
  #cutting: ReadonlySet<string> = new Set();
  /** How often the records of manual pools were to be compared with the pools, and which of these times that has been done. */
  #reviews = 0;
  #reviewed = 0;
  /** Pending while there is something to do. */
  #running: Promise<void> | undefined;
  #again = false;
  #failures = 0;
  #notBefore = 0;
  readonly #ending = new AbortController();

  constructor(name: string, options: SubnetLedgerOptions) {
    this.#name = name;
    this.#options = options;
    this.#writes = new LedgerWrites(name, options);
  }

  /** Puts a want in line; one for the same pool is replaced and keeps its place. */
  want(want: Want): void {
    // Who asks again has forgotten the answer.
    this.#wants.set(want.pool, { ...want, told: "" });
    this.#cuts.delete(want.pool);
    this.recheck();
  }

  /** Takes a pool's want out of line, if it is this machine's. */
  withdraw(pool: string, key: string): void {
    if (this.#wants.get(pool)?.key === key) this.#wants.delete(pool);
  }

  /** Makes a record smaller or, without `keep`, removes it. */
  cut(cut: Cut): void {
    this.#cuts.set(cut.pool, cut);
    this.recheck();
  }

  /** Compares the records of manual pools with the pools, with the next write or in one of its own. */
  review(): void {
    this.#reviews += 1;
    this.recheck();
  }

  /** Whether a record is about to be cut, so that what the caches say of it must not be relied on. */
  isCutting(pool: string): boolean {
    return this.#cuts.has(pool) || this.#cutting.has(pool) || this.#writes.isUncertain(pool);
  }

  /** Key of the machine whose want or grant has this pool name at the moment. */
  holder(pool: string): string | undefined {
    return this.#wants.get(pool)?.key;
  }

  get waiting(): number {
    return this.#wants.size;
  }

  get isIdle(): boolean {
    return !this.#running;
  }

  /** Looks at everything again: something that decides about it has changed. */
  recheck(): void {
    this.#again = true;
    if (!this.#running && !this.#ending.signal.aborted && this.#hasWork) this.#running = this.#run();
  }

  get #hasWork(): boolean {
    return this.#wants.size + this.#cuts.size > 0 || this.#reviews > this.#reviewed || this.#writes.hasDoubts;
  }

  /** Begins no write any more; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    while (this.#again && this.#hasWork) {
      const delay = this.#notBefore - clock.now();
      // What comes in the same turn of the event loop belongs together.
      await (delay > 0 ? sleep(clock, delay, this.#ending.signal) : Promise.resolve());
      if (this.#ending.signal.aborted) break;
      this.#again = false;
      await this.#settle()
        .then(() => this.#commit())
        .catch((error: unknown) => this.#failed(error));
    }
    this.#running = undefined;
  }

  /** After a write whose outcome is unknown: records may have been written for wants that were withdrawn meanwhile. */
  async #settle(): Promise<void> {
    for (const pool of await this.#writes.settle()) {
      if (!this.#wants.has(pool)) this.#options.onUnclaimed(this.#name, pool);
    }
  }

  async #commit(): Promise<void> {
    const { clock, view, onWrite } = this.#options;
    const { situation, refusal } = view.situation(this.#name);
    const [wants, cuts, reviews] = [[...this.#wants.values()], [...this.#cuts.values()], this.#reviews];
    const isLeaving = refusal?.reason === "SubnetTerminating";
    for (const want of wants) {
      const own = (isLeaving ? undefined : refusal) ?? (situation && familyRefusal(want, this.#name, situation));
      if (own) this.#refuse(want, own.message, () => own);
    }
    const subnet = view.subnet(this.#name);
    if (!situation || !subnet) {
      this.#reviewed = reviews;
      return this.#cuts.clear(); // a subnet that is gone has taken its records with it
    }
    // Without our finalizer a deletion would take the ledger away from under its pools: the subnet's keeper writes it first.
    const isGuarded = subnet.metadata.finalizers?.includes(FINALIZER) === true;
    const isServing = isGuarded && (!refusal || isLeaving);
    const served = isGuarded ? wants.filter((want) => want.family === situation.family) : [];
    // A subnet that is refused, or being deleted, gives out nothing, but what pools have of it is recorded.
    const offered = refusal ? { ...situation, reserved: situation.total } : situation;
    const isReviewing = reviews > this.#reviewed || cuts.length > 0;
    const holdings = isReviewing ? view.holdings(this.#name) : [];
    let plan = planLedger(offered, served, cuts, isServing ? holdings : holdings.map(ungrowing));
    const bytes = bytesOf(plan.book);
    if (bytes > ledgerBytesMax && bytes > bytesOf(situation.book)) {
      const full = notice("LedgerFull", { subnet: this.#name, bytes, bytesMax: ledgerBytesMax });
      for (const want of served) this.#refuse(want, full.reason, () => full);
      plan = planLedger(situation, [], cuts, holdings.map(ungrowing));
    }
    if (plan.book.text !== (subnet.status?.controlledIPPools ?? undefined)) {
      const startedAt = clock.now();
      this.#cutting = new Set(cuts.map(({ pool }) => pool));
      const pools = [...served, ...cuts, ...holdings].map(({ pool }) => pool);
      await this.#writes.write(subnet, plan.book, situation.total, pools).finally(() => {
        this.#cutting = new Set();
      });
      const took = clock.now() - startedAt;
      this.#notBefore = startedAt + Math.min(gatherMsMax, Math.max(this.#options.gatherMs, took * gatherPerWrite));
      onWrite(this.#name, served.length, cuts.length);
    }
    this.#failures = 0;
    for (const cut of cuts) if (this.#cuts.get(cut.pool) === cut) this.#cuts.delete(cut.pool);
    for (const answer of plan.answers) this.#answer(answer, situation.family, refusal);
    // Until the subnet has the finalizer nothing is recorded: that is done when it has.
    if (isGuarded || refusal) this.#reviewed = Math.max(this.#reviewed, reviews);
    if (isReviewing) this.#options.onReviewed(this.#name);
  }

  #answer(answer: Answer, family: Family, refusal: Notice | undefined): void {
    const { want } = answer;
    const line = this.#wants.get(want.pool);
    // Withdrawn while the write was under way.
    if (line?.key !== want.key) {
      this.#options.onUnclaimed(this.#name, want.pool);
      return;
    }
    if (answer.kind === "granted") {
      if (line.size > want.size) return; // asked for more meanwhile: stays in line
      this.#wants.delete(want.pool);
      this.#options.onGranted(want);
    } else if (refusal) {
      this.#refuse(line, refusal.message, () => refusal);
    } else if (answer.kind === "short") {
      const { free, needed } = answer;
      this.#refuse(line, "InsufficientAddresses", () => {
        const spare = this.#options.view.spare(this.#name);
        return notice("InsufficientAddresses", { subnet: this.#name, free, needed, ...(spare && { spare }) });
      });
    } else {
      const addresses = formatRanges(answer.addresses, family).join(", ");
      const reason = `addresses ${addresses} of pool ${want.pool} are in use and recorded for another pool`;
      this.#refuse(line, "Conflict", () => notice("SubnetInvalid", { subnet: this.#name, reason }));
    }
  }

  /** Tells a waiting pool why, unless it knows: how many addresses are free just now is no news to it. */
  #refuse(want: Want, cause: string, refusal: () => Notice): void {
    const line = this.#wants.get(want.pool);
    const told = `${cause} ${want.size}`;
    if (!line || line.told === told) return;
    line.told = told;
    this.#options.onRefused(line, refusal());
  }

  #failed(error: unknown): void {
    const { clock, random, onFailure } = this.#options;
    this.#again = true;
    // A conflict has been read again already: the next try sees what is there.
    const isConflict = hasCode(error, 409) && this.#failures === 0;
    this.#failures += 1;
    const retryInMs = isConflict ? 0 : Math.max(askedPauseMs(error), steadyBackOffMs(backOff, this.#failures, random));
    this.#notBefore = clock.now() + retryInMs;
    onFailure(this.#name, error, retryInMs);
    if (!hasCode(error, 403, 422)) return;
    const { message: text } = error;
    for (const want of this.#wants.values()) {
      this.#refuse(want, text, () => notice("Refused", { action: "record", pool: want.pool, text }));
    }
  }
}

function familyRefusal(want: Want, subnet: string, { family }: LedgerSituation): Notice | undefined {
  if (want.family === family) return undefined;
  return notice("SubnetWrongFamily", { subnet, wanted: want.family, actual: family });
}
