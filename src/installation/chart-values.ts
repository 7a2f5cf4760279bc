/**
 * What of the Helm chart is for people: what it is, what there is to decide, and what to do next. Pure.
 * @module
 */

import { dump } from "js-yaml";
import type { KubeObject } from "../cluster/cluster.ts";

interface Workload extends KubeObject {
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly spec: { readonly containers: readonly { readonly resources: object }[] } };
  };
}

/** docs/compatibility.md says why. */
const KUBERNETES = ">=1.30.0-0";

/** Returns `Chart.yaml`. */
export function chartText(version: string): string {
  return dump({
    apiVersion: "v2",
    name: "autopool",
    description: "A pool of fixed IP addresses for every application, through Spiderpool's API",
    type: "application",
    version,
    appVersion: version,
    kubeVersion: KUBERNETES,
  });
}

/** Returns `values.yaml`: what the manifests say. */
export function valuesText(objects: readonly KubeObject[], image: string): string {
  const [operator, agent] = ["Deployment", "DaemonSet"].map((kind) => find<Workload>(objects, kind).spec) as [
    Workload["spec"],
    Workload["spec"],
  ];
  const resources = ({ template }: Workload["spec"]): string =>
    indented(dump({ resources: template.spec.containers[0]?.resources }, { flowLevel: 2 }));
  const { data } = find<KubeObject & { readonly data: Record<string, string> }>(objects, "ConfigMap");
  return `# Of operator and agents.
image: ${JSON.stringify(image)}
imagePullSecrets: []

operator:
  replicas: ${operator.replicas}
  # The operator uses its node's network: where pods have none before autopool gives it to them.
  hostNetwork: false
${resources(operator)}
agent:
  # false: Spiderpool's agents give pods their addresses.
  enabled: true
  # Where the nodes have their CNI plugins.
  cniBinDir: /opt/cni/bin
${resources(agent)}
# What operator and agents share; \`autopool run --help\` and \`autopool agent --help\` list all of it, and say which names of Spiderpool's
# conf.yml are understood as well.
settings:
${indented(data["autopool.yaml"] ?? "")}`;
}

function find<T extends KubeObject>(objects: readonly KubeObject[], kind: string): T {
  const found = objects.find((object) => object.kind === kind && object.metadata.namespace !== undefined);
  if (!found) throw new RangeError(`Cannot make the chart: no ${kind} is in the manifests`);
  return found as T;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

/** Returns `values.schema.json`: Helm refuses what is not in it by its name. */
export function schemaText(): string {
  const object = (properties: object): object => ({ type: "object", additionalProperties: false, properties });
  const resources = { type: "object" };
  const schema = {
    $schema: "https://json-schema.org/draft-07/schema#",
    ...object({
      global: { type: "object" },
      image: { type: "string", minLength: 1 },
      imagePullSecrets: { type: "array", items: { type: "object", required: ["name"] } },
      operator: object({ replicas: { type: "integer", minimum: 1 }, hostNetwork: { type: "boolean" }, resources }),
      agent: object({ enabled: { type: "boolean" }, cniBinDir: { type: "string", pattern: "^/" }, resources }),
      settings: { type: "object" },
    }),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** What Helm prints after an installation. */
export const notes = `autopool {{ .Chart.AppVersion }} is on its way into namespace {{ .Release.Namespace }}:

  kubectl -n {{ .Release.Namespace }} rollout status deployment/autopool
{{- if .Values.agent.enabled }}
  kubectl -n {{ .Release.Namespace }} rollout status daemonset/autopool-agent

Where Pod Security is enforced, the agents need a namespace that lets them use two folders and the network of their nodes:

  kubectl label namespace {{ .Release.Namespace }} pod-security.kubernetes.io/enforce=privileged
{{- end }}

A newer chart may have newer definitions, which Helm does not touch: kubectl apply --server-side -f the chart's crds/ first.
"helm uninstall" leaves the definitions, and with them subnets, pools and addresses.
`;
