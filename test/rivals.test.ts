/** Who is taken for a running spiderpool-controller, and who is not. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deployments, leases } from "../src/api/resources.ts";
import { toMicroTimestamp } from "../src/clock.ts";
import { ApiError, type KubeObject } from "../src/cluster/cluster.ts";
import { createMemoryCluster } from "../src/cluster/memory/memory-cluster.ts";
import { createVirtualClock } from "../src/cluster/memory/virtual-clock.ts";
import { silentLog } from "../src/log.ts";
import { seededRandom } from "../src/random.ts";
import { RivalError, Rivals } from "../src/rivals.ts";

const rivals = suite("rivals");
const lease = { namespace: "kube-system", name: "spiderpool-controller-leases" };
const controller = { namespace: "kube-system", name: "spiderpool-controller" };

type Body = KubeObject & { readonly spec?: object; readonly status?: object };

function open() {
  const clock = createVirtualClock();
  const server = createMemoryCluster({ clock, resources: [deployments, leases] });
  const user = server.connect();
  const look = (cluster = server.connect({ latencyMs: 2 })) => {
    const found = new Rivals({ cluster, clock, random: seededRandom(1), log: silentLog });
    let outcome = "unknown";
    found.absent.then(
      () => {
        outcome = "absent";
      },
      (error: Error) => {
        outcome = error.message;
        assert.instance(error, RivalError);
      },
    );
    return { found, outcome: () => outcome };
  };
  const deploy = async (readyReplicas: number): Promise<void> => {
    await user.create<Body>(deployments, { metadata: controller });
    await user.patch(deployments, controller, { status: { readyReplicas } }, { subresource: "status" });
  };
  const hold = (holderIdentity: string, agoMs: number): Promise<Body> =>
    user.create<Body>(leases, {
      metadata: lease,
      spec: { holderIdentity, leaseDurationSeconds: 15, renewTime: toMicroTimestamp(clock.now() - agoMs) },
    });
  return { clock, server, user, look, deploy, hold };
}

const POD = "spiderpool-controller-5d9f7c-x2x4z";

rivals("are absent in an empty cluster, which is known after a moment", async () => {
  const { clock, look } = open();
  const { found, outcome } = look();
  await clock.advance(1000);
  assert.is(outcome(), "absent");
  await found.stop();
});

rivals("are a Deployment of that name with ready pods, in any namespace", async () => {
  const { clock, look, deploy } = open();
  await deploy(2);
  const { found, outcome } = look();
  await clock.advance(1000);
  assert.is(
    outcome(),
    'Cannot run beside spiderpool-controller: its Deployment "kube-system/spiderpool-controller" has 2 ready pods; scale it to 0 first, see docs/install.md',
  );
  await found.stop();
});

rivals("are its pod that has renewed the lease a moment ago", async () => {
  const { clock, look, hold } = open();
  await hold(POD, 5000);
  const { found, outcome } = look();
  await clock.advance(1000);
  assert.match(outcome(), `its pod "${POD}" holds Lease "kube-system/spiderpool-controller-leases"`);
  await found.stop();
});

rivals(
  "are not a Deployment that was scaled to 0, nor a lease of long ago, nor one that a replica of ours holds",
  async () => {
    for (const [holder, agoMs] of [
      [POD, 600_000],
      ["autopool-5d9f7c-x2x4z_1a2b3c4d", 1000],
      ["", 1000],
    ] as const) {
      const { clock, look, deploy, hold } = open();
      await deploy(0);
      await hold(holder, agoMs);
      const { found, outcome } = look();
      await clock.advance(1000);
      assert.is(outcome(), "absent");
      await found.stop();
    }
  },
);

rivals("are seen when they come later, whatever their clock says", async () => {
  const { clock, user, look, hold } = open();
  await hold(POD, 3_600_000);
  const { found, outcome } = look();
  await clock.advance(1000);
  assert.is(outcome(), "absent");
  let seen = "";
  found.found.catch((error: Error) => {
    seen = error.message;
  });
  await user.patch(leases, lease, { spec: { renewTime: toMicroTimestamp(clock.now() - 3_590_000) } });
  await clock.advance(1000);
  assert.match(seen, "Cannot run beside spiderpool-controller");
  await found.stop();
});

rivals("are told by their Deployment alone to whom leases are forbidden", async () => {
  const { clock, server, look } = open();
  const connection = server.connect({ latencyMs: 2 });
  const { found, outcome } = look(
    Object.assign(Object.create(connection), {
      list: (resource: typeof leases, options?: object) =>
        resource === leases
          ? Promise.reject(new ApiError(403, "Forbidden", "leases is forbidden"))
          : connection.list(resource, options),
    }),
  );
  await clock.advance(1000);
  assert.is(outcome(), "absent");
  await found.stop();
});

rivals.run();
