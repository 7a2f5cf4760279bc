/**
 * What a simulated controller is: a function from one object, as it is now, to the writes that bring the cluster nearer to it.
 *
 * Level-triggered: it is told which object to look at and never why, so a missed or repeated look does no harm. When a look
 * comes is for `control-plane.ts`; nothing in this room knows pools or the operator.
 * @module
 */

import type { Clock } from "../clock.ts";
import type { KubeObject, Resource } from "../cluster/cluster.ts";

/** What a controller sees of the cluster and may do to it. The answers to its writes are in the next look. */
export interface World {
  readonly clock: Clock;
  readonly random: () => number;
  /** The objects of a resource that name `owner` as their controller, oldest first. */
  owned<T extends KubeObject>(resource: Resource, owner: KubeObject): T[];
  create<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** Changes an object by a JSON merge patch. */
  patch(resource: Resource, object: KubeObject, patch: object): Promise<void>;
  /** Writes the members of a status, if any of them is another. */
  setStatus(resource: Resource, object: KubeObject, status: object): Promise<void>;
  /** Deletes this very object; that it is gone already is fine. */
  delete(resource: Resource, object: KubeObject): Promise<void>;
}

/** One simulated controller. */
export interface Controller<T extends KubeObject> {
  /** Whose objects it looks at. */
  readonly resource: Resource;
  /** What it makes for them: a change of one is a reason to look at its owner. */
  readonly owns: readonly Resource[];
  /** Looks also at objects that are being deleted; else they are left to the garbage collector. */
  readonly whileTerminating?: boolean;
  /** Does what can be done now; resolves to the milliseconds after which to look again unless something changes before. */
  reconcile(object: T, world: World): Promise<number | undefined>;
  /** Ends what a look has left going on; resolves when it writes nothing any more. */
  stop?(): Promise<void>;
}
