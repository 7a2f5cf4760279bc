/**
 * What every kind's rules come to: defaults to fill in, and a denial or none.
 *
 * The webhook, `autopool lint` and the operator's own defence ask the same functions. They are pure, and they take what the schema
 * lets through: a field may be missing, empty or nonsense, never of another JSON type.
 * @module
 */

import type { KubeObject } from "../../cluster/cluster.ts";
import type { Denial } from "./refusal.ts";
import type { World } from "./world.ts";

/** What somebody wants to do. */
export type Wanted<T extends KubeObject> =
  | { readonly operation: "CREATE"; readonly object: T }
  | { readonly operation: "UPDATE"; readonly object: T; readonly old: T }
  | { readonly operation: "DELETE"; readonly old: T };

export interface KindRules<T extends KubeObject> {
  /** Returns the object with what is missing filled in; the same one where nothing is, and where it cannot be read. Never throws. */
  defaults(object: T, world: World): T;
  /** Returns why it cannot be done: the first thing wrong with each field, all fields; `undefined` where nothing is. Never throws. */
  judge(wanted: Wanted<T>, world: World): Denial | undefined;
}
