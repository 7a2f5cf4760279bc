/**
 * The page's entry: puts store, views and sources together, and draws at most once per frame.
 * @module
 */

import { type MachineGraph, statesIn } from "../machine-graph.ts";
import type { PageDelta } from "../page-state.ts";
import { SubnetBars } from "./bars.ts";
import { DetailLoader } from "./detail-loader.ts";
import { byId, setAttributes, setText } from "./dom.ts";
import { timeOfDay } from "./format.ts";
import { type Connection, type DetailSource, followLive, liveDetails } from "./live.ts";
import { Overview } from "./overview.ts";
import { Player } from "./player.ts";
import { PoolList } from "./pool-list.ts";
import { PoolPage } from "./pool-page.ts";
import type { Recording } from "./recording.ts";
import { parseRoute, type Route, VIEWS } from "./route.ts";
import { Store } from "./store.ts";
import { SubnetPage } from "./subnet-page.ts";

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

/** What is shown: the present, or a moment of a recording. */
let source: DetailSource =
  mode === "live" ? liveDetails : { pool: async () => undefined, subnet: async () => undefined };
let isLive = mode === "live";
let connection: Connection = "connecting";
let route: Route = parseRoute(location.hash);
let isDrawing = false;

/** The present goes on while the past is looked at. */
const live = new Store(() => isLive && draw());
const past = new Store(() => draw());

const poolLoader = new DetailLoader((key) => source.pool(key), draw);
const subnetLoader = new DetailLoader((name) => source.subnet(name), draw);
const overview = new Overview(graph, hueOf);
const poolList = new PoolList(byId("filters"), byId("pools-grid"), hueOf);
const poolPage = new PoolPage(byId("pool"), poolLoader, hueOf);
const subnetList = new SubnetBars(byId("subnet-list"));
const subnetPage = new SubnetPage(byId("subnet"), subnetLoader);

function draw(): void {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    const store = isLive ? live : past;
    // A trace has first to be read.
    if (mode === "trace" && !store.isFilled) return;
    if (route.view === "overview") overview.render(store);
    else if (route.view === "pools") {
      byId("pools-split").classList.toggle("open", poolPage.render(store, route));
      poolList.render(store, route);
    } else {
      byId("subnets-split").classList.toggle("open", subnetPage.render(store, route));
      subnetList.render(store, route.id);
    }
    showStatus(store);
  });
}

function showStatus(store: Store): void {
  const place = byId("status");
  const [name, text] = isLive ? LIVE_STATUS[connection] : (["past", `As of ${timeOfDay(store.now)}`] as const);
  const isFilling = isLive && connection === "live" && store.isFilled && !store.isOpen;
  setAttributes(place, { "data-mode": name });
  setText(place, isFilling ? "Live; caches are being filled" : text);
}

const LIVE_STATUS: Readonly<Record<Connection, readonly [name: string, text: string]>> = {
  connecting: ["connecting", "Connecting"],
  live: ["live", "Live"],
  lost: ["lost", "Connection lost; trying again"],
};

function show(): void {
  const before = route;
  route = parseRoute(location.hash);
  for (const view of VIEWS) byId(view).hidden = view !== route.view;
  for (const link of document.querySelectorAll("nav [data-view]")) {
    const isHere = link.getAttribute("data-view") === route.view;
    setAttributes(link, { "aria-current": isHere ? "page" : undefined });
  }
  document.title = `${route.id ?? byId(`${route.view}-title`).textContent} · autopool`;
  if (before.view !== route.view && route.id === undefined) byId(`${route.view}-title`).focus();
  draw();
}

function from(next: DetailSource): void {
  source = next;
  poolLoader.forget();
  subnetLoader.forget();
}

/** Shows a moment; edges that were taken since the last one flash only where it is told as a change. */
function showMoment(recording: Recording): void {
  isLive = false;
  const delta = recording.model.delta();
  if (delta === "everything" || !past.isFilled) past.replace(recording.model.state());
  else past.apply(delta ?? ({ t: recording.model.t } satisfies PageDelta));
  from(recording);
}

const player = new Player({
  place: byId("player"),
  graph,
  hasLive: mode === "live",
  onMoment: showMoment,
  onLive: () => {
    isLive = true;
    from(liveDetails);
    draw();
  },
});

addEventListener("hashchange", show);
byId("skip").addEventListener("click", () => byId(`${route.view}-title`).focus());
show();

if (mode === "trace") void player.open();
else {
  followLive({
    onState: (state) => live.replace(state),
    onDelta: (delta) => live.apply(delta),
    onConnection: (next) => {
      connection = next;
      draw();
    },
  });
}
