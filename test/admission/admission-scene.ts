/**
 * An admitter with rules that are easy to see through, for tests of everything around the rules.
 * @module
 */

import { type Admitter, type AdmitterOptions, createAdmitter } from "../../src/admission/admitter.ts";
import type { Rules } from "../../src/admission/kind-rules.ts";
import type { Answered } from "../../src/admission/metrics.ts";
import type { AdmissionRequest } from "../../src/admission/review.ts";
import type { KindRules } from "../../src/admission/rules/judge.ts";
import { invalid } from "../../src/admission/rules/refusal.ts";
import { worldOfObjects } from "../../src/admission/rules/world.ts";
import type { SpiderIPPool } from "../../src/api/ippool.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { silentLog } from "../../src/log.ts";

/** Fills in a label, and refuses what has no subnet; `annotations.throw` makes it throw. */
const simple: KindRules<KubeObject & { spec?: { subnet?: string } }> = {
  defaults(object) {
    if (object.metadata.annotations?.["throw"]) throw new Error("thrown");
    return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, "a/b": "c" } } };
  },
  judge(wanted) {
    const object = wanted.operation === "DELETE" ? wanted.old : wanted.object;
    if (object.metadata.annotations?.["throw"]) throw new Error("thrown");
    const refusals = object.spec?.subnet
      ? []
      : [{ rule: "subnet", kind: "Required" as const, field: "spec.subnet", detail: "name one" }];
    return invalid({ kind: "SpiderSubnet", plural: "spidersubnets", name: object.metadata.name }, refusals);
  },
};

export interface AdmissionScene {
  readonly admitter: Admitter;
  readonly answered: Answered[];
}

/** Returns an admitter with an empty world, that holds everything at once unless told otherwise. */
export function admissionScene(options: Partial<AdmitterOptions> & { clock?: Clock } = {}): AdmissionScene {
  const answered: Answered[] = [];
  const admitter = createAdmitter({
    rules: { SpiderSubnet: simple, SpiderIPPool: simple, SpiderReservedIP: simple } as Rules,
    world: worldOfObjects({ families: [4, 6], enableSubnet: true }, { pools: [], subnets: [] }),
    hold: () => Promise.resolve(undefined),
    ready: Promise.resolve(),
    metrics: { count: (one) => void answered.push(one) },
    clock: systemClock,
    log: silentLog,
    ...options,
  });
  return { admitter, answered };
}

/** Returns a request to create a subnet, with these differences. */
export function subnetRequest(difference: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    uid: "u-1",
    group: "spiderpool.spidernet.io",
    version: "v2beta1",
    kind: "SpiderSubnet",
    subresource: "",
    name: "web",
    operation: "CREATE",
    user: "ann",
    object: subnet(),
    oldObject: null,
    isDryRun: false,
    ...difference,
  };
}

/** Returns a subnet with this spec, as JSON has it. */
export function subnet(
  spec: object = { subnet: "10.0.0.0/16" },
  metadata: object = {},
): Pick<SpiderIPPool, "metadata"> {
  return { metadata: { name: "web", ...metadata }, ...{ spec } };
}

/** Returns the text of the review with this request. */
export function reviewText({ group, version, kind, user, isDryRun, ...rest }: AdmissionRequest): string {
  const { subresource: subResource, ...request } = rest;
  return JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      ...request,
      ...(subResource === "" ? {} : { subResource }),
      kind: { group, version, kind },
      userInfo: { username: user },
      dryRun: isDryRun,
    },
  });
}
