/**
 * The answer to "why": what something is, why it is so, what it waits for, who holds what could be freed, and what would help.
 * @module
 */

import type { LifeView } from "./life-view.ts";
import type { Obstacle } from "./obstacle.ts";
import type { SpareHolder } from "./subnet-view.ts";
import type { ToldOf, Warned } from "./warnings.ts";

/** `waiting`: it passes by itself. `stuck`: somebody has to do something. `idle`: it asks for nothing. `over`: it has ended. */
export type Health = "well" | "waiting" | "stuck" | "idle" | "over";

/** Somebody who has an address of a pool. */
export interface AddressUser {
  readonly address: string;
  readonly pool: string;
  readonly pod: string;
  /** `Running`, `ending`, `over (pod-gone)`, … */
  readonly state: string;
  readonly node?: string;
}

/** Somebody who waits for addresses of a subnet. */
export interface Waiter {
  readonly application: string;
  readonly pool: string;
  readonly reason: string;
  readonly wanted: number;
  readonly missing?: bigint;
}

export interface Explanation {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly health: Health;
  /** One sentence without a full stop, behind the name and a colon. */
  readonly summary: string;
  /** What it is, as label and text. */
  readonly facts: readonly (readonly [label: string, text: string])[];
  readonly obstacles: readonly Obstacle[];
  readonly pools: readonly LifeView[];
  readonly users: readonly AddressUser[];
  /** Who holds what could be freed. */
  readonly spares: readonly SpareHolder[];
  readonly waiters: readonly Waiter[];
  /** What would help, each a thing to do, most likely first. */
  readonly helps: readonly string[];
  /** What looks wrong with it; `autopool check` makes sure. */
  readonly doubts: readonly string[];
  /** What could not be read, and why: the answer may be another one with it. */
  readonly unseen: readonly string[];
  readonly warnings: readonly Warned[];
}

/** An explanation whose warnings are still to be read. */
export interface Unwarned extends Omit<Explanation, "warnings"> {
  /** Whose warnings belong to it. */
  readonly toldOf: readonly ToldOf[];
}

/** Returns an explanation of something of which there is nothing to list. */
export function plainly(subject: Pick<Explanation, "kind" | "name"> & { readonly namespace?: string }): Unwarned {
  const { kind, namespace, name } = subject;
  return {
    kind,
    ...(namespace !== undefined && { namespace }),
    name,
    health: "idle",
    summary: "",
    facts: [],
    obstacles: [],
    pools: [],
    users: [],
    spares: [],
    waiters: [],
    helps: [],
    doubts: [],
    unseen: [],
    toldOf: [{ kind, ...(namespace !== undefined && { namespace }), name }],
  };
}

/** Returns how something with these obstacles is. */
export function healthOf(obstacles: readonly Obstacle[]): Health {
  if (obstacles.some(({ passes }) => !passes)) return "stuck";
  return obstacles.length > 0 ? "waiting" : "well";
}

/** Returns each text once, in order. */
export function once(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
