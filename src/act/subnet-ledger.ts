/**
 * The ledger of one subnet: who waits for addresses, what goes back, and the one conditional write at a time that does both.
 *
 * Group commit: what is asked for while a write is under way, or within a short time after it, goes into the next one
 * (DESIGN §3). A conflict or an unknown outcome reads the subnet again and plans anew; planning is idempotent, so nothing is
 * granted twice. Wants that cannot be served stay in line until they are granted or withdrawn. What somebody else may be about to use
 * is cut only when that is certainly over (docs/lifecycle.md, Two operators).
 * @module
 */

import { union } from "../address/range-set.ts";
import type { Book } from "../api/book.ts";
import { FINALIZER } from "../api/names.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { steadyBackOffMs } from "../back-off.ts";
import { sleep } from "../clock.ts";
import { askedPauseMs, hasCode } from "../cluster/cluster.ts";
import { Grants } from "./grants.ts";
import { bytesOf, type Cut, ledgerBytesMax, planLedger, type Want } from "./ledger-plan.ts";
import type { SubnetLedgerOptions } from "./ledger-view.ts";
import { LedgerWrites } from "./ledger-writes.ts";
import { ungrowing } from "./manual-records.ts";
import { notice } from "./notices.ts";
import { RecordClaims } from "./record-claims.ts";
import { RecordMarks } from "./record-marks.ts";
import { SettledRecords } from "./settled-records.ts";
import { familyRefusal, WantLine } from "./want-line.ts";

const backOff = { firstMs: 100, maxMs: 30_000 };
/** A write that took long is followed by a longer time of gathering, so that a large ledger is written less often. */
const gatherPerWrite = 4;
const gatherMsMax = 1_000;

export class SubnetLedger {
  /** What our writes allow. */
  readonly grants: Grants;
  readonly #name: string;
  readonly #options: SubnetLedgerOptions;
  readonly #wants: WantLine;
  readonly #cuts = new Map<string, Cut>();
  readonly #writes: LedgerWrites;
  readonly #marks: RecordMarks;
  readonly #claims: RecordClaims;
  readonly #settled: SettledRecords;
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
    const { clock, view, onTheWayMs, onFailure } = options;
    this.grants = new Grants(clock, onTheWayMs);
    this.#wants = new WantLine(name, options);
    this.#marks = new RecordMarks(clock, onTheWayMs);
    this.#writes = new LedgerWrites(name, { ...options, marks: this.#marks });
    this.#claims = new RecordClaims({
      ...options,
      subnet: name,
      marks: this.#marks,
      pool: (pool) => view.pool(pool),
      learnPool: (pool) => view.learnPool(pool),
      onNews: () => this.review(),
      onFailure: (error, retryInMs) => onFailure(name, error, retryInMs),
    });
    this.#settled = new SettledRecords(name, view, { marks: this.#marks, claims: this.#claims });
  }

  /** Takes in who has written which records. */
  see(subnet: SpiderSubnet, book: Book): void {
    this.#marks.see(subnet, book);
  }

  /** Before a write of a pool is sent: returns what is to be called when it has succeeded. */
  note(pool: string): () => void {
    const mark = this.#marks.of(pool);
    const isLate = mark !== undefined && this.#marks.leftMs(mark) === 0;
    return () => {
      if (isLate) this.#marks.drop(pool, mark);
    };
  }

  /** A request that was to make this pool has ended without an answer. */
  doubt(pool: string): void {
    this.#marks.doubt(pool);
  }

  /** Puts a want in line; one for the same pool is replaced and keeps its place. */
  want(want: Want): void {
    this.#wants.set(want);
    this.#cuts.delete(want.pool);
    this.recheck();
  }

  /** Takes a pool's want out of line, if it is this machine's. */
  withdraw(pool: string, key: string): void {
    this.#wants.withdraw(pool, key);
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
    return !this.#running && this.#claims.isIdle;
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
    await Promise.all([this.#running, this.#claims.stop()]);
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
      if (!this.#wants.get(pool)) this.#options.onUnclaimed(this.#name, pool);
    }
  }

  async #commit(): Promise<void> {
    const { clock, view, onWrite } = this.#options;
    const { situation, refusal } = view.situation(this.#name);
    const [wants, reviews] = [[...this.#wants.values()], this.#reviews];
    const isLeaving = refusal?.reason === "SubnetTerminating";
    for (const want of wants) {
      const own = (isLeaving ? undefined : refusal) ?? (situation && familyRefusal(want, this.#name, situation));
      if (own) this.#wants.refuse(want, own.message, () => own);
    }
    const subnet = view.subnet(this.#name);
    if (!situation || !subnet) {
      this.#reviewed = reviews;
      return this.#cuts.clear(); // a subnet that is gone has taken its records with it
    }
    const { book } = situation;
    this.#marks.see(subnet, book);
    const cuts = this.#settled.ripe(this.#cuts, book, (cut) => this.#options.onCutDropped(this.#name, cut));
    // Without our finalizer a deletion would take the ledger away from under its pools: the subnet's keeper writes it first.
    const isGuarded = subnet.metadata.finalizers?.includes(FINALIZER) === true;
    const isServing = isGuarded && (!refusal || isLeaving);
    const fitting = isGuarded ? wants.filter((want) => want.family === situation.family) : [];
    const served = fitting.map((want) => this.#settled.want(want, book));
    // A subnet that is refused, or being deleted, gives out nothing, but what pools have of it is recorded.
    const held = served.length > 0 ? union(situation.held, this.#settled.vanished(book)) : situation.held;
    const offered = refusal ? { ...situation, reserved: situation.total } : { ...situation, held };
    const isReviewing = reviews > this.#reviewed || cuts.length > 0;
    const all = isReviewing ? view.holdings(this.#name) : [];
    const holdings = all.map((holding) => this.#settled.holding(holding, book));
    let plan = planLedger(offered, served, cuts, isServing ? holdings : holdings.map(ungrowing));
    const bytes = bytesOf(plan.book);
    if (bytes > ledgerBytesMax && bytes > bytesOf(book)) {
      const full = notice("LedgerFull", { subnet: this.#name, bytes, bytesMax: ledgerBytesMax });
      for (const want of served) this.#wants.refuse(want, full.reason, () => full);
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
      for (const { pool } of cuts) this.grants.end(pool);
      for (const { kind, want } of plan.answers) {
        const isWritten = plan.book.entries.get(want.pool) !== book.entries.get(want.pool);
        if (kind === "granted" && isWritten) this.grants.give(want.pool, startedAt);
      }
    }
    this.#failures = 0;
    for (const cut of cuts) if (this.#cuts.get(cut.pool) === cut) this.#cuts.delete(cut.pool);
    for (const answer of plan.answers) this.#wants.answer(answer, situation.family, refusal);
    // Until the subnet has the finalizer nothing is recorded: that is done when it has.
    if (isGuarded || refusal) this.#reviewed = Math.max(this.#reviewed, reviews);
    if (isReviewing) this.#options.onReviewed(this.#name);
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
    this.#wants.refuseAll(error.message);
  }
}
