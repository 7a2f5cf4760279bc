/** Native applications on real nodes: a Deployment that rolls, a StatefulSet whose pods keep their addresses. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deployments, pods, statefulSets } from "../../src/api/resources.ts";
import { eventually } from "../support/eventually.ts";
import { kubectl } from "../support/kubectl.ts";
import { addressesOf, uidOf } from "../support/node-place.ts";
import { fromSubnets } from "../support/node-workloads.ts";
import { NodeWorld } from "../support/node-world.ts";

const native = suite("native applications on nodes");
let world: NodeWorld;

native.before(async () => {
  world = await NodeWorld.open();
});
native.after.each(() => world.clear());
native.after(() => world.close());

native("a Deployment with one address more than replicas rolls pod by pod without running out", async () => {
  const place = await world.place();
  const subnets = [await place.subnet(4, 10), await place.subnet(6, 10)] as const;
  const annotations = fromSubnets(...subnets, "+1");
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  await place.run(deployments, "web", 3, { annotations }, { strategy });
  const before = await place.agreed("web", 3);
  const ranges = (await place.autoPools()).map(({ spec }) => spec.ips);

  await kubectl("-n", place.namespace, "rollout", "restart", "deployment/web");
  await kubectl("-n", place.namespace, "rollout", "status", "deployment/web", "--timeout=120s");
  const after = await place.agreed("web", 3);

  assert.not.ok(after.some((pod) => before.map(uidOf).includes(uidOf(pod))));
  assert.equal(
    (await place.autoPools()).map(({ status }) => status?.totalIPCount),
    [4, 4],
  );
  assert.equal(
    (await place.autoPools()).map(({ spec }) => spec.ips),
    ranges,
  );
  const told = (await Promise.all(after.map(({ metadata }) => place.told("Pod", metadata.name)))).flat();
  assert.equal(
    told.filter((text) => text.startsWith("FailedCreatePodSandBox")),
    [],
  );

  await place.end(deployments, "web");
  await place.free();
  await eventually(async () => assert.equal(await place.autoPools(), []), { seconds: 30 });
});

native("a StatefulSet's pods, deleted one by one, come back with the addresses they had", async () => {
  const place = await world.place();
  const subnets = [await place.subnet(4, 10), await place.subnet(6, 10)] as const;
  const annotations = fromSubnets(...subnets, "+2");
  await place.run(statefulSets, "db", 3, { annotations }, { serviceName: "db", podManagementPolicy: "Parallel" });
  const before = await place.agreed("db", 3);
  const addresses = (running: typeof before): unknown => running.map((pod) => [pod.metadata.name, addressesOf(pod)]);

  for (const name of ["db-2", "db-0", "db-1"]) {
    const old = uidOf(await place.pod(name));
    await world.cluster.delete(pods, { namespace: place.namespace, name });
    await eventually(async () => assert.is.not(uidOf(await place.pod(name)), old), { seconds: 30 });
    assert.equal(addresses(await place.agreed("db", 3)), addresses(before));
  }

  // Whoever is scaled away has no claim any more; who stays does.
  await place.scale(statefulSets, "db", 2);
  assert.equal(addresses(await place.agreed("db", 2)), addresses(before.slice(0, 2)));
  await place.end(statefulSets, "db");
  await place.free();
});

native.run();
