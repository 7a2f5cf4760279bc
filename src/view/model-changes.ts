/**
 * What has changed in a view model since somebody looked, by name only.
 * @module
 */

/** Changes beyond this are told as everything: nobody may look for weeks. */
export const CHANGES_MAX = 50_000;

/** Notes of changes; thrown away once they are told. */
export class Changes {
  /** Keys of rows. */
  readonly pools = new Set<string>();
  readonly subnets = new Set<string>();
  /** Ids of edges. */
  readonly edges = new Set<string>();
  complaints = false;
  isOpen = false;
  /** All is another: a process has begun. */
  isEverything = false;

  everything(): void {
    this.isEverything = true;
    for (const names of [this.pools, this.subnets, this.edges]) names.clear();
  }

  /** Notes a row. */
  pool(key: string): void {
    if (this.isEverything) return;
    this.pools.add(key);
    if (this.pools.size > CHANGES_MAX) this.everything();
  }

  get isNothing(): boolean {
    const { pools, subnets, edges } = this;
    return pools.size + subnets.size + edges.size === 0 && !this.complaints && !this.isOpen && !this.isEverything;
  }
}
