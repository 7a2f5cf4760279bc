import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tableLines } from "../../src/view/table.ts";

const table = suite("table");

table("makes each column as wide as its longest cell and three spaces, but the last", () => {
  const lines = tableLines(
    ["Name", "Count"],
    [
      ["a-long-name", 1],
      ["b", 20n],
    ],
  );

  assert.equal(lines, ["NAME          COUNT", "a-long-name   1", "b             20"]);
});

table("makes no column narrower than six", () => {
  assert.equal(tableLines(["A", "B"], [["x", "y"]]), ["A     B", "x     y"]);
});

table("leaves absent cells blank, and says false and zero", () => {
  const rows = [[undefined, null, false, 0]] as const;

  assert.equal(tableLines(["ONE", "TWO", "THREE", "FOUR"], rows)[1], "            false   0");
});

table.run();
