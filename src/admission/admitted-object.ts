/**
 * Whether a value is an object of one of our kinds, as far as JSON types go.
 *
 * A mutating webhook sees what people wrote before the API server has held it against the schema, and anybody may call a webhook.
 * The rules behind this take missing and nonsensical fields, but of the types that they were promised. Pure.
 * @module
 */

import type { KubeObject } from "../cluster/cluster.ts";

/** A value is not what it should be; the message names the field. */
export class ObjectError extends Error {
  override readonly name = "ObjectError";
}

type Shape =
  | "string"
  | "number"
  | "boolean"
  | { readonly list: Shape }
  | { readonly values: Shape }
  | { readonly fields: Readonly<Record<string, Shape>>; readonly required?: readonly string[] };

const texts: Shape = { list: "string" };
const labels: Shape = { values: "string" };
const selector: Shape = {
  fields: {
    matchLabels: labels,
    matchExpressions: {
      list: { fields: { key: "string", operator: "string", values: texts }, required: ["key", "operator"] },
    },
  },
};
const owner: Shape = {
  fields: { apiVersion: "string", kind: "string", name: "string", uid: "string", controller: "boolean" },
  required: ["apiVersion", "kind", "name", "uid"],
};

/** Objects of our kinds; what the rules do not look at is not here. */
const parts: Readonly<Record<string, Shape>> = {
  metadata: {
    fields: {
      name: "string",
      uid: "string",
      resourceVersion: "string",
      generation: "number",
      creationTimestamp: "string",
      deletionTimestamp: "string",
      labels,
      annotations: labels,
      finalizers: texts,
      ownerReferences: { list: owner },
    },
  },
  spec: {
    fields: {
      ipVersion: "number",
      subnet: "string",
      ips: texts,
      excludeIPs: texts,
      gateway: "string",
      routes: { list: { fields: { dst: "string", gw: "string" }, required: ["dst", "gw"] } },
      podAffinity: selector,
      namespaceAffinity: selector,
      nodeAffinity: selector,
      namespaceName: texts,
      nodeName: texts,
      multusName: texts,
      default: "boolean",
      disable: "boolean",
    },
  },
  status: {
    fields: {
      controlledIPPools: "string",
      allocatedIPs: "string",
      totalIPCount: "number",
      allocatedIPCount: "number",
    },
  },
};

/**
 * Returns a value as an object; fields that are `null` are left out, as the API server does, and a missing name is the one given.
 * @throws {ObjectError} If it is no object, or a field in it has another type than the schema gives it.
 */
export function readObject<T extends KubeObject>(value: unknown, name: string): T {
  const object: Record<string, unknown> = { ...asObject(value, "object") };
  for (const [part, shape] of Object.entries(parts)) {
    if (part === "status") object[part] ??= {};
    const present = Object.entries(asObject(object[part], part)).filter(([, field]) => field !== null);
    object[part] = Object.fromEntries(present);
    demand(object[part], shape, part);
  }
  const metadata = object["metadata"] as Record<string, unknown>;
  object["metadata"] = { ...metadata, name: metadata["name"] ?? name };
  return object as unknown as T;
}

/**
 * Likewise, of an object as it is stored: the reference's definitions let it be without a spec.
 * @throws {ObjectError} If it is no object, or a field in it has another type than the schema gives it.
 */
export function readStoredObject<T extends KubeObject>(value: unknown, name: string): T {
  return readObject({ spec: {}, ...asObject(value, "oldObject") }, name);
}

function demand(value: unknown, shape: Shape, path: string): void {
  if (typeof shape === "string") {
    if (typeof value !== shape) throw new ObjectError(`${path} must be a ${shape}, not ${wordFor(value)}`);
  } else if ("list" in shape) {
    if (!Array.isArray(value)) throw new ObjectError(`${path} must be a list, not ${wordFor(value)}`);
    // Names of a hundred thousand good elements would take longer than everything else here.
    const first = typeof shape.list === "string" ? value.findIndex((item) => typeof item !== shape.list) : 0;
    for (let index = first; index >= 0 && index < value.length; index += 1) {
      demand(value[index], shape.list, `${path}[${index}]`);
    }
  } else {
    const object = asObject(value, path);
    const fields = "values" in shape ? Object.keys(object) : Object.keys(shape.fields);
    for (const name of fields) {
      const field = "values" in shape ? shape.values : (shape.fields[name] as Shape);
      if (Object.hasOwn(object, name)) demand(object[name], field, `${path}.${name}`);
      else if ("fields" in shape && shape.required?.includes(name)) throw new ObjectError(`${path}.${name} is missing`);
    }
  }
}

function asObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  if (value === undefined || value === null) throw new ObjectError(`${path} is missing`);
  throw new ObjectError(`${path} must be an object, not ${wordFor(value)}`);
}

function wordFor(value: unknown): string {
  if (value === undefined || value === null) return "missing";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`.replace("a object", "an object");
}
