/**
 * What the API server refuses in an object's metadata: names, labels, annotations' keys, finalizers, owner references.
 *
 * The rules of `k8s.io/apimachinery/pkg/api/validation`, as far as clients run into them; schemas of kinds are not known here.
 * @module
 */
import type { OwnerReference, Resource } from "../cluster.ts";
import { invalid } from "./refusals.ts";
import type { Stored } from "./store.ts";

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const qualified = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const labelLengthMax = 63;
const nameLengthMax = 253;
/** `TotalAnnotationSizeLimitB`: the keys and values of all annotations together. */
const annotationBytesMax = 262_144;

function nameCauses(resource: Resource, name: string): string[] {
  const isNamespace = resource.group === "" && resource.plural === "namespaces";
  const lengthMax = isNamespace ? labelLengthMax : nameLengthMax;
  const pattern = isNamespace ? label : subdomain;
  if (name === "") return ["metadata.name: Required value: name or generateName is required"];
  if (name.length > lengthMax)
    return [`metadata.name: Invalid value: "${name}": must be no more than ${lengthMax} bytes`];
  if (pattern.test(name)) return [];
  return [
    `metadata.name: Invalid value: "${name}": a lowercase RFC 1123 ${isNamespace ? "label" : "subdomain"} is required`,
  ];
}

function isQualifiedName(name: string): boolean {
  const slash = name.indexOf("/");
  const prefix = slash < 0 ? undefined : name.slice(0, slash);
  const rest = name.slice(slash + 1);
  if (prefix !== undefined && (prefix.length > nameLengthMax || !subdomain.test(prefix))) return false;
  return rest.length <= labelLengthMax && qualified.test(rest);
}

function labelCauses(labels: Readonly<Record<string, string>>): string[] {
  const causes: string[] = [];
  for (const [name, value] of Object.entries(labels)) {
    if (!isQualifiedName(name))
      causes.push(`metadata.labels: Invalid value: "${name}": name part must be a qualified name`);
    if (value.length > labelLengthMax) {
      causes.push(`metadata.labels: Invalid value: "${value}": must be no more than ${labelLengthMax} bytes`);
    } else if (value !== "" && !qualified.test(value)) {
      causes.push(`metadata.labels: Invalid value: "${value}": a valid label value is required`);
    }
  }
  return causes;
}

function annotationCauses(annotations: Readonly<Record<string, string>>): string[] {
  let bytes = 0;
  const causes: string[] = [];
  for (const [name, value] of Object.entries(annotations)) {
    bytes += name.length + value.length;
    if (!isQualifiedName(name.toLowerCase())) {
      causes.push(`metadata.annotations: Invalid value: "${name}": name part must be a qualified name`);
    }
  }
  if (bytes > annotationBytesMax)
    causes.push(`metadata.annotations: Too long: may not be more than ${annotationBytesMax} bytes`);
  return causes;
}

function ownerCauses(owners: readonly OwnerReference[]): string[] {
  const causes: string[] = [];
  owners.forEach((owner, index) => {
    for (const field of ["apiVersion", "kind", "name", "uid"] as const) {
      if (owner[field]) continue;
      causes.push(`metadata.ownerReferences[${index}].${field}: Invalid value: "": must not be empty`);
    }
  });
  if (owners.filter((owner) => owner.controller).length > 1) {
    causes.push("metadata.ownerReferences: Invalid value: Only one reference can have Controller set to true");
  }
  return causes;
}

/** What a write of `object` over `old` may not change. */
function changeCauses(object: Stored, old: Stored): string[] {
  const causes: string[] = [];
  const { uid } = object.metadata;
  if (uid !== old.metadata.uid) causes.push(`metadata.uid: Invalid value: "${uid}": field is immutable`);
  const before = old.metadata.finalizers ?? [];
  const added = (object.metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer));
  if (old.metadata.deletionTimestamp !== undefined && added.length > 0) {
    causes.push(
      `metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
    );
  }
  return causes;
}

/**
 * Checks the metadata of an object that is about to be written.
 *
 * @param old the object it replaces, `undefined` for a new one
 * @throws {ApiError} With code 422 if anything is not valid
 */
export function validateMetadata(resource: Resource, object: Stored, old: Stored | undefined): void {
  const { name, labels = {}, annotations = {}, finalizers = [], ownerReferences = [] } = object.metadata;
  const causes = [
    ...(old === undefined ? nameCauses(resource, name) : changeCauses(object, old)),
    ...labelCauses(labels),
    ...annotationCauses(annotations),
    ...ownerCauses(ownerReferences),
  ];
  for (const finalizer of finalizers) {
    if (!isQualifiedName(finalizer))
      causes.push(`metadata.finalizers: Invalid value: "${finalizer}": name part must be a qualified name`);
  }
  if (causes.length > 0) throw invalid(resource, name, causes);
}
