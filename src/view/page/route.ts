/**
 * Where in the page somebody is, as the part of the address behind `#`: it can be shared, reloaded and gone back from.
 * @module
 */

/** The views that the page has. */
export const VIEWS = ["overview", "pools", "subnets"] as const;

export type View = (typeof VIEWS)[number];

export interface Route {
  readonly view: View;
  /** Key of the pool, or name of the subnet, that is looked at. */
  readonly id: string | undefined;
  /** What the list is filtered by. */
  readonly query: URLSearchParams;
}

/** Reads the part behind `#`; what is not known is the overview. */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view = "", id = ""] = path.split("/");
  return {
    view: VIEWS.find((name) => name === view) ?? "overview",
    id: decoded(id) || undefined,
    query: new URLSearchParams(query),
  };
}

/** Formats the same, to be linked to. */
export function formatRoute(
  view: View,
  id?: string,
  query?: URLSearchParams | Readonly<Record<string, string>>,
): string {
  const path = view === "overview" ? "" : view;
  const text = new URLSearchParams(query).toString();
  return `#/${path}${id === undefined ? "" : `/${encodeURIComponent(id)}`}${text === "" ? "" : `?${text}`}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
