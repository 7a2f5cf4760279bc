/** The manifests in deploy/ keep to what is promised of them. */
import { readFileSync } from "node:fs";
import { loadAll } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { grants } from "../support/granted-rights.ts";
import { root } from "../support/source.ts";
import { DOCUMENT, withRights } from "./rights-document.ts";

interface Container {
  readonly image: string;
  readonly securityContext: Record<string, unknown>;
  readonly resources: { readonly limits: object };
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes: readonly Record<string, object | string>[];
}

type Workload = KubeObject & { readonly spec: { readonly template: { readonly spec: PodSpec } } };

const manifests = suite("manifests");
const read = (path: string): string => readFileSync(`${root}/${path}`, "utf8");

function workload(file: string, kind: string): PodSpec {
  const found = (loadAll(read(`deploy/base/${file}`)) as Workload[]).find((object) => object.kind === kind);
  assert.ok(found, `${file} has a ${kind}`);
  return found.spec.template.spec;
}

manifests("grant nothing by a star, and say what each rule is for", () => {
  for (const { role, index, rule, reason } of grants()) {
    const words = [...rule.apiGroups, ...rule.resources, ...rule.verbs, ...(rule.resourceNames ?? [])];
    assert.not(
      words.some((word) => word.includes("*")),
      `rule ${index} of ${role}`,
    );
    assert.ok(reason.length > 10, `rule ${index} of ${role} says what it is for`);
  }
});

manifests("are what docs/rbac.md says; if not, `node test/deploy/write-rights-document.ts` writes it anew", () => {
  const document = read(DOCUMENT);
  assert.is(document, withRights(document));
});

manifests("run the image of this version", () => {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  const [{ images }] = loadAll(read("deploy/base/kustomization.yaml")) as [{ images: { newTag: string }[] }];
  assert.is(images[0]?.newTag, version);
  assert.match(read("deploy/Dockerfile"), `docker build -t autopool:${version} `);
});

manifests("can be taken out of a cluster without its pools: the definitions are beside deploy/base", () => {
  const folders = ["deploy/base", "deploy", "deploy/host-network"];
  const all = folders.map((folder) => read(`${folder}/kustomization.yaml`).match(/^ {2}- .*crds$/m) !== null);
  assert.equal(all, [false, true, true]);
});

manifests("let no container gain rights, write to its image, or take all memory", () => {
  for (const spec of [workload("operator.yaml", "Deployment"), workload("agent.yaml", "DaemonSet")]) {
    for (const { securityContext, resources } of spec.containers) {
      const { privileged, ...rest } = securityContext;
      assert.not(privileged);
      assert.equal(rest, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      assert.ok("memory" in resources.limits);
    }
  }
});

manifests("give agents two folders of the node, and the operator none", () => {
  const folders = ({ volumes }: PodSpec): unknown[] =>
    volumes.flatMap(({ hostPath }) => (typeof hostPath === "object" ? [(hostPath as { path: string }).path] : []));
  assert.equal(folders(workload("operator.yaml", "Deployment")), []);
  assert.equal(folders(workload("agent.yaml", "DaemonSet")), ["/opt/cni/bin", "/var/run/spidernet"]);
});

manifests.run();
