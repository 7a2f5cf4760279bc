/** The recorder of Kubernetes Events, against a small port that holds Events and can be told to fail. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type CoreEvent, createRecorder, type Occurrence } from "../../src/act/recorder.ts";
import { ApiError, UnknownOutcome } from "../../src/cluster/cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { eventStore } from "./event-store.ts";

const start = Date.parse("2026-03-01T12:00:00Z");
const web = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web", uid: "u1" };
const occurrence: Occurrence = { regarding: web, type: "Warning", reason: "SubnetNotFound", message: "no subnet" };

function setup(store = eventStore()) {
  const clock = createVirtualClock({ start });
  const failed: unknown[] = [];
  const rejected: unknown[] = [];
  const recorder = createRecorder({
    cluster: store.cluster,
    clock,
    component: "autopool",
    submit: (_key, run) => {
      run().catch((error: unknown) => rejected.push(error));
    },
    onFailure: (error) => failed.push(error),
  });
  return { ...store, clock, recorder, failed, rejected, store };
}

function only(stored: Map<string, CoreEvent>): CoreEvent {
  assert.is(stored.size, 1);
  return stored.values().next().value as CoreEvent;
}

const recorders = suite("recorder");

recorders("writes a core Event into the object's namespace", async () => {
  const { recorder, clock, stored } = setup();

  recorder.record(occurrence);
  await clock.advance(0);

  const { metadata, ...event } = only(stored);
  assert.is(metadata.namespace, "shop");
  assert.match(metadata.name, /^web\.[0-9a-f]{16}$/);
  assert.equal(event, {
    apiVersion: "v1",
    kind: "Event",
    involvedObject: web,
    type: "Warning",
    reason: "SubnetNotFound",
    message: "no subnet",
    count: 1,
    firstTimestamp: "2026-03-01T12:00:00Z",
    lastTimestamp: "2026-03-01T12:00:00Z",
    source: { component: "autopool" },
    reportingComponent: "autopool",
    reportingInstance: "",
  });
});

recorders("writes Events of cluster-scoped objects into default", async () => {
  const { recorder, clock, stored } = setup();
  const pool = { apiVersion: "spiderpool.spidernet.io/v2beta1", kind: "SpiderIPPool", name: "auto4-web", uid: "u2" };

  recorder.record({ ...occurrence, regarding: pool });
  await clock.advance(0);

  assert.is(only(stored).metadata.namespace, "default");
  assert.equal(only(stored).involvedObject, pool);
});

recorders("writes the same Event once in ten minutes, and counts what happened meanwhile", async () => {
  const { recorder, clock, stored, requests } = setup();

  for (let minute = 0; minute < 10; minute += 1) {
    recorder.record(occurrence);
    await clock.advance(60_000);
  }
  assert.equal(requests, ["create"]);
  recorder.record(occurrence);
  await clock.advance(0);

  assert.equal(requests, ["create", "patch"]);
  assert.is(only(stored).count, 11);
  assert.is(only(stored).firstTimestamp, "2026-03-01T12:00:00Z");
  assert.is(only(stored).lastTimestamp, "2026-03-01T12:10:00Z");
});

recorders("tells apart objects, reasons and messages", async () => {
  const { recorder, clock, stored } = setup();

  recorder.record(occurrence);
  recorder.record({ ...occurrence, message: "another" });
  recorder.record({ ...occurrence, reason: "SubnetInvalid" });
  recorder.record({ ...occurrence, regarding: { ...web, uid: "u9" } });
  await clock.advance(0);

  assert.is(stored.size, 4);
});

recorders("raises the count of the Event that an earlier process wrote", async () => {
  const first = setup();
  first.recorder.record(occurrence);
  await first.clock.advance(0);

  const second = setup(first.store);
  second.recorder.record(occurrence);
  await second.clock.advance(0);

  assert.is(only(second.stored).count, 2);
});

recorders("writes the Event anew when the API server has forgotten it", async () => {
  const { recorder, clock, stored } = setup();
  recorder.record(occurrence);
  await clock.advance(3_600_000);
  stored.clear();

  recorder.record(occurrence);
  await clock.advance(0);

  assert.is(only(stored).count, 1);
});

recorders("tries once more after a failure, and then gives up without a word to the caller", async () => {
  const { recorder, clock, stored, requests, failures, failed, rejected } = setup();
  failures.push(new UnknownOutcome("timeout"), new ApiError(500, "InternalError", "no"));

  recorder.record(occurrence);
  await clock.advance(3_600_000);

  assert.is(stored.size, 0);
  assert.is(requests.length, 2);
  assert.is(failed.length, 1);
  assert.equal(rejected, []);
});

recorders("makes up for a lost Event when it happens again a minute later", async () => {
  const { recorder, clock, stored, failures } = setup();
  failures.push(new ApiError(403, "Forbidden", "namespace is being terminated"));
  recorder.record(occurrence);
  await clock.advance(59_000);
  recorder.record(occurrence);
  await clock.advance(0);
  assert.is(stored.size, 0);

  await clock.advance(2_000);
  recorder.record(occurrence);
  await clock.advance(0);

  assert.is(only(stored).count, 3);
});

recorders("leaves one Event where a write took effect though its answer was lost", async () => {
  const { recorder, clock, stored, cluster } = setup();
  const { create } = cluster;
  let lost = false;
  cluster.create = async (...call) => {
    const answer = await create(...call);
    if (lost) return answer as never;
    lost = true;
    throw new UnknownOutcome("connection reset");
  };

  recorder.record(occurrence);
  await clock.advance(5_000);

  // The count may be one too high: nobody can know whether the first write was counted.
  assert.is(only(stored).reason, "SubnetNotFound");
});

recorders("waits as long as the API server asks before it tries again", async () => {
  const { recorder, clock, stored, failures } = setup();
  failures.push(new ApiError(429, "TooManyRequests", "slow down", 30));

  recorder.record(occurrence);
  await clock.advance(29_000);
  assert.is(stored.size, 0);
  await clock.advance(1_000);

  assert.is(stored.size, 1);
});

recorders("cuts a message at 1024 bytes and never inside a character", async () => {
  for (const character of ["x", "ü", "…", "🕷"]) {
    const { recorder, clock, stored } = setup();

    recorder.record({ ...occurrence, message: character.repeat(2000) });
    await clock.advance(0);

    const { message } = only(stored);
    assert.ok(Buffer.byteLength(message) <= 1024 && Buffer.byteLength(message) > 1016, message);
    assert.match(message, new RegExp(`^(?:${character})+…$`, "u"));
  }
});

recorders("makes a valid name for an object whose name is as long as names can be", async () => {
  const { recorder, clock, stored } = setup();

  recorder.record({ ...occurrence, regarding: { ...web, name: `${"a".repeat(235)}.${"b".repeat(17)}` } });
  await clock.advance(0);

  const { name } = only(stored).metadata;
  assert.ok(name.length <= 253);
  assert.match(name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
});

recorders("remembers the ten thousand Events used last and no more", async () => {
  const { recorder, clock, requests } = setup();
  const record = (index: number): void => recorder.record({ ...occurrence, message: `message ${index}` });

  for (let index = 0; index < 10_001; index += 1) record(index);
  await clock.advance(0);
  const before = requests.length;
  record(10_000);
  await clock.advance(0);
  assert.is(requests.length, before);
  record(0);
  await clock.advance(0);

  assert.ok(requests.length > before);
});

recorders.run();
