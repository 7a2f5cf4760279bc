/**
 * The requests for one object: those that wait, and the one conditional write under way for all that waited when it began.
 *
 * What is answered was decided on a version of the object that a write has just replaced, or that was read after the request came: so no
 * answer is about the past. After a conflict, or where nobody knows what became of a write, the object is read and everything
 * decided anew. It knows neither the object nor what is asked.
 * @module
 */

import { backOffMs } from "../back-off.ts";
import { type Clock, sleep } from "../clock.ts";
import { askedPauseMs, hasCode, isUnknownOutcome } from "../cluster/cluster.ts";

/** What is decided for some requests on one version of the object. */
export interface Plan<State, Answer> {
  /** One for each request. */
  readonly answers: readonly Answer[];
  /** Writes what the answers promise, on condition that the object is as it was; absent where nothing is promised. */
  readonly write?: () => Promise<State>;
}

export interface WriteLineOptions<State, Question, Answer> {
  readonly clock: Clock;
  readonly random: () => number;
  read(): Promise<State>;
  /** Returns the newest version that is known without a request; it may be behind. `last` is what this line read or wrote last. */
  known(last: State | undefined): State | undefined;
  /** Decides; called anew for every version that is tried. */
  plan(state: State, questions: readonly Question[]): Promise<Plan<State, Answer>>;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  /** Each of the two takes it out of line. */
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** The first conflict is tried again at once, with what was read. */
const backOff = { firstMs: 20, maxMs: 1_000 };

export class WriteLine<State, Question, Answer> {
  readonly #options: WriteLineOptions<State, Question, Answer>;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting<Question, Answer>>();
  #last: State | undefined;
  #isRunning = false;

  constructor(options: WriteLineOptions<State, Question, Answer>) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return !this.#isRunning;
  }

  /**
   * Answers a question.
   * @throws The reason of the signal where it aborts first; a write that was begun may still take effect.
   * @throws {ApiError} The server's refusal, where trying again is of no use.
   */
  ask(question: Question, signal: AbortSignal): Promise<Answer> {
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiting);
        signal.removeEventListener("abort", goAway);
      };
      const waiting: Waiting<Question, Answer> = {
        question,
        resolve: (answer) => [leave(), resolve(answer)],
        reject: (error) => [leave(), reject(error)],
      };
      const goAway = (): void => waiting.reject(signal.reason);
      signal.addEventListener("abort", goAway, { once: true });
      this.#waiting.add(waiting);
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // What is asked for in the same breath goes together.
    await Promise.resolve();
    let isBehind = false;
    for (let failures = 0; this.#waiting.size > 0; ) {
      const asked = [...this.#waiting];
      try {
        isBehind = !(await this.#attempt(asked, isBehind));
        failures = 0;
      } catch (error) {
        isBehind = true;
        failures += 1;
        if (isWorthAnotherTry(error)) await this.#pause(error, failures);
        else for (const waiting of asked) waiting.reject(error);
      }
    }
    this.#isRunning = false;
  }

  /** Answers what is asked; false where that takes a newer version than the one that was known. */
  async #attempt(asked: readonly Waiting<Question, Answer>[], isBehind: boolean): Promise<boolean> {
    const { read, known, plan } = this.#options;
    const before = isBehind ? undefined : known(this.#last);
    const state = before ?? (await read());
    this.#last = state;
    const open = asked.filter((waiting) => this.#waiting.has(waiting));
    const { answers, write } = await plan(
      state,
      open.map(({ question }) => question),
    );
    if (write) this.#last = await write();
    else if (before !== undefined && open.length > 0) return false;
    for (const [index, waiting] of open.entries()) waiting.resolve(answers[index] as Answer);
    return true;
  }

  async #pause(error: unknown, failures: number): Promise<void> {
    const { clock, random } = this.#options;
    if (hasCode(error, 409) && failures === 1) return;
    await sleep(clock, askedPauseMs(error) + backOffMs(backOff, failures, random));
  }
}

function isWorthAnotherTry(error: unknown): boolean {
  return hasCode(error, 409, 429) || isUnknownOutcome(error);
}
