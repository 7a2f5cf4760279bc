/**
 * Field selectors as text: `spec.nodeName=node-1,status.phase!=Running`.
 *
 * The grammar of `k8s.io/apimachinery/pkg/fields`, with `\` before a comma, an equals sign or itself in a value. Which fields a
 * resource may be selected by is the server's short list; a field that an object lacks is "". Pure.
 * @module
 */
import { apiVersionOf, type KubeObject, type Resource } from "../cluster.ts";
import { badRequest } from "./refusals.ts";

/** Tells whether an object's fields satisfy a selector. */
export type FieldTest = (object: KubeObject) => boolean;

const always = ["metadata.name", "metadata.namespace"];
const podFields = [...always, "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "status.phase"];
const involved = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
const eventFields = [...always, ...involved.map((field) => `involvedObject.${field}`), "reason", "type"];
/** Kinds of the core group that can be selected by more than name and namespace. */
const coreFields: Readonly<Record<string, readonly string[]>> = { pods: podFields, events: eventFields };

/**
 * Parses a selector of a resource's objects; an absent or empty one holds for everything.
 *
 * @throws {ApiError} With code 400 if the text is no selector, or the resource cannot be selected by a field in it
 */
export function parseFieldSelector(text: string | undefined, resource: Resource): FieldTest {
  const terms = (text ?? "").match(/(?:\\.|[^\\,])+/gs) ?? [];
  const tests = terms.map((term) => parseTerm(term, text ?? "", resource));
  return (object) => tests.every((holds) => holds(object));
}

function parseTerm(term: string, text: string, resource: Resource): FieldTest {
  const parts = /^([^=!]*)(!=|==|=)(.*)$/s.exec(term);
  if (!parts) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
  const [, field = "", operator, escaped = ""] = parts;
  checkField(field, resource);
  const value = escaped.replace(/\\([\\,=])/g, "$1");
  const path = field.split(".");
  return (object) => (read(object, path) === value) === (operator !== "!=");
}

function checkField(field: string, resource: Resource): void {
  const own = resource.group === "" ? coreFields[resource.plural] : undefined;
  if ((own ?? always).includes(field)) return;
  // Kinds with conversion functions of their own and the others say it in different words.
  if (own || resource.group.includes(".")) throw badRequest(`field label not supported: ${field}`);
  throw badRequest(
    `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace" (${apiVersionOf(resource)})`,
  );
}

function read(object: KubeObject, path: readonly string[]): string {
  let value: unknown = object;
  for (const name of path) value = (value as Record<string, unknown> | undefined)?.[name];
  return typeof value === "string" ? value : "";
}
