/** The AdmissionReview in both directions, and the patch in it. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createPatch } from "../../src/admission/json-patch.ts";
import { ALLOWED, formatReview, ReviewError, readReview } from "../../src/admission/review.ts";
import { applyPatch } from "../support/json-patch.ts";

const review = suite("admission review");

const asked = {
  uid: "u-1",
  kind: { group: "spiderpool.spidernet.io", version: "v2beta1", kind: "SpiderSubnet" },
  name: "web",
  operation: "CREATE",
  userInfo: { username: "ann" },
  object: { metadata: { name: "web" } },
  oldObject: null,
  dryRun: false,
};
const text = (request: unknown, version = "admission.k8s.io/v1", kind = "AdmissionReview"): string =>
  JSON.stringify({ apiVersion: version, kind, request });

function mistakeIn(body: string): string {
  try {
    readReview(body);
  } catch (error) {
    assert.instance(error, ReviewError);
    return (error as Error).message;
  }
  return assert.unreachable(`read: ${body}`) as never;
}

review("is read into what the API server wants to know", () => {
  const request = readReview(text({ ...asked, dryRun: true, subResource: "status" }));

  assert.equal(request, {
    uid: "u-1",
    group: "spiderpool.spidernet.io",
    version: "v2beta1",
    kind: "SpiderSubnet",
    subresource: "status",
    name: "web",
    operation: "CREATE",
    user: "ann",
    object: { metadata: { name: "web" } },
    oldObject: null,
    isDryRun: true,
  });
});

review("that is none is refused with what is wrong", () => {
  assert.match(mistakeIn("{"), /^Cannot read AdmissionReview: /);
  assert.match(mistakeIn("[]"), "the body is no object");
  assert.match(mistakeIn("null"), "the body is no object");
  assert.match(
    mistakeIn(text(asked, "admission.k8s.io/v1beta1")),
    'of "admission.k8s.io/v1beta1": only admission.k8s.io/v1',
  );
  assert.match(mistakeIn(text(asked, undefined, "Pod")), 'Cannot read "Pod": it must be an AdmissionReview');
  assert.match(mistakeIn(text(undefined)), "request is no object");
  assert.match(mistakeIn(text({ ...asked, uid: "" })), "request.uid is missing");
  assert.match(mistakeIn(text({ ...asked, uid: 7 })), "uid is no text");
  assert.match(mistakeIn(text({ ...asked, kind: "SpiderSubnet" })), "request.kind is no object");
});

review("lets through without a word what is allowed", () => {
  assert.equal(JSON.parse(formatReview(readReview(text(asked)), ALLOWED)), {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: { uid: "u-1", allowed: true },
  });
});

review("carries a patch in base64", () => {
  const patch = [{ op: "add", path: "/metadata/labels", value: { ä: "ü" } }] as const;

  const { response } = JSON.parse(formatReview(readReview(text(asked)), { allowed: true, patch }));

  assert.is(response.patchType, "JSONPatch");
  assert.equal(JSON.parse(Buffer.from(response.patch, "base64").toString()), patch);
});

review("tells a denial as the API server would: code, reason and a cause for each field", () => {
  const refusal = {
    rule: "overlap",
    kind: "Invalid",
    field: "spec.subnet",
    value: "10.0.0.0/8",
    detail: "overlap",
  } as const;
  const rejection = { code: 422, reason: "Invalid", message: "it is invalid", refusals: [refusal] };

  const { response } = JSON.parse(formatReview(readReview(text(asked)), { allowed: false, rejection }));

  assert.equal(response, {
    uid: "u-1",
    allowed: false,
    status: {
      status: "Failure",
      code: 422,
      reason: "Invalid",
      message: "it is invalid",
      details: {
        name: "web",
        group: "spiderpool.spidernet.io",
        kind: "SpiderSubnet",
        causes: [
          { reason: "FieldValueInvalid", field: "spec.subnet", message: 'Invalid value: "10.0.0.0/8": overlap' },
        ],
      },
    },
  });
});

review("cuts what nobody would read to its end", () => {
  const refusals = Array.from({ length: 100_000 }, (_, index) => ({
    rule: "range",
    kind: "Invalid" as const,
    field: `spec.ips[${index}]`,
    detail: "wrong",
  }));
  const rejection = { code: 422, reason: "Invalid", message: "m".repeat(5_000_000), refusals };

  const answer = formatReview(readReview(text(asked)), { allowed: false, rejection });

  assert.ok(answer.length < 64_000, `${answer.length} characters`);
});

review.run();

const patch = suite("JSON patch");

patch("adds, replaces and removes members, with names escaped", () => {
  const from = { same: 1, gone: 2, other: 3, "a/b~c": { "~1": 1 } };
  const to = { same: 1, other: 4, new: [1], "a/b~c": { "~1": 2 } };

  assert.equal(createPatch(from, to), [
    { op: "remove", path: "/gone" },
    { op: "replace", path: "/other", value: 4 },
    { op: "replace", path: "/a~1b~0c/~01", value: 2 },
    { op: "add", path: "/new", value: [1] },
  ]);
});

patch("has nothing to say of equal values, and takes undefined for absent", () => {
  assert.equal(createPatch({ a: [{ b: 1 }], c: undefined }, { a: [{ b: 1 }] }), []);
  assert.equal(createPatch({ a: 1 }, { a: undefined }), [{ op: "remove", path: "/a" }]);
});

patch("keeps apart what an object has and what it inherits", () => {
  assert.equal(createPatch({}, { constructor: "x" }), [{ op: "add", path: "/constructor", value: "x" }]);
  assert.equal(createPatch({ toString: "x" }, {}), [{ op: "remove", path: "/toString" }]);
});

patch("replaces few texts of a list one by one, and a list of which much changed as a whole", () => {
  const from = { ips: ["a", "b", "c", "d", "e"] };
  const whole = (ips: unknown[]): unknown => [{ op: "replace", path: "/ips", value: ips }];

  assert.equal(createPatch(from, { ips: ["a", "b", "C", "d", "e"] }), [{ op: "replace", path: "/ips/2", value: "C" }]);
  for (const ips of [
    ["A", "B", "c", "d", "e"],
    ["a", "b", "c", "d"],
    ["a", "b", 3, "d", "e"],
    ["f", "a", "b", "c", "d"],
  ]) {
    assert.equal(createPatch(from, { ips }), whole(ips));
  }
});

patch("makes the one of the other, whatever they are", () => {
  const names = fc.constantFrom("", "a", "b/c", "~", "~1", "é", "0", "-");
  const value = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: "small" }, fc.constantFrom(null, true, 0, 1, "", "x"), tie("list"), tie("object")),
    list: fc.array(tie("value"), { maxLength: 3 }),
    object: fc.dictionary(names, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  })).object;
  fc.assert(
    fc.property(value, value, (from, to) => {
      const before = JSON.stringify(from);
      assert.equal(applyPatch(from, createPatch(from, to)), to);
      assert.is(JSON.stringify(from), before);
    }),
    { numRuns: 500 },
  );
});

patch.run();
