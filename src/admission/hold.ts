/**
 * The door: what gives addresses away is let in only after a write that everybody else who wants them collides with.
 *
 * The rules judge by a cache, so two requests at once, or at two replicas, would both be found good. Therefore pools are recorded in the
 * ledger of their subnet, and subnets and pools without one are claimed, before they are let in (`ledger-door.ts`,
 * `claim-door.ts`). In doubt, and when the time is over, nobody is let in: who is told to try again loses nothing. What was written
 * for a request that fails afterwards for another reason ends by itself (docs/admission.md).
 * @module
 */

import type { Book } from "../api/book.ts";
import type { SpiderSubnet } from "../api/subnet.ts";
import { type Clock, fromTimestamp } from "../clock.ts";
import { ApiError, type Cluster, hasCode, type KubeObject } from "../cluster/cluster.ts";
import { belongsIntoLedger, ClaimDoor } from "./claim-door.ts";
import { ClaimsError } from "./claim-store.ts";
import { KEPT_MS } from "./claims.ts";
import { gainOf } from "./gain.ts";
import { LedgerDoor } from "./ledger-door.ts";
import type { LiveWorld } from "./live-world.ts";
import { postponed } from "./postponed.ts";
import type { HeldRequest, Judge } from "./request.ts";
import type { Wanted } from "./rules/judge.ts";
import type { Denial } from "./rules/refusal.ts";

export interface DoorOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  /** Where the ConfigMap of claims is. */
  readonly namespace: string;
  readonly world: LiveWorld;
  /** Asks the rules of the object's kind; they see what the door has just read. */
  readonly judge: Judge;
  /** Told of subnets that were read and written, so that the caches need not wait for the watch. */
  readonly learnSubnet?: (subnet: SpiderSubnet) => void;
  /** Told of ledgers that are about to be written, so that nobody has to read them. */
  readonly offerBook?: (subnet: string, book: Book) => void;
}

export interface HoldOptions {
  /** Nothing is written. */
  readonly isDryRun: boolean;
  /** When it aborts, the answer is a denial. */
  readonly signal: AbortSignal;
}

export class Door {
  readonly #options: DoorOptions;
  readonly #ledgers: LedgerDoor;
  readonly #claims: ClaimDoor;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#ledgers = new LedgerDoor(options);
    this.#claims = new ClaimDoor(options);
  }

  /**
   * Makes sure that nobody else is let in with the same addresses, and returns `undefined`; or returns why that cannot be. To be
   * asked for what the rules have found good.
   */
  async hold(wanted: Wanted<KubeObject>, { isDryRun, signal }: HoldOptions): Promise<Denial | undefined> {
    const gain = gainOf(wanted);
    if (!gain) return undefined;
    try {
      return await this.#admit({ wanted, gain, isDryRun }, signal);
    } catch (error) {
      if (signal.aborted) return postponed(gain.denied, "others want addresses at the same time: try again");
      if (!(error instanceof ApiError) && !(error instanceof ClaimsError)) throw error;
      return postponed(gain.denied, `its addresses cannot be held for it: ${error.message}`);
    }
  }

  async #admit(request: HeldRequest, signal: AbortSignal): Promise<Denial | undefined> {
    const { gain } = request;
    const { world } = this.#options;
    const known = belongsIntoLedger(gain, world) ? world.subnetOfCidr(gain.cidr.canonical)?.name : undefined;
    const recorded = known === undefined ? "elsewhere" : await this.#record(known, request, signal);
    if (recorded !== "elsewhere") return recorded;
    const claimed = await this.#claims.admit({ ...request, ...(known !== undefined && { goneSubnet: known }) }, signal);
    if (claimed === "claimed") return undefined;
    if ("code" in claimed) return claimed;
    const found = await this.#record(claimed.subnet, request, signal);
    return found === "elsewhere" ? postponed(gain.denied, "its subnet is another one now: try again") : found;
  }

  /** Records a pool in the ledger of its subnet; "elsewhere" where there is no such subnet any more. */
  async #record(subnet: string, request: HeldRequest, signal: AbortSignal): Promise<Denial | "elsewhere" | undefined> {
    try {
      const answer = await this.#ledgers.admit(subnet, request, signal);
      if (answer !== "recorded") return answer;
    } catch (error) {
      if (!hasCode(error, 404)) throw error;
      this.#ledgers.forget(subnet);
      return "elsewhere";
    }
    return this.#isYoung(subnet) ? this.#lookAround(request, signal) : undefined;
  }

  /** A pool that came before its subnet was claimed, not recorded, and need not be in the ledger yet. */
  async #lookAround(request: HeldRequest, signal: AbortSignal): Promise<Denial | undefined> {
    const answer = await this.#claims.admit({ ...request, isDryRun: true, isRecorded: true }, signal);
    return answer !== "claimed" && "code" in answer ? answer : undefined;
  }

  /** Whether claims from before the subnet may still be kept. */
  #isYoung(subnet: string): boolean {
    const { clock, world } = this.#options;
    const createdAt = fromTimestamp(world.subnet(subnet)?.object.metadata.creationTimestamp ?? "");
    return !(clock.now() - createdAt > 2 * KEPT_MS);
  }
}
