/**
 * Annotations that cannot be used, and names and pools that cannot be made, on the real API server: each is told with its exact
 * cause, keeps no address back, touches no pool that is there, and heals by itself when the cause goes.
 * @module
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { spiderIPPools } from "../../src/api/resources.ts";
import { type Cluster, hasCode, type KubeObject, type Resource } from "../../src/cluster/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { type Asking, deployment, type Manifest } from "../support/manifests.ts";
import { freshSpec, type Place } from "../support/place.ts";
import { Stage } from "../support/stage.ts";

const refusals = suite("refused annotations, names and pools");
let stage: Stage;
/** What happens just before the operator's next creation of a pool reaches the API server. */
let beforeCreation: ((pool: KubeObject) => Promise<unknown>) | undefined;

const intercept = (cluster: Cluster): Cluster => ({
  ...cluster,
  async create(resource, object, options) {
    const meanwhile = resource === spiderIPPools ? beforeCreation : undefined;
    if (meanwhile) beforeCreation = undefined;
    await meanwhile?.(object);
    return cluster.create(resource, object, options);
  },
});

refusals.before(async () => {
  stage = await Stage.open({ intercept, settings: { nudgeMs: 1000 } });
});
refusals.after.each(() => stage.clear());
refusals.after(() => stage.close());

const malformed: readonly (readonly [what: string, asking: (subnet: string) => Asking, message: RegExp])[] = [
  [
    "no JSON",
    () => ({ subnet: "{ipv4: web}" }),
    /"ipam\.spidernet\.io\/subnet" with value "\{ipv4: web\}": it is not JSON/,
  ],
  ["an array for `subnet`", (name) => ({ subnet: `["${name}"]` }), /must be a JSON object/],
  ["a string for a list", (name) => ({ subnet: `{"ipv4":"${name}"}` }), /"ipv4" must be an array of subnet names/],
  ["neither family", () => ({ subnet: "{}" }), /has neither an "ipv4" nor an "ipv6" subnet/],
  ["an empty array", () => ({ subnets: [] }), /it names no subnet/],
  ["a wildcard", () => ({ subnet: { ipv4: ["*"] } }), /wildcards are not supported/],
  [
    "a number that is none",
    (name) => ({ subnet: { ipv4: [name] }, number: "many" }),
    /"ipam\.spidernet\.io\/ippool-ip-number" with value "many": it must be a plain number/,
  ],
  [
    "a negative number",
    (name) => ({ subnet: { ipv4: [name] }, number: "-1" }),
    /value "-1": it must be a plain number/,
  ],
  [
    "a reclaim that is no boolean",
    (name) => ({ subnet: { ipv4: [name] }, reclaim: "yes" }),
    /"ipam\.spidernet\.io\/ippool-reclaim" with value "yes": it must be "true" or "false"/,
  ],
  [
    "the same subnet for two NICs",
    (name) => ({
      subnets: [
        { interface: "eth0", ipv4: [name] },
        { interface: "net1", ipv4: [name] },
      ],
    }),
    /interfaces "eth0" and "net1" both use subnet/,
  ],
];

refusals("annotations that cannot be read are told one by one and heal when they are corrected", async () => {
  const place = await stage.place({ v4: 60 });
  const right = { subnet: { ipv4: [place.v4] }, number: "2" };
  for (const [index, [, asking]] of malformed.entries()) {
    await place.run(deployment, `web-${index}`, asking(place.v4));
  }
  for (const [index, [, , message]] of malformed.entries()) {
    await place.told("Deployment", `web-${index}`, "InvalidAnnotation", message);
  }
  await stage.quiet();
  assert.equal([await place.pools(), await place.records(place.v4), place.states()], [[], {}, []]);

  for (const index of malformed.keys()) await place.ask(deployment, `web-${index}`, right);

  await place.poolsOf(...malformed.map(() => 2));
});

refusals("a pool that is there stays as it is while its annotation cannot be read", async () => {
  const place = await stage.place({ v4: 10 });
  const right = { subnet: { ipv4: [place.v4] }, number: "2" };
  await place.run(deployment, "web", right);
  const [before] = await place.poolsOf(2);

  await place.ask(deployment, "web", { ...right, number: "two" });
  await place.told("Deployment", "web", "InvalidAnnotation", /with value "two"/);
  await stage.quiet();
  const [during] = await place.poolsOf(2);
  assert.equal([during?.metadata.uid, during?.spec], [before?.metadata.uid, before?.spec]);

  await place.ask(deployment, "web", { ...right, number: "4" });
  const [after] = await place.poolsOf(4);
  assert.is(after?.metadata.uid, before?.metadata.uid);
});

refusals("an application that ends while its annotation cannot be read takes its pool with it", async () => {
  const place = await stage.place({ v4: 10 });
  const right = { subnet: { ipv4: [place.v4] }, number: "2" };
  await place.run(deployment, "web", right);
  await place.poolsOf(2);
  await place.ask(deployment, "web", { ...right, number: "two" });
  await place.told("Deployment", "web", "InvalidAnnotation", /with value "two"/);

  await place.end(deployment, "web");

  await place.poolsOf();
});

/** A pool of somebody else, in a CIDR of its own. */
const foreign = (name: string): Manifest => ({ metadata: { name }, spec: { ...freshSpec(4, 3) } });
const lastGroup = ({ metadata }: KubeObject): string => metadata.uid?.split("-").at(-1) ?? "";

refusals("a pool name that somebody else has is lengthened", async () => {
  const place = await stage.place();
  const subnet = `${place.namespace}-late`;
  const app = await place.run(deployment, "web", { subnet: { ipv4: [subnet] }, number: "2" });
  const taken = `auto4-web-eth0-${lastGroup(app).slice(0, 5)}`;
  const { metadata } = await place.create<Manifest>(spiderIPPools, foreign(taken));
  await eventually(() => assert.ok(stage.operator.observer.pools.get(taken)));

  await place.addSubnet(4, 5, subnet);

  const [pool] = await place.poolsOf(2);
  assert.is(pool?.metadata.name, `auto4-web-eth0-${lastGroup(app)}`);
  assert.is((await stage.cluster.get(spiderIPPools, { name: taken })).metadata.uid, metadata.uid);
  await place.told("Deployment", "web", "PoolNameTaken", new RegExp(taken));
});

refusals(
  "a pool name that somebody else takes at the last moment is lengthened, and its record goes back",
  async () => {
    const place = await stage.place({ v4: 5 });
    beforeCreation = ({ metadata }) => place.create<Manifest>(spiderIPPools, foreign(metadata.name));

    const app = await place.run(deployment, "web", { subnet: { ipv4: [place.v4] }, number: "3" });

    const [pool] = await place.poolsOf(3);
    assert.is(pool?.metadata.name, `auto4-web-eth0-${lastGroup(app)}`);
    assert.equal(Object.keys(await place.records(place.v4)), [pool?.metadata.name]);
  },
);

refusals("an application name of 200 characters has a pool, and its successor finds it again", async () => {
  const place = await stage.place({ v4: 10, v6: 10 });
  const name = "long-name-".repeat(20).slice(0, 199).concat("x");
  const asking = { subnet: { ipv4: [place.v4], ipv6: [place.v6] }, number: "+1", reclaim: "false" };
  await place.run(deployment, name, asking, 1);
  const pools = await place.poolsOf(2, 2);
  for (const { metadata, spec } of pools) {
    assert.match(metadata.name, new RegExp(`^auto[46]-${name}-eth0-[0-9a-f]{5}$`));
    assert.is(metadata.labels?.["ipam.spidernet.io/owner-application-name"]?.length, 63);
    assert.is(spec.podAffinity?.matchLabels?.["ipam.spidernet.io/app-name"], name);
  }

  await place.scale(deployment, name, 2);
  await place.poolsOf(3, 3);
  await place.end(deployment, name);
  await eventually(async () => assert.is((await place.pools())[0]?.status?.state, "orphaned"));
  await place.run(deployment, name, asking, 1);

  const adopted = await place.poolsOf(2, 2);
  assert.equal(
    adopted.map(({ metadata }) => metadata.uid),
    pools.map(({ metadata }) => metadata.uid),
  );
});

refusals("a name of 200 characters is told its refusals too", async () => {
  const place = await stage.place({ v4: 1 });
  const name = "long-name-".repeat(20).slice(0, 199).concat("x");

  await place.run(deployment, name, { subnet: { ipv4: [place.v4] }, number: "2" });

  await place.told("Deployment", name, "InsufficientAddresses", `${place.v4} has 1 free address, 2 are needed`);
});

const admission = { group: "admissionregistration.k8s.io", version: "v1", namespaced: false } as const;
const policies: Resource = {
  ...admission,
  plural: "validatingadmissionpolicies",
  kind: "ValidatingAdmissionPolicy",
};
const bindings: Resource = {
  ...admission,
  plural: "validatingadmissionpolicybindings",
  kind: "ValidatingAdmissionPolicyBinding",
};

/** Lets the API server refuse every pool whose name begins like this; returns what ends that. */
async function refusePools(
  place: Place,
  prefix: string,
  reason: "Forbidden" | "Invalid",
): Promise<() => Promise<void>> {
  const name = `${place.namespace}-policy`;
  const rule = {
    apiGroups: [spiderIPPools.group],
    apiVersions: ["*"],
    operations: ["CREATE"],
    resources: ["spiderippools"],
  };
  const message = "no pool for you";
  const validations = [{ expression: `!object.metadata.name.startsWith('${prefix}')`, message, reason }];
  await place.create<Manifest>(policies, {
    metadata: { name },
    spec: { matchConstraints: { resourceRules: [rule] }, validations },
  });
  await place.create<Manifest>(bindings, {
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"] },
  });
  const isRefused = async (): Promise<boolean> => {
    const probe = { name: `${prefix}-probe` };
    try {
      await stage.cluster.create<Manifest>(spiderIPPools, { metadata: probe, spec: { ...freshSpec(4, 1) } });
    } catch (error) {
      return hasCode(error, 403, 422);
    }
    await stage.cluster.delete(spiderIPPools, probe);
    return false;
  };
  await eventually(async () => assert.ok(await isRefused()));
  return async () => {
    await stage.cluster.delete(bindings, { name });
    await eventually(async () => assert.not(await isRefused()));
  };
}

for (const [reason, room] of [
  ["Forbidden", 3],
  ["Invalid", 6],
  ["Invalid", 3],
] as const) {
  refusals(
    `a pool of 3 that admission refuses as ${reason} gives its record back, and is made of ${room} when it may be`,
    async () => {
      const place = await stage.place({ v4: room });
      const name = `denied-${place.namespace.slice(-8)}`;
      const allow = await refusePools(place, `auto4-${name}`, reason);

      await place.run(deployment, name, { subnet: { ipv4: [place.v4] }, number: "3" });
      await place.told("Deployment", name, "Refused", /The API server refused to create pool .*no pool for you/);
      await eventually(async () => assert.equal(await place.records(place.v4), {}));
      assert.equal(await place.pools(), []);

      await allow();
      await place.poolsOf(3);
    },
  );
}

refusals("a pool that admission refuses again and again takes no address from other applications", async () => {
  const place = await stage.place({ v4: 6 });
  const name = `denied-${place.namespace.slice(-8)}`;
  await refusePools(place, `auto4-${name}`, "Invalid");
  const subnet = { ipv4: [place.v4] };
  await place.run(deployment, name, { subnet, number: "3" });
  await place.told("Deployment", name, "Refused", /no pool for you/);

  await place.run(deployment, "other", { subnet, number: "6" });

  await place.poolsOf(6);
});

refusals.run();
