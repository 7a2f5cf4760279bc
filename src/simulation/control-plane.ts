/**
 * Runs simulated controllers on any `Cluster`: watches what they look at and what they own, and has them look when it changes.
 *
 * One look at a time, each object's looks coalesced; a look that fails is repeated a second later. Deterministic on a
 * virtual clock with a seeded source of chance.
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import { controllerOf } from "../api/controller-reference.ts";
import type { Clock } from "../clock.ts";
import { type Cluster, hasCode, type KubeObject, type ObjectRef, type Resource } from "../cluster/cluster.ts";
import { type Reflector, startReflector } from "../cluster/reflector.ts";
import type { Controller, World } from "./controller.ts";

export interface ControlPlaneOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly controllers: readonly Controller<never>[];
}

export interface ControlPlane {
  /** Ends all watches; resolves when nothing will be written any more. */
  stop(): Promise<void>;
}

type AnyController = Controller<KubeObject>;

const retryMs = 1_000;

/** Starts controllers. They act once everything that they watch has been listed. */
export function startControlPlane(options: ControlPlaneOptions): ControlPlane {
  const running = new RunningControllers(options);
  return { stop: () => running.stop() };
}

class RunningControllers {
  readonly #options: ControlPlaneOptions;
  readonly #controllers: readonly AnyController[];
  readonly #reflectors = new Map<Resource, Reflector<KubeObject>>();
  readonly #world: World;
  /** What is to be looked at, by controller and object. */
  readonly #due = new Map<string, { readonly controller: AnyController; readonly ref: ObjectRef }>();
  #work: Promise<void> | undefined;
  #open = false;
  #stopped = false;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.#controllers = options.controllers as unknown as AnyController[];
    this.#world = this.#createWorld();
    const { cluster, clock, random } = options;
    for (const resource of new Set(
      this.#controllers.flatMap((controller) => [controller.resource, ...controller.owns]),
    )) {
      const onEvent = ({ object }: { object: KubeObject }): void => this.#onChange(resource, object);
      this.#reflectors.set(resource, startReflector({ cluster, resource, clock, random, onEvent }));
    }
    const synced = Promise.all([...this.#reflectors.values()].map((reflector) => reflector.synced));
    synced.then(
      () => {
        this.#open = true;
        this.#proceed();
      },
      () => undefined, // stopped before
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#due.clear();
    await this.#work;
    await Promise.all(this.#controllers.map((controller) => controller.stop?.()));
    await Promise.all([...this.#reflectors.values()].map((reflector) => reflector.stop()));
  }

  #onChange(resource: Resource, { metadata }: KubeObject): void {
    const owner = controllerOf(metadata.ownerReferences);
    for (const controller of this.#controllers) {
      if (controller.resource === resource) this.#enqueue(controller, refOf(metadata));
      if (owner && controller.owns.includes(resource) && controller.resource.kind === owner.kind) {
        this.#enqueue(controller, refOf({ ...metadata, name: owner.name }));
      }
    }
  }

  #enqueue(controller: AnyController, ref: ObjectRef): void {
    if (this.#stopped) return;
    const index = this.#controllers.indexOf(controller);
    this.#due.set(`${index}/${ref.namespace}/${ref.name}`, { controller, ref });
    this.#proceed();
  }

  #proceed(): void {
    if (this.#open && this.#due.size > 0)
      this.#work ??= this.#run().finally(() => {
        this.#work = undefined;
        this.#proceed();
      });
  }

  async #run(): Promise<void> {
    for (const [key, { controller, ref }] of this.#due) {
      this.#due.delete(key);
      const object = this.#reflectors.get(controller.resource)?.get(ref);
      if (!object || (object.metadata.deletionTimestamp && !controller.whileTerminating)) continue;
      const againMs = await controller.reconcile(object, this.#world).catch(() => retryMs);
      if (againMs !== undefined) this.#options.clock.after(againMs, () => this.#enqueue(controller, ref));
    }
  }

  #createWorld(): World {
    const { cluster, clock, random } = this.#options;
    const learn = (resource: Resource, object: KubeObject): void => this.#reflectors.get(resource)?.learn(object);
    return {
      clock,
      random,
      owned: <T extends KubeObject>(resource: Resource, { metadata: { uid } }: KubeObject) =>
        [...(this.#reflectors.get(resource)?.values() ?? [])]
          .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid))
          .sort(byAge) as T[],
      async create(resource, object) {
        const created = await cluster.create(resource, object);
        learn(resource, created);
        return created;
      },
      async patch(resource, object, patch) {
        learn(resource, await cluster.patch(resource, refOf(object.metadata), patch));
      },
      async setStatus(resource, object, status) {
        const { status: before = {} } = object as { status?: Record<string, unknown> };
        if (Object.entries(status).every(([name, value]) => isDeepStrictEqual(before[name], value))) return;
        learn(resource, await cluster.patch(resource, refOf(object.metadata), { status }, { subresource: "status" }));
      },
      async delete(resource, { metadata }) {
        const { uid = "" } = metadata;
        await cluster.delete(resource, refOf(metadata), { preconditions: { uid } }).catch((error: unknown) => {
          if (!hasCode(error, 404, 409)) throw error;
        });
      },
    };
  }
}

function refOf({ namespace, name }: KubeObject["metadata"]): ObjectRef {
  return namespace === undefined ? { name } : { namespace, name };
}

function byAge({ metadata: a }: KubeObject, { metadata: b }: KubeObject): number {
  return (a.creationTimestamp ?? "").localeCompare(b.creationTimestamp ?? "") || a.name.localeCompare(b.name);
}
