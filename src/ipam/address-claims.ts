/**
 * The addresses of one ADD: taken pool by pool in the order of each NIC's list, and given back where the ADD fails.
 *
 * Candidates that share a pool take turns, so that two NICs never get one address and the order is that of the list; all others go
 * at once. Where only automatic pools are full, it is waited for: they are their application's own, and an old pod may
 * be on its way out (ipam §2.5, §2.11).
 * @module
 */

import { countOf } from "../address/range-set.ts";
import { isAutoPool, type SpiderIPPool, totalOf } from "../api/ippool.ts";
import { clip } from "../api/quote.ts";
import { aggregate } from "./aggregate.ts";
import { fingerprintOf, notMade, type PoolWait, poolsMadeFor } from "./auto-pool-wait.ts";
import { type AutoPoolWish, type Candidate, IpamError, type PoolCatalog } from "./candidate.ts";
import { byPool, type PooledAddress } from "./endpoint-addresses.ts";
import type { NicAddress } from "./endpoint-items.ts";
import { type PoolCommits, PoolUnavailable } from "./pool-commits.ts";
import { usablePools } from "./selection.ts";
import type { SelectionRequest } from "./selection-request.ts";

export interface AddressClaimsOptions {
  readonly commits: PoolCommits;
  readonly catalog: PoolCatalog;
  readonly request: SelectionRequest;
  /** `namespace/name` in the records. */
  readonly pod: string;
  readonly podUid: string;
  /** What the pod's NICs have already. */
  readonly held: readonly PooledAddress[];
  readonly wait: PoolWait;
  readonly signal: AbortSignal | undefined;
}

/** Returns the pools that may be tried now; none where they are still to be made. */
type PoolsToTry = () => readonly SpiderIPPool[];

export class AddressClaims {
  readonly #options: AddressClaimsOptions;
  readonly #taken: PooledAddress[] = [];
  readonly #fresh: PooledAddress[] = [];
  /** Aborts when one of the NICs cannot be served: then nobody waits for a pool any more. */
  readonly #hopeless = new AbortController();

  constructor(options: AddressClaimsOptions) {
    this.#options = options;
  }

  /**
   * Takes one address for each candidate and each wish.
   * @throws {IpamError} If one of them cannot have any; what others were given can be given back then.
   */
  async take(candidates: readonly Candidate[], wishes: readonly AutoPoolWish[]): Promise<NicAddress[]> {
    const { request, catalog } = this.#options;
    // Before any address is taken: what no filter lets through needs none.
    for (const candidate of candidates) usablePools(candidate, request, catalog);
    const groups = [
      ...sharing(candidates).map((group) => group.map((candidate) => () => this.#forCandidate(candidate))),
      ...wishes.map((wish) => [() => this.#forWish(wish)]),
    ];
    const results = await Promise.allSettled(
      groups.map(async (group) => {
        try {
          const addresses: NicAddress[] = [];
          for (const draw of group) addresses.push(await draw());
          return addresses;
        } catch (error) {
          this.#hopeless.abort();
          throw error;
        }
      }),
    );
    const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    if (failures.length > 0) throw together(failures);
    return inOrder(
      results.flatMap((result) => (result.status === "fulfilled" ? result.value : [])),
      [...candidates, ...wishes].map(({ nic }) => nic),
    );
  }

  /** Gives back what was newly taken, as far as that goes; what is left over is used by the pod's next ADD, or collected. */
  async giveBack(): Promise<void> {
    const { commits, podUid } = this.#options;
    const fresh = byPool(this.#fresh.splice(0));
    await Promise.allSettled([...fresh].map(([pool, addresses]) => commits.release(pool, { podUid, addresses })));
  }

  #forCandidate(candidate: Candidate): Promise<NicAddress> {
    const { request, catalog } = this.#options;
    return this.#draw(candidate, () => usablePools(candidate, request, catalog));
  }

  #forWish(wish: AutoPoolWish): Promise<NicAddress> {
    const { request, catalog } = this.#options;
    return this.#draw(wish, () => {
      const pools = poolsMadeFor(wish, request.top, catalog).map(({ metadata }) => metadata.name);
      return pools.length === 0 ? [] : usablePools({ ...wish, pools }, request, catalog);
    });
  }

  async #draw(wanted: Candidate | AutoPoolWish, poolsToTry: PoolsToTry): Promise<NicAddress> {
    const { catalog, request, wait, signal } = this.#options;
    for (;;) {
      const pools = poolsToTry();
      const seen = fingerprintOf(pools);
      const drawn = await this.#drawFrom(pools, wanted);
      if (!(drawn instanceof Error)) return drawn;
      if (!pools.every(isAutoPool)) throw drawn;
      const fingerprint = (): string => {
        if ("subnet" in wanted) return fingerprintOf(poolsMadeFor(wanted, request.top, catalog));
        return fingerprintOf(pools.map(({ metadata }) => catalog.get(metadata.name)));
      };
      const reason = pools.length === 0 ? "WaitingForPool" : "AddressesExhausted";
      const wish = { fingerprint, seen, reason, message: drawn.message, hopeless: this.#hopeless.signal } as const;
      if (!(await wait.change(wish, signal))) throw drawn;
    }
  }

  /** Returns why there is no address, where there is none. */
  async #drawFrom(pools: readonly SpiderIPPool[], wanted: Candidate | AutoPoolWish): Promise<NicAddress | IpamError> {
    const { commits, pod, podUid, held, signal } = this.#options;
    const { nic, family, cleanGateway } = wanted;
    if (pools.length === 0 && "subnet" in wanted) {
      return new IpamError(notMade(wanted, this.#options.request.top));
    }
    const refusals: PoolUnavailable[] = [];
    for (const { metadata } of pools) {
      try {
        const known = byPool([...held, ...this.#taken]).get(metadata.name) ?? [];
        const grant = await commits.claim(metadata.name, { pod, podUid, count: 1, known }, signal);
        const [address] = grant.addresses;
        if (address === undefined) throw new Error(`IPPool ${metadata.name} gave no address to ${pod}`);
        this.#taken.push({ pool: metadata.name, address });
        for (const fresh of grant.fresh) this.#fresh.push({ pool: metadata.name, address: fresh });
        return { nic, family, cleanGateway, pool: grant.pool, address };
      } catch (error) {
        if (!(error instanceof PoolUnavailable)) throw error;
        refusals.push(error);
      }
    }
    return noneLeft(pools, wanted, refusals);
  }
}

/** Parts the candidates into groups that have no pool in common; their order stays. */
function sharing(candidates: readonly Candidate[]): Candidate[][] {
  let groups: Candidate[][] = [];
  for (const candidate of candidates) {
    const isJoined = (group: readonly Candidate[]): boolean =>
      group.some(({ pools }) => pools.some((pool) => candidate.pools.includes(pool)));
    groups = [...groups.filter((group) => !isJoined(group)), [...groups.filter(isJoined).flat(), candidate]];
  }
  return groups.map((group) => candidates.filter((candidate) => group.includes(candidate)));
}

function inOrder(addresses: readonly NicAddress[], nics: readonly string[]): NicAddress[] {
  return [...new Set(nics)].flatMap((nic) => addresses.filter((address) => address.nic === nic));
}

/** Which of several NICs and families failed first is chance: all are named, in the order of the lists. */
function together(failures: readonly unknown[]): unknown {
  if (failures.length === 1) return failures[0];
  const refusals = failures.filter((failure) => failure instanceof IpamError);
  if (refusals.length < failures.length) return failures.find((failure) => !(failure instanceof IpamError));
  return new IpamError(aggregate(refusals.map(({ message }) => message)));
}

function noneLeft(
  pools: readonly SpiderIPPool[],
  { nic, family }: Candidate | AutoPoolWish,
  refusals: readonly PoolUnavailable[],
): IpamError {
  const names = pools.map(({ metadata }) => metadata.name).join(" ");
  const reasons = aggregate(refusals.map(({ message }) => message));
  const sizes = pools.map((pool) => `${pool.metadata.name} has ${sizeOf(pool)}`).join(", ");
  return new IpamError(
    `failed to allocate any IPv${family} IP address to NIC ${clip(nic)} from IPPools [${names}]: ${reasons} (addresses: ${sizes})`,
  );
}

function sizeOf({ spec }: SpiderIPPool): string {
  try {
    return String(countOf(totalOf(spec)));
  } catch {
    return "none that can be read";
  }
}
