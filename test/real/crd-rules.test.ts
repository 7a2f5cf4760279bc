/**
 * What the definitions refuse with no webhook running: every case of the tables that says so, and none that must be accepted.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { spiderIPPools, spiderReservedIPs, spiderSubnets } from "../../src/api/resources.ts";
import { type Cluster, hasCode, type KubeObject, type Resource } from "../../src/cluster/cluster.ts";
import { type RuleCase, renamed } from "../admission/cases/case.ts";
import { poolCases } from "../admission/cases/pool-cases.ts";
import { reservedCases } from "../admission/cases/reserved-cases.ts";
import { subnetCases } from "../admission/cases/subnet-cases.ts";
import { define, definitionOf, ours } from "../support/definitions.ts";
import { realCluster, removeObject, uniqueName } from "../support/real.ts";

let cluster: Cluster;

const rules = suite("crd rules");

rules.before(async () => {
  cluster = await realCluster();
  for (const resource of ours) await define(cluster, definitionOf(resource), resource.kind);
});
rules.after(() => cluster.close());

const expectedField = ({ byCel, expect }: RuleCase<KubeObject>): string => {
  if (typeof byCel === "object") return byCel.field;
  assert.ok(typeof expect === "object" && "code" in expect);
  return [expect.field].flat()[0] as string;
};

/** Writes the object as somebody would; returns the message of the refusal. */
const refusalOf = async <T extends KubeObject>(resource: Resource, one: RuleCase<T>): Promise<string> => {
  const { old, object } = one;
  assert.ok(object);
  if (old) await cluster.create(resource, old);
  const { name } = object.metadata;
  const writing = old
    ? cluster.patch(resource, { name }, { spec: (object as unknown as { spec: object }).spec })
    : cluster.create(resource, object);
  try {
    await writing;
  } catch (error) {
    if (hasCode(error, 422)) return (error as Error).message;
    throw error;
  } finally {
    await removeObject(cluster, resource, { name });
  }
  throw new Error("accepted");
};

function declare<T extends KubeObject>(resource: Resource, cases: readonly RuleCase<T>[]): void {
  for (const one of cases.filter(({ byCel }) => byCel !== undefined)) {
    rules(`refuse a ${resource.kind} with ${one.title}${one.old ? ", on update" : ""}`, async () => {
      const message = await refusalOf(resource, renamed(one, uniqueName("crd")));
      const field = expectedField(one);
      assert.ok(message.includes(`${field}: `), `${field} is not in: ${message}`);
    });
  }
  for (const { object, ...one } of cases) {
    if (
      !object ||
      object.metadata.deletionTimestamp ||
      one.notReal ||
      (one.expect !== "accepted" && "code" in one.expect)
    )
      continue;
    rules(`take a ${resource.kind} with ${one.title}${one.old ? ", on update" : ""}`, async () => {
      const metadata = { ...object.metadata, name: uniqueName("crd"), finalizers: [], ownerReferences: [] };
      await cluster.create(resource, { ...object, metadata });
      await removeObject(cluster, resource, { name: metadata.name });
    });
  }
}

declare(spiderSubnets, subnetCases);
declare(spiderIPPools, poolCases);
declare(spiderReservedIPs, reservedCases);

rules.run();
