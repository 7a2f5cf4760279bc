/**
 * The page's entry: puts store, views and sources together, and draws at most once per frame.
 * @module
 */

import { type MachineGraph, statesIn } from "../machine-graph.ts";
import { byId, setAttributes, setText } from "./dom.ts";
import { followLive } from "./live.ts";
import { Overview } from "./overview.ts";
import { PoolList } from "./pool-list.ts";
import { parseRoute, type Route, VIEWS } from "./route.ts";
import { Store } from "./store.ts";

const { mode, graph } = JSON.parse(byId("settings").textContent ?? "") as {
  readonly mode: "live" | "trace";
  readonly graph: MachineGraph;
};

/** Hue of a state: that of the outer state around it, as in the diagram. */
const outer = statesIn(graph).map(({ path }) => path);
const hueOf = (path: string): number => {
  const index = outer.indexOf(path.split(".", 1)[0] ?? "");
  return index < 0 ? outer.length : index;
};

const store = new Store(() => draw());
const overview = new Overview(graph, hueOf);
const pools = new PoolList(store, byId("filters"), byId("pools-grid"), hueOf);
let route: Route = parseRoute(location.hash);
let isDrawing = false;

function draw(): void {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    if (route.view === "overview") overview.render(store);
    else if (route.view === "pools") pools.render(route);
  });
}

function show(): void {
  const before = route;
  route = parseRoute(location.hash);
  for (const view of VIEWS) byId(view).hidden = view !== route.view;
  for (const link of document.querySelectorAll("nav [data-view]")) {
    setAttributes(link, { "aria-current": link.getAttribute("data-view") === route.view ? "page" : undefined });
  }
  if (before.view !== route.view) byId(`${route.view}-title`).focus();
  draw();
}

addEventListener("hashchange", show);
byId("skip").addEventListener("click", () => byId(`${route.view}-title`).focus());
show();

if (mode === "live") {
  followLive({
    onState: (state) => store.replace(state),
    onDelta: (delta) => store.apply(delta),
    onConnection: (connection) => setText(byId("status"), connection),
  });
}
