/**
 * Values of manifests before anybody knows their kinds.
 * @module
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
