/**
 * How the server treats the kinds it serves: what differs from one resource to the next.
 *
 * Custom resources all behave alike (as defined by the API extensions server); built-in kinds have their own strategies, of which
 * this table holds what clients notice.
 * @module
 */
import type { Resource } from "../cluster.ts";
import type { Stored } from "./store.ts";

/** What clients notice of a resource's strategy. */
export interface Traits {
  /** Status is a subresource: the main resource's writes ignore it, the status write ignores all else. */
  readonly status: boolean;
  /** `metadata.generation` counts the changes of what is wanted. */
  readonly generation: boolean;
  /** An update without `metadata.resourceVersion` is accepted. */
  readonly unconditionalUpdate: boolean;
  /** An update of an object that is not there creates it, whatever its resourceVersion says. */
  readonly createOnUpdate?: boolean;
  /** A deletion without a propagation policy orphans the dependents. */
  readonly orphanByDefault?: boolean;
  /** The server looks at it as JSON without knowing its type: lists keep kinds, and another kind is invalid, not unreadable. */
  readonly untyped: boolean;
  /** Fills in the defaults of the schema. */
  readonly setDefaults?: (object: Stored) => void;
}

const custom: Traits = { status: true, generation: true, unconditionalUpdate: false, untyped: true };
const controller: Traits = { status: true, generation: true, unconditionalUpdate: true, untyped: false };
const plain: Traits = { status: false, generation: false, unconditionalUpdate: true, untyped: false };

const builtIn: Readonly<Record<string, Traits>> = {
  "apps/deployments": controller,
  "apps/replicasets": controller,
  "apps/statefulsets": controller,
  "apps/daemonsets": controller,
  "batch/jobs": { ...controller, orphanByDefault: true },
  "batch/cronjobs": controller,
  "/pods": controller,
  "/namespaces": { ...plain, status: true },
  "/nodes": { ...plain, status: true },
  "coordination.k8s.io/leases": { ...plain, unconditionalUpdate: false, createOnUpdate: true },
  "/events": { ...plain, createOnUpdate: true },
  "events.k8s.io/events": { ...plain, createOnUpdate: true },
};

/** SpiderIPPool's schema has exactly two defaults (spec/autopool.md §1). */
function setPoolDefaults(object: Stored): void {
  const spec = object["spec"];
  if (typeof spec !== "object" || spec === null) return;
  const fields = spec as Record<string, unknown>;
  fields["default"] ??= false;
  fields["disable"] ??= false;
}

/** Returns the traits of a resource: custom if its group has a domain outside `k8s.io`, otherwise by the table. */
export function traitsOf(resource: Resource): Traits {
  const isCustom = resource.group.includes(".") && !resource.group.endsWith(".k8s.io");
  if (!isCustom) return builtIn[`${resource.group}/${resource.plural}`] ?? plain;
  if (resource.group === "spiderpool.spidernet.io" && resource.plural === "spiderippools") {
    return { ...custom, setDefaults: setPoolDefaults };
  }
  const isPlain = resource.plural === "spiderreservedips" || resource.plural === "spiderendpoints";
  if (resource.group === "spiderpool.spidernet.io" && isPlain) return { ...custom, status: false };
  return custom;
}
