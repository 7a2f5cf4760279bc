/**
 * Which pods an agent has served lately, by UID; the oldest are forgotten.
 *
 * A hint alone: whoever is not in it may have been served too, before the agent was started anew.
 * @module
 */

/** More than a node has pods. */
const podsMax = 2048;

export class ServedPods {
  readonly #uids = new Set<string>();

  /** Takes a pod in; tells whether it is new. */
  add(uid: string): boolean {
    const isNew = !this.#uids.delete(uid);
    this.#uids.add(uid);
    const [oldest] = this.#uids;
    if (this.#uids.size > podsMax && oldest !== undefined) this.#uids.delete(oldest);
    return isNew;
  }
}
