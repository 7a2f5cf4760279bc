/** Whatever is asked and whatever happens inside, there is an answer, and in time. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Hold } from "../../src/admission/admitter.ts";
import type { Verdict } from "../../src/admission/review.ts";
import { nextTurn } from "../../src/clock.ts";
import { ApiError, UnknownOutcome } from "../../src/cluster/cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { createLog } from "../../src/log.ts";
import { applyPatch } from "../support/json-patch.ts";
import { admissionScene, subnet, subnetRequest } from "./admission-scene.ts";

const SECOND = 1000;

function rejectionOf(verdict: Verdict): { code: number; message: string } {
  if (verdict.allowed) return assert.unreachable("it was allowed") as never;
  const { code, message } = verdict.rejection;
  return { code, message };
}

const mutating = suite("admitter: mutating");

mutating("answers with what is to be filled in", async () => {
  const { admitter } = admissionScene();
  const object = { metadata: { name: "web", labels: null, creationTimestamp: null }, spec: { subnet: "10.0.0.0/16" } };

  const verdict = await admitter.answer("mutate", subnetRequest({ object }), SECOND);

  assert.ok(verdict.allowed);
  if (!verdict.allowed) return;
  assert.equal(applyPatch(object, verdict.patch), {
    metadata: { name: "web", labels: { "a/b": "c" }, creationTimestamp: null },
    spec: { subnet: "10.0.0.0/16" },
  });
});

mutating("leaves the name to the API server where it makes one", async () => {
  const { admitter } = admissionScene();
  const object = { metadata: { generateName: "web-" }, spec: {} };

  const verdict = await admitter.answer("mutate", subnetRequest({ name: "", object }), SECOND);

  assert.equal(verdict, { allowed: true, patch: [{ op: "add", path: "/metadata/labels", value: { "a/b": "c" } }] });
});

mutating("fills nothing into what is being deleted, whether the writer says so or not", async () => {
  const { admitter } = admissionScene();
  const oldObject = subnet(undefined, { deletionTimestamp: "2026-01-01T00:00:00Z" });

  const verdict = await admitter.answer("mutate", subnetRequest({ operation: "UPDATE", oldObject }), SECOND);

  assert.equal(verdict, { allowed: true, patch: [] });
});

mutating("never stops anything: not what it cannot read, nor when it fails, nor when it is late", async () => {
  const never = admissionScene({ ready: new Promise(() => {}) });
  const { admitter, answered } = admissionScene();
  const asked = [
    subnetRequest({ object: subnet({ subnet: 5 }) }),
    subnetRequest({ object: null }),
    subnetRequest({ object: subnet({}, { annotations: { throw: "yes" } }) }),
    subnetRequest({ kind: "Pod" }),
    subnetRequest({ operation: "CONNECT" }),
    subnetRequest({ operation: "DELETE", object: null, oldObject: subnet() }),
    subnetRequest({ subresource: "status" }),
  ];

  for (const request of asked) {
    assert.equal(await admitter.answer("mutate", request, SECOND), { allowed: true, patch: [] });
  }
  assert.equal(await never.admitter.answer("mutate", subnetRequest(), 5), { allowed: true, patch: [] });

  assert.is(answered.length, asked.length);
  assert.ok(answered.every(({ allowed }) => allowed));
});

mutating.run();

const validating = suite("admitter: validating");

validating("denies with all that the rules say, and counts them", async () => {
  const { admitter, answered } = admissionScene();

  const verdict = await admitter.answer("validate", subnetRequest({ object: subnet({}) }), SECOND);

  assert.equal(rejectionOf(verdict), {
    code: 422,
    message: 'SpiderSubnet.spiderpool.spidernet.io "web" is invalid: spec.subnet: Required value: name one',
  });
  assert.equal(
    answered.map(({ seconds, ...rest }) => rest),
    [{ kind: "SpiderSubnet", operation: "CREATE", webhook: "validate", allowed: false, rules: ["subnet"] }],
  );
});

validating("holds only what the rules let through, with the dry run said", async () => {
  const held: unknown[] = [];
  const hold: Hold = async (wanted, { isDryRun }) => void held.push([wanted.operation, isDryRun]);
  const { admitter } = admissionScene({ hold });
  const ask = (difference: object) => admitter.answer("validate", subnetRequest(difference), SECOND);

  assert.ok((await ask({})).allowed);
  assert.ok((await ask({ operation: "UPDATE", oldObject: subnet(), isDryRun: true })).allowed);
  assert.ok((await ask({ operation: "DELETE", object: null, oldObject: subnet() })).allowed);
  assert.not((await ask({ object: subnet({}) })).allowed);
  assert.ok((await ask({ subresource: "status" })).allowed);

  assert.equal(held, [
    ["CREATE", false],
    ["UPDATE", true],
  ]);
});

validating("passes on why something could not be held", async () => {
  const denial = { code: 409, reason: "Conflict", message: "being created", refusals: [] } as const;
  const { admitter } = admissionScene({ hold: () => Promise.resolve(denial) });

  const verdict = await admitter.answer("validate", subnetRequest(), SECOND);

  assert.equal(verdict, { allowed: false, rejection: denial });
});

validating("judges a deletion by the old object", async () => {
  const request = subnetRequest({ operation: "DELETE", object: null, oldObject: subnet({}) });

  assert.is(rejectionOf(await admissionScene().admitter.answer("validate", request, SECOND)).code, 422);
});

validating("takes an old object without a spec, which the reference's definitions let be", async () => {
  const { admitter } = admissionScene();
  const request = subnetRequest({ operation: "UPDATE", oldObject: { metadata: { name: "web" } } });

  assert.ok((await admitter.answer("validate", request, SECOND)).allowed);
});

validating("answers 400 to what is no object of the kind, naming the field", async () => {
  const { admitter } = admissionScene();
  const rows: [object, string][] = [
    [{ object: null }, 'Cannot judge SpiderSubnet "web": object is missing'],
    [{ object: { metadata: { name: "web" } } }, "spec is missing"],
    [{ object: subnet({ ips: "10.0.0.1" }) }, "spec.ips must be a list, not a string"],
    [{ object: subnet({ ips: ["10.0.0.1", 7] }) }, "spec.ips[1] must be a string, not a number"],
    [{ object: subnet({ routes: [{ dst: "10.0.0.0/8" }] }) }, "spec.routes[0].gw is missing"],
    [{ object: subnet({}, { labels: { a: true } }) }, "metadata.labels.a must be a string, not a boolean"],
    [{ operation: "UPDATE" }, "oldObject is missing"],
    [{ operation: "CONNECT" }, 'operation must be one of CREATE, UPDATE, DELETE, not "CONNECT"'],
    [{ kind: "Pod" }, "kind must be one of SpiderSubnet, SpiderIPPool, SpiderReservedIP"],
    [{ kind: "constructor" }, "kind must be one of"],
    [{ group: "apps" }, "of spiderpool.spidernet.io/v2beta1"],
  ];
  for (const [difference, text] of rows) {
    const { code, message } = rejectionOf(await admitter.answer("validate", subnetRequest(difference), SECOND));
    assert.is(code, 400, message);
    assert.match(message, text);
  }
});

validating("denies with 500 where something throws inside, and says so in the log", async () => {
  const lines: string[] = [];
  const clock = createVirtualClock();
  const log = createLog({ clock, level: "error", format: "json", write: (line) => void lines.push(line) });
  const { admitter } = admissionScene({ log });
  const request = subnetRequest({ object: subnet({}, { annotations: { throw: "yes" } }) });

  const verdict = await admitter.answer("validate", request, SECOND);

  assert.equal(rejectionOf(verdict), { code: 500, message: 'Cannot judge SpiderSubnet "web": thrown' });
  assert.is(lines.length, 1);
  assert.match(lines[0] ?? "", '"msg":"admission failed"');
});

validating("denies with 503 where the cluster did not answer", async () => {
  for (const error of [new UnknownOutcome("reset"), new ApiError(503, "ServiceUnavailable", "starting")]) {
    const { admitter } = admissionScene({ hold: () => Promise.reject(error) });
    assert.is(rejectionOf(await admitter.answer("validate", subnetRequest(), SECOND)).code, 503);
  }
});

validating("denies with 504 when the time is over, and tells whoever is still at it", async () => {
  const clock = createVirtualClock();
  let isTold = false;
  const { admitter } = admissionScene({
    clock,
    hold: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          isTold = true;
          reject(new Error("too late"));
        });
      }),
  });

  const verdict = admitter.answer("validate", subnetRequest(), 9000);
  await nextTurn();
  await clock.advance(9000);

  assert.equal(rejectionOf(await verdict), {
    code: 504,
    message: 'Cannot judge SpiderSubnet "web": no decision within 9000 ms, try again',
  });
  assert.ok(isTold);
});

validating("waits for the world to be seen, as long as there is time", async () => {
  const seen = Promise.withResolvers<void>();
  const { admitter } = admissionScene({ ready: seen.promise });

  const verdict = admitter.answer("validate", subnetRequest(), 10 * SECOND);
  await nextTurn();
  seen.resolve();

  assert.ok((await verdict).allowed);
});

validating("answers any request, whatever is in it", async () => {
  const { admitter } = admissionScene();
  const anything = fc.jsonValue();
  const objects = fc.oneof(
    anything,
    fc.record({ metadata: fc.record({ name: anything, labels: anything, finalizers: anything }), spec: anything }),
    fc.record({ metadata: fc.constant({}), spec: fc.record({ subnet: anything, ips: anything, routes: anything }) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("mutate" as const, "validate" as const),
      fc.constantFrom("CREATE", "UPDATE", "DELETE", "", "constructor"),
      fc.constantFrom("SpiderSubnet", "SpiderIPPool", "SpiderReservedIP", "__proto__"),
      objects,
      objects,
      async (webhook, operation, kind, object, oldObject) => {
        const verdict = await admitter.answer(webhook, subnetRequest({ operation, kind, object, oldObject }), SECOND);
        if (!verdict.allowed) assert.ok([400, 422].includes(verdict.rejection.code), verdict.rejection.message);
      },
    ),
    { numRuns: 1000 },
  );
});

validating.run();
