/** Whether there is KubeVirt, asked as seldom as can be. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ApiError, type Resource } from "../../src/cluster/cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { KubevirtPresence } from "../../src/ipam/kubevirt-presence.ts";
import { virtualMachineInstances } from "../../src/ipam/static-holder.ts";

const presence = suite("kubevirt presence");

class Scene {
  readonly clock = createVirtualClock();
  asked: string[] = [];
  answer: () => Resource | undefined = () => undefined;
  readonly kubevirt = new KubevirtPresence({
    clock: this.clock,
    cluster: {
      resolve: async (apiVersion, kind) => {
        this.asked.push(`${apiVersion} ${kind}`);
        return this.answer();
      },
    },
  });
}

presence("is asked for once by all who want to know at the same time", async () => {
  const { kubevirt, asked } = new Scene();
  assert.equal(await Promise.all([kubevirt.isServed(), kubevirt.isServed()]), [false, false]);
  assert.equal(asked, ["kubevirt.io/v1 VirtualMachineInstance"]);
});

presence("is noticed within half a minute of its kinds", async () => {
  const scene = new Scene();
  assert.is(await scene.kubevirt.isServed(), false);
  scene.answer = () => virtualMachineInstances;
  await scene.clock.advance(29_000);
  assert.is(await scene.kubevirt.isServed(), false);
  await scene.clock.advance(1_000);
  assert.is(await scene.kubevirt.isServed(), true);
  assert.is(scene.asked.length, 2);
});

presence("is remembered when the kinds are gone: their pods may not be", async () => {
  const scene = new Scene();
  scene.answer = () => virtualMachineInstances;
  assert.is(await scene.kubevirt.isServed(), true);
  scene.answer = () => undefined;
  await scene.clock.advance(3_600_000);
  assert.is(await scene.kubevirt.isServed(), true);
});

presence("is asked for again at once where the API server did not say", async () => {
  const scene = new Scene();
  scene.answer = () => {
    throw new ApiError(503, "ServiceUnavailable", "not now");
  };
  const failure = await scene.kubevirt.isServed().catch((error: unknown) => error);
  assert.instance(failure, ApiError);
  scene.answer = () => virtualMachineInstances;
  assert.is(await scene.kubevirt.isServed(), true);
});

presence.run();
