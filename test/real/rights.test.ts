/**
 * What deploy/base/rbac.yaml grants is what operator, webhook and agents need: nothing is forbidden to them, and nothing is granted that
 * they do not use.
 *
 * All three run in this process under the shipped accounts through a life in which every call comes up. Then each rule is taken away in
 * turn, and the API server asked about a call that was made: it is forbidden.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { API_VERSION } from "../../src/api/names.ts";
import type { KubeObject, Resource } from "../../src/cluster/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { type Account, covers, type Grant, grants, type Role, rightsOf } from "../support/granted-rights.ts";
import { kubectl } from "../support/kubectl.ts";
import { type Call, callText } from "../support/recorded-calls.ts";
import { SYSTEM_NAMESPACE } from "../support/shipped-account.ts";
import { WholeLife } from "../support/whole-life.ts";

interface AccessReview extends KubeObject {
  readonly spec: object;
  readonly status?: { readonly allowed: boolean };
}

const rights = suite("rights of the service accounts");
const accounts: readonly Account[] = ["autopool", "autopool-agent"];
const admission = { group: "rbac.authorization.k8s.io", version: "v1" } as const;
const clusterRoles: Resource = { ...admission, plural: "clusterroles", kind: "ClusterRole", namespaced: false };
const roles: Resource = { ...admission, plural: "roles", kind: "Role", namespaced: true };
const accessReviews: Resource = {
  group: "authorization.k8s.io",
  version: "v1",
  plural: "subjectaccessreviews",
  kind: "SubjectAccessReview",
  namespaced: false,
};

let life: WholeLife;

rights.before(async () => {
  life = await WholeLife.live();
});
rights.after(() => life?.close());

rights("forbid nothing that operator, webhook and agent do", () => {
  assert.equal(life.operator.forbidden, []);
  assert.equal(life.agent.forbidden, []);
});

rights("allow nothing that they do not do", () => {
  const unused = grants()
    .flatMap(rightsOf)
    .filter((right) => !life[callerOf(right.grant.account)].all.some((call) => covers(right, call)))
    .map(({ grant, verb, group, resource }) => `${grant.role}: ${verb} ${resource} of "${group}"`);
  assert.equal(unused, []);
});

rights("are all needed: without any one rule a call that was made is forbidden", async () => {
  const all = grants();
  for (const grant of all) {
    const call = needing(grant, all);
    assert.ok(call, `nothing that was done needs rule ${grant.index} of ${grant.role} alone`);
    assert.ok(await isAllowed(grant.account, call), `${callText(call)} is not allowed to begin with`);
    await without(grant, async () => {
      assert.not(
        await isAllowed(grant.account, call),
        `${callText(call)} needs no rule ${grant.index} of ${grant.role}`,
      );
    });
    await eventually(async () => assert.ok(await isAllowed(grant.account, call)));
  }
});

rights("let the operator own pools by subnets where the API server asks who may block a deletion", async () => {
  const grant = grants().find(({ rule }) => rule.resources.includes("spidersubnets/finalizers"));
  assert.ok(grant);
  const folder = mkdtempSync(join(tmpdir(), "autopool-rights-"));
  const file = join(folder, "pool.json");
  const owner = { apiVersion: API_VERSION, kind: "SpiderSubnet", name: "nobody", uid: "u", blockOwnerDeletion: true };
  const metadata = { name: "rights-owned", ownerReferences: [owner] };
  const spec = { ipVersion: 4, subnet: "10.214.0.0/24", ips: ["10.214.0.9"] };
  writeFileSync(file, JSON.stringify({ apiVersion: API_VERSION, kind: "SpiderIPPool", metadata, spec }));
  const as = `--as=system:serviceaccount:${SYSTEM_NAMESPACE}:${grant.account}`;
  const own = (): Promise<string> => kubectl("create", "--dry-run=server", "-f", file, as).catch(String);
  try {
    assert.match(await own(), "created (server dry run)");
    // The test cluster's API server asks; others may not.
    const told = process.env["AUTOPOOL_CLUSTER_STATE"] ? /cannot set blockOwnerDeletion/ : /created/;
    await without(grant, async () => assert.match(await own(), told));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

rights("are what kubectl lists, beside what every account may do", async () => {
  for (const account of accounts) {
    const own = await listed(account);
    const anybody = await listed("default");
    const shipped = grants()
      .filter((grant) => grant.account === account)
      .flatMap(rightsOf);
    const wanted = shipped.map(({ group, resource, verb, name = "" }) => {
      const [plural, ...subresource] = resource.split("/");
      return `${verb} ${[group === "" ? plural : `${plural}.${group}`, ...subresource].join("/")} ${name}`.trim();
    });
    const there = [...own].filter((line) => !anybody.has(line));
    assert.equal(sorted(there), sorted([...new Set(wanted)]), account);
  }
});

/** Takes a rule away until something holds, and puts it back. */
async function without(grant: Grant, holds: () => Promise<void>): Promise<void> {
  const resource = grant.namespace === undefined ? clusterRoles : roles;
  const ref = { name: grant.role, ...(grant.namespace !== undefined && { namespace: grant.namespace }) };
  const { rules = [] } = await life.admin.get<Role>(resource, ref);
  try {
    await life.admin.patch(resource, ref, { rules: rules.filter((_, index) => index !== grant.index) });
    await eventually(holds);
  } finally {
    await life.admin.patch(resource, ref, { rules });
  }
}

const sorted = (lines: readonly string[]): string[] => lines.toSorted((a, b) => a.localeCompare(b));

const callerOf = (account: Account): "operator" | "agent" => (account === "autopool" ? "operator" : "agent");

/** A call that was made and that this rule alone allows. */
function needing(grant: Grant, all: readonly Grant[]): Call | undefined {
  const others = all.filter((other) => other.account === grant.account && other !== grant).flatMap(rightsOf);
  return life[callerOf(grant.account)].all.find(
    (call) => rightsOf(grant).some((right) => covers(right, call)) && !others.some((right) => covers(right, call)),
  );
}

async function isAllowed(account: Account, { verb, group, resource: path, namespace, name }: Call): Promise<boolean> {
  const [resource, subresource] = path.split("/");
  const resourceAttributes = { verb, group, resource, subresource, namespace, name };
  const user = `system:serviceaccount:${SYSTEM_NAMESPACE}:${account}`;
  const metadata = { name: "" };
  const review = await life.admin.create<AccessReview>(accessReviews, { metadata, spec: { user, resourceAttributes } });
  return review.status?.allowed === true;
}

/** What `kubectl auth can-i --list` says of resources: `verb plural.group/subresource name`. */
async function listed(account: string): Promise<Set<string>> {
  const as = `system:serviceaccount:${SYSTEM_NAMESPACE}:${account}`;
  const table = await kubectl("auth", "can-i", "--list", "--no-headers", `--as=${as}`, "-n", SYSTEM_NAMESPACE);
  const lines = table.split("\n").flatMap((line) => {
    const [, resource = "", names = "", verbs = ""] = /^(\S+) +\[\] +\[(.*?)\] +\[(.*?)\]$/.exec(line.trim()) ?? [];
    return verbs.split(" ").flatMap((verb) => names.split(" ").map((name) => `${verb} ${resource} ${name}`.trim()));
  });
  return new Set(lines.filter((line) => line !== ""));
}

rights.run();
