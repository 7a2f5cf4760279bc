import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deployments, replicaSets } from "../../src/api/resources.ts";
import { nextSizes } from "../../src/simulation/deployment.ts";
import { isReady } from "../../src/simulation/pod.ts";
import type { Workload } from "../../src/simulation/workload.ts";
import { newTemplate, ref, revisionsOf, simulated, workload } from "./simulated-cluster.ts";

const deployment = suite("simulated Deployment");

deployment("gets running pods through one ReplicaSet, and says so in its status", () =>
  simulated(async ({ clock, server, user, pods }) => {
    await user.create(deployments, workload(3));
    await clock.advance(10_000);

    assert.is(pods().filter(isReady).length, 3);
    assert.is(server.objects(replicaSets).length, 1);
    const { status } = await user.get<Workload>(deployments, ref);
    assert.equal([status?.replicas, status?.readyReplicas], [3, 3]);
  }),
);

deployment("follows its replicas up, down and to zero", () =>
  simulated(async ({ clock, user, pods }) => {
    await user.create(deployments, workload(2));
    for (const replicas of [5, 1, 0, 2]) {
      await user.patch(deployments, ref, { spec: { replicas } });
      await clock.advance(10_000);

      assert.is(pods().length, replicas);
    }
  }),
);

deployment("keeps to maxSurge and maxUnavailable while it is rolled", () =>
  simulated(async ({ clock, server, user, pods, extremes }) => {
    await user.create(deployments, workload(8));
    await clock.advance(10_000);
    extremes();

    await user.patch(deployments, ref, newTemplate("2"));
    await clock.advance(60_000);

    assert.equal(extremes(), { readyMin: 6, activeMax: 10 }); // 25 % of 8 each
    assert.equal(revisionsOf(pods()), Array(8).fill("2"));
    const sizes = server.objects<Workload>(replicaSets).map(({ spec }) => spec.replicas);
    assert.equal(
      sizes.toSorted((a = 0, b = 0) => a - b),
      [0, 8],
    );
  }),
);

deployment("goes back to the ReplicaSet of a template that it had", () =>
  simulated(async ({ clock, server, user, pods }) => {
    await user.create(deployments, workload(2));
    for (const revision of ["2", "1"]) {
      await user.patch(deployments, ref, newTemplate(revision));
      await clock.advance(30_000);
    }

    assert.is(server.objects(replicaSets).length, 2);
    assert.equal(revisionsOf(pods()), ["1", "1"]);
  }),
);

deployment("with strategy Recreate has no pod of the new template beside one of the old", () =>
  simulated(async ({ clock, user, pods, extremes }) => {
    await user.create(deployments, workload(3, { strategy: { type: "Recreate" } }));
    await clock.advance(10_000);
    extremes();

    await user.patch(deployments, ref, newTemplate("2"));
    await clock.advance(30_000);

    assert.equal(extremes(), { readyMin: 0, activeMax: 3 });
    assert.equal(revisionsOf(pods()), ["2", "2", "2"]);
  }),
);

deployment("leaves nothing behind, its pods after their grace period", () =>
  simulated(async ({ clock, server, user, pods }) => {
    await user.create(deployments, workload(2));
    await clock.advance(10_000);

    await user.delete(deployments, ref, { propagationPolicy: "Background" });
    await clock.advance(1_000);
    assert.equal(
      pods().map(({ metadata }) => metadata.deletionTimestamp !== undefined),
      [true, true],
    );

    await clock.advance(10_000);
    assert.equal([...pods(), ...server.objects(replicaSets), ...server.objects(deployments)], []);
  }),
);

deployment("being deleted in the foreground does not make its pods again", () =>
  simulated(async ({ clock, server, user, pods }) => {
    await user.create(deployments, workload(2));
    await clock.advance(10_000);

    await user.delete(deployments, ref, { propagationPolicy: "Foreground" });
    await clock.advance(20_000);

    assert.equal([...pods(), ...server.objects(replicaSets), ...server.objects(deployments)], []);
  }),
);

deployment("never plans more than maxSurge allows, nor fewer ready than maxUnavailable allows", () => {
  const quantity = fc.oneof(
    fc.nat(3),
    fc.nat(100).map((percent) => `${percent}%`),
  );
  const set = fc.record({ replicas: fc.nat(12), ready: fc.nat(12) });
  fc.assert(
    fc.property(
      fc.nat(12),
      quantity,
      quantity,
      set,
      fc.array(set, { maxLength: 3 }),
      (replicas, maxSurge, maxUnavailable, one, others) => {
        const rollingUpdate = { maxSurge, maxUnavailable };
        const toSet = ({ replicas: size, ready }: typeof one): Workload => ({
          ...workload(size),
          status: { readyReplicas: Math.min(size, ready) },
        });
        const [current, old] = [toSet(one), others.map(toSet)];
        const sizes = nextSizes(workload(replicas, { strategy: { rollingUpdate } }), current, old);

        const sum = (count: (item: Workload) => number): number =>
          [current, ...old].reduce((all, item) => all + count(item), 0);
        const sizeOf = (item: Workload): number => sizes.get(item) ?? item.spec.replicas ?? 0;
        const isGrowing = sizeOf(current) > (current.spec.replicas ?? 0);
        const surge =
          typeof maxSurge === "number" ? maxSurge : Math.ceil((Number.parseInt(maxSurge, 10) * replicas) / 100);
        const hasOld = old.some((item) => item.spec.replicas);
        if (isGrowing && hasOld) assert.ok(sum(sizeOf) <= replicas + surge);
        assert.ok([...sizes].every(([item, size]) => item === current || size <= (item.spec.replicas ?? 0)));
        // Old pods that are not ready go first, so that what is ready is counted from what remains.
        const readyBefore = sum((item) => item.status?.readyReplicas ?? 0);
        const readyAfter = sum((item) => Math.min(item.status?.readyReplicas ?? 0, sizeOf(item)));
        const unavailable =
          typeof maxUnavailable === "number"
            ? maxUnavailable
            : Math.floor((Number.parseInt(maxUnavailable, 10) * replicas) / 100);
        const readyMin = replicas - Math.max(unavailable, surge === 0 && unavailable === 0 ? 1 : 0);
        const shrinksOldOnly = sizeOf(current) >= (current.spec.replicas ?? 0);
        if (hasOld && shrinksOldOnly) assert.ok(readyAfter >= Math.min(readyBefore, readyMin));
      },
    ),
  );
});

deployment("writes nothing when it is looked at without need", () =>
  simulated(async ({ clock, server, user }) => {
    await user.create(deployments, workload(2));
    await clock.advance(10_000);
    const version = server.version();

    await user.patch(deployments, ref, { metadata: { labels: { seen: "again" } } });
    await clock.advance(10_000);

    assert.is(server.version(), version + 1);
  }),
);

deployment.run();
