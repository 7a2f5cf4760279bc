import { suite } from "uvu";
import * as assert from "uvu/assert";
import { count, counted, share, span } from "../../src/view/page/format.ts";
import { addressMap, CELLS_MAX, segmentAt } from "../../src/view/page/map-cells.ts";
import { segmentWords } from "../../src/view/page/map-words.ts";
import { filterOf, matcherOf, sorted } from "../../src/view/page/pool-filter.ts";
import { formatRoute, parseRoute } from "../../src/view/page/route.ts";
import { answerWords, factWords, operationWords } from "../../src/view/page/words.ts";
import type { HolderRow, PoolRow, SubnetDetail } from "../../src/view/page-state.ts";

const row = (changes: Partial<PoolRow>): PoolRow => ({
  key: `shop/Deployment.apps/${changes.application ?? "web"}/eth0/4@demo`,
  namespace: "shop",
  kind: "Deployment",
  application: "web",
  nic: "eth0",
  family: 4,
  subnet: "demo",
  state: "created.managed",
  isPinned: false,
  size: 3,
  inUse: 1,
  ips: ["10.0.0.1-10.0.0.3"],
  since: 0,
  ...changes,
});

const filtering = suite("the list's filter");

const passes = (query: string, candidate: PoolRow): boolean =>
  matcherOf(filterOf(new URLSearchParams(query)))(candidate);

filtering("takes every word of the search in any of a pool's names", () => {
  assert.ok(passes("search=WEB deploy", row({})));
  assert.ok(passes("search=shop/web", row({})));
  assert.not(passes("search=web stateful", row({})));
});

filtering("knows whose an address is, and does not take it for a part of another one", () => {
  assert.ok(passes("search=10.0.0.2", row({})));
  assert.not(passes("search=10.0.0.4", row({})));
  assert.not(passes("search=10.0.0.1", row({ ips: ["10.0.0.10-10.0.0.19"] })));
  assert.ok(passes("search=fd00::a", row({ family: 6, ips: ["fd00::1-fd00::f"] })));
  assert.not(passes("search=10.0.0.2", row({ ips: ["nonsense"] })));
});

filtering("takes substates with the state around them", () => {
  const states = (state: string): boolean[] =>
    ["created.managed", "created.pinned", "scaling"].map((own) => passes(`state=${state}`, row({ state: own })));
  assert.equal(states("created"), [true, true, false]);
  assert.equal(states("created.pinned"), [false, true, false]);
});

filtering("tells pinned from others, and blocked from busy ones", () => {
  const standing = { tone: "blocked", reason: "Full", words: "" } as const;
  assert.equal([passes("pinned=yes", row({})), passes("pinned=no", row({}))], [false, true]);
  assert.equal(
    [passes("standing=blocked", row({ standing })), passes("standing=busy", row({ standing }))],
    [true, false],
  );
});

filtering("counts in names as people do", () => {
  const rows = ["web-10", "web-2", "api"].map((application) => row({ application }));
  assert.equal(
    sorted(rows, "name", false).map(({ application }) => application),
    ["api", "web-2", "web-10"],
  );
  assert.equal(
    sorted(rows, "addresses", true).map(({ application }) => application),
    ["api", "web-2", "web-10"],
  );
});

filtering.run();

const map = suite("the map of a subnet");

const holder = (pool: string, ips: string[], used: string[] = [], pods: Record<string, string> = {}): HolderRow => ({
  pool,
  ips,
  used,
  pods,
  count: "3",
  usedCount: used.length,
  isRecorded: true,
});

function detail(total: string[], holders: HolderRow[], reserved: string[] = []): SubnetDetail {
  const family = total[0]?.includes(":") ? 6 : 4;
  return { row: { name: "demo", cidr: "", family, total: "8", given: "3" }, total, holders, reserved, defects: [] };
}

map("has a cell for each address of a small subnet, in order", () => {
  const small = detail(["10.0.0.1-10.0.0.8"], [holder("a", ["10.0.0.2-10.0.0.4"], ["10.0.0.3"])], ["10.0.0.8"]);
  const { segments, cells } = addressMap(small);

  assert.equal(
    segments.map(({ kind, at, cells: length, holder: index }) => [kind, at, length, index]),
    [
      ["free", 0, 1, undefined],
      ["held", 1, 1, 0],
      ["used", 2, 1, 0],
      ["held", 3, 1, 0],
      ["free", 4, 3, undefined],
      ["reserved", 7, 1, undefined],
    ],
  );
  assert.is(cells, 8);
});

map("folds long runs of a large subnet, and never goes through its addresses", () => {
  const large = detail(
    ["fd00::1-fd00::ffff:ffff:ffff:ffff"],
    [holder("a", ["fd00::10-fd00::12"]), holder("b", ["fd00::1:0-fd00::ffff:0"])],
  );
  const { segments, cells } = addressMap(large);

  assert.ok(cells < 200);
  assert.equal(
    segments.map(({ isFolded }) => isFolded),
    [false, false, true, true, true],
  );
  assert.is(
    segments.reduce((sum, { first, last }) => sum + last - first + 1n, 0n),
    2n ** 64n - 1n,
  );
});

map("finds the segment of each cell", () => {
  const addresses = addressMap(
    detail([`10.0.0.0-10.0.${CELLS_MAX / 256 - 1}.255`], [holder("a", ["10.0.1.0-10.0.1.9"])]),
  );
  assert.is(addresses.cells, CELLS_MAX);
  for (const segment of addresses.segments) {
    assert.is(segmentAt(addresses, segment.at), segment);
    assert.is(segmentAt(addresses, segment.at + segment.cells - 1), segment);
  }
  assert.is(segmentAt(addresses, CELLS_MAX), undefined);
});

map("shows an address that two pools have with the first of them", () => {
  const { segments } = addressMap(
    detail(["10.0.0.1-10.0.0.4"], [holder("a", ["10.0.0.1-10.0.0.3"]), holder("b", ["10.0.0.2-10.0.0.4"])]),
  );
  assert.equal(
    segments.map(({ cells, holder: index }) => [cells, index]),
    [
      [3, 0],
      [1, 1],
    ],
  );
});

map("says in words what is where", () => {
  const small = detail(
    ["10.0.0.1-10.0.0.8"],
    [holder("a", ["10.0.0.2-10.0.0.4"], ["10.0.0.3"], { "10.0.0.3": "shop/web-1" })],
  );
  const addresses = addressMap(small);
  const at = (cell: number | undefined): string =>
    segmentWords(small, addresses, cell === undefined ? undefined : segmentAt(addresses, cell), cell);

  assert.match(at(undefined), /^3 of 8 addresses in 1 pool\./);
  assert.is(at(0), "10.0.0.1: 1 free address");
  assert.is(at(2), "10.0.0.3: pool a, pod shop/web-1; 1 of 3 addresses in use");
  assert.is(at(3), "10.0.0.4: pool a, no pod; 1 of 3 addresses in use");
  assert.is(at(5), "10.0.0.5-10.0.0.8: 4 free addresses");
});

map.run();

const words = suite("the page's words");

words("say facts, operations and answers", () => {
  const fact = {
    size: 3,
    reserved: 3,
    inUse: 1,
    uid: "",
    owner: "",
    reclaim: true,
    terminating: false,
    drifted: false,
  };
  assert.is(factWords({ type: "pool.observed", ...fact }), "The pool has 3 addresses, all in its record, 1 in use");
  assert.match(
    factWords({ type: "pool.observed", ...fact, reserved: 2, terminating: true }),
    /2 in its record, .*being deleted$/,
  );
  assert.is(
    factWords({ type: "workload.observed", desired: 1, uid: "", reclaim: false }),
    "The application wants 1 address; kept when it goes",
  );
  assert.is(operationWords({ kind: "ensurePool", size: 4 }), "ensure a pool of 4");
  assert.is(answerWords("create", 201), "create SpiderIPPool: 201 created");
  assert.is(answerWords("update", 0), "update SpiderIPPool: no answer came");
});

words("show what a later version knows by its name", () => {
  assert.is(factWords({ type: "moon.seen" } as never), "moon.seen");
  assert.is(operationWords({ kind: "dance" } as never), "dance");
});

words("write numbers and spans", () => {
  assert.equal([count(12_345), count("281474976710655"), count(2n ** 64n)], ["12,345", "2.8 × 10¹⁴", "1.8 × 10¹⁹"]);
  assert.equal(
    [counted(1, "pool"), counted(0, "pool"), counted(2, "address", "addresses")],
    ["1 pool", "0 pools", "2 addresses"],
  );
  assert.equal(
    [share(0n, 5n), share(1n, 10_000n), share(1n, 3n), share(9_999n, 10_000n), share(5n, 5n)],
    ["0 %", "<1 %", "33 %", ">99 %", "100 %"],
  );
  assert.equal(
    [span(-1), span(999), span(59_999), span(7_200_000), span(86_400_000)],
    ["0 ms", "999 ms", "59 s", "2 h", "1 d"],
  );
});

words("read and write places in the page", () => {
  const key = "shop/Deployment.apps/web/eth0/4@demo#x?y";
  const { view, id, query } = parseRoute(formatRoute("pools", key, { search: "a b&c" }));
  assert.equal([view, id, query.get("search")], ["pools", key, "a b&c"]);
  assert.equal(
    [parseRoute("").view, parseRoute("#/nonsense/x").view, parseRoute("#/pools/%").id],
    ["overview", "overview", "%"],
  );
  assert.is(formatRoute("overview"), "#/");
});

words.run();
