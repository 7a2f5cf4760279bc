/**
 * Which book of a subnet is kept: one that somebody has read already, where it is of the same ledger.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readBook } from "../../src/api/book.ts";
import type { SpiderSubnet } from "../../src/api/subnet.ts";
import { SubnetIndex } from "../../src/observe/subnet-index.ts";

const text = '{"a":{"ips":["10.0.0.1"],"application":"apps_v1_Deployment_x_a"}}';
const subnet = (controlledIPPools?: string): SpiderSubnet => ({
  metadata: { name: "s", uid: "u" },
  spec: { subnet: "10.0.0.0/24" },
  ...(controlledIPPools !== undefined && { status: { controlledIPPools } }),
});
const change = (object: SpiderSubnet) => ({ type: "modified", object }) as const;

const index = suite("subnet index");

index("takes the book that its writer has, and tells of the records in it", () => {
  const subnets = new SubnetIndex();
  const [other, offered] = [readBook("{}", 4), readBook(text, 4)];

  const { records } = subnets.take(change(subnet(text)), undefined, other, offered);

  assert.is(subnets.book("s"), offered);
  assert.equal(
    records.map(({ pool }) => pool),
    ["a"],
  );
});

index("reads a ledger that is nobody's", () => {
  const subnets = new SubnetIndex();

  subnets.take(change(subnet(text)), readBook("{}", 4));
  const book = subnets.book("s");
  subnets.take(change(subnet(text)));

  assert.equal([...(book?.entries.keys() ?? [])], ["a"]);
  assert.is(subnets.book("s"), book);
});

index.run();
