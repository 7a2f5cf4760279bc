/**
 * UIDs of objects that the watches have shown, and then their end.
 *
 * Who finds nothing under a name cannot tell whether the object has gone or has yet to come; this tells. Only the newest are
 * remembered: of a UID that is not here nothing is known.
 * @module
 */

const COUNT_MAX = 10_000;

export class Departed {
  /** In the order in which they went. */
  readonly #uids = new Set<string>();

  add(uid: string): void {
    this.#uids.add(uid);
    const [oldest] = this.#uids;
    if (this.#uids.size > COUNT_MAX && oldest !== undefined) this.#uids.delete(oldest);
  }

  has(uid: string): boolean {
    return this.#uids.has(uid);
  }
}
