/**
 * The Helm chart, made of the same manifests as every other installation. Pure.
 *
 * Each object is a template of its own. What a user of the chart decides stands in its values; with the values as they come the chart
 * has the objects of `kubectl apply -k deploy/`, but for the namespace, which Helm makes. The definitions are in the folder crds/: Helm
 * puts them into a cluster once, and neither changes nor deletes them after that.
 * @module
 */

import { dump } from "js-yaml";
import type { KubeObject } from "../cluster/cluster.ts";
import { chartText, notes, schemaText, valuesText } from "./chart-values.ts";
import { isList, isObject, type Json } from "./json.ts";
import { installedObjects } from "./manifests.ts";

/** Where in an object a template stands for what the manifests say; in a list, a name is that of an element. */
type Place = readonly [path: readonly string[], template: string];

const COMPONENT = "app.kubernetes.io/component";
const SETTINGS = "toYaml .Values.settings";

const inPod = (...path: readonly string[]): string[] => ["spec", "template", "spec", ...path];
const ofPods: readonly Place[] = [
  // Settings are read at start: pods with other settings are other pods.
  [["spec", "template", "metadata", "annotations", "autopool/settings"], `${SETTINGS} | sha256sum | quote`],
  [inPod("imagePullSecrets"), "toJson .Values.imagePullSecrets"],
];
/** By kind. What is no text becomes JSON, which is YAML too and needs no indentation. */
const places: Readonly<Record<string, readonly Place[]>> = {
  ConfigMap: [[["data", "autopool.yaml"], `${SETTINGS} | toJson`]],
  Deployment: [
    ...ofPods,
    [["spec", "replicas"], ".Values.operator.replicas"],
    [inPod("containers", "autopool", "resources"), "toJson .Values.operator.resources"],
  ],
  DaemonSet: [
    ...ofPods,
    [inPod("containers", "agent", "resources"), "toJson .Values.agent.resources"],
    [inPod("volumes", "cni-bin", "hostPath", "path"), ".Values.agent.cniBinDir | quote"],
  ],
};

/**
 * Returns the chart's files by their paths in it.
 * @param files the manifests' texts by path, as `manifestFiles` returns them
 * @param version of autopool, which is the chart's as well
 * @param image of operator and agents, before anybody changes the values
 */
export function chartFiles(
  files: Readonly<Record<string, string>>,
  version: string,
  image: string,
): Record<string, string> {
  const [objects, onHost] = [false, true].map((hostNetwork) => {
    return installedObjects(files, {
      namespace: "{{ .Release.Namespace }}",
      image: "{{ .Values.image }}",
      agent: "autopool",
      hostNetwork,
    });
  }) as [KubeObject[], KubeObject[]];
  const definitions = Object.entries(files).filter(([path]) => path.startsWith("crds/"));
  const templates = objects.flatMap((object, index) => {
    const { kind = "", metadata } = object;
    if (kind === "Namespace" || kind === "CustomResourceDefinition") return [];
    return [[`templates/${kind.toLowerCase()}-${metadata.name}.yaml`, templateOf(object, onHost[index] as KubeObject)]];
  });
  return {
    "Chart.yaml": chartText(version),
    "values.yaml": valuesText(objects, image),
    "values.schema.json": schemaText(),
    "templates/NOTES.txt": notes,
    ...Object.fromEntries([...definitions, ...templates]),
  };
}

function templateOf(object: KubeObject, onHost: KubeObject): string {
  const [plain, other] = [textOf(object), textOf(onHost)];
  const text =
    plain === other ? plain : `{{- if .Values.operator.hostNetwork }}\n${other}{{- else }}\n${plain}{{- end }}\n`;
  const isOfAgents = object.metadata.labels?.[COMPONENT] === "agent";
  return isOfAgents ? `{{- if .Values.agent.enabled }}\n${text}{{- end }}\n` : text;
}

/** Writes an object with its templates. YAML would quote them, so marks stand in their places while it is written. */
function textOf(object: KubeObject): string {
  const own = places[object.kind ?? ""] ?? [];
  const marked = own.reduce(
    (into: Json, [path], index) => withMark(into, path, `MARK-${index}-MARK`),
    object as unknown as Json,
  );
  const text = dump(marked, { noRefs: true, lineWidth: -1 });
  return text.replace(/MARK-(\d+)-MARK/g, (_, index) => `{{ ${own[Number(index)]?.[1]} }}`);
}

/** Returns a value with a mark at a path. */
function withMark(value: Json, [name, ...rest]: readonly string[], mark: string): Json {
  if (name === undefined) return mark;
  if (isList(value)) {
    const isMeant = (item: Json): boolean => isObject(item) && item["name"] === name;
    if (!value.some(isMeant))
      throw new RangeError(`Cannot make the chart: nothing is called "${name}" in the manifests`);
    return value.map((item) => (isMeant(item) ? withMark(item, rest, mark) : item));
  }
  const object = isObject(value) ? value : {};
  return { ...object, [name]: withMark(object[name] ?? null, rest, mark) };
}
