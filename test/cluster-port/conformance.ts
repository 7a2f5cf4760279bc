/**
 * The conformance suite of the port `Cluster`: the same promises for every adapter.
 *
 * The memory adapter must pass it to be believed, the kubernetes adapter must pass it on a real API server to prove that the
 * promises are true. Where the two disagree, the real server is right.
 * @module
 */
import { suite } from "uvu";
import { deletePromises } from "./delete-promises.ts";
import { fieldPromises } from "./field-promises.ts";
import { Bench, type Promises, type Target } from "./fixtures.ts";
import { listPromises } from "./list-promises.ts";
import { ownerPromises } from "./owner-promises.ts";
import { statusPromises } from "./status-promises.ts";
import { updatePromises } from "./update-promises.ts";
import { validationPromises } from "./validation-promises.ts";
import { watchPromises } from "./watch-promises.ts";

const all: readonly Promises[] = [
  validationPromises,
  updatePromises,
  statusPromises,
  deletePromises,
  ownerPromises,
  listPromises,
  fieldPromises,
  watchPromises,
];

/** Registers and runs the suite under a name; `makeCluster` is called once, when the suite starts. */
export function conformance(name: string, makeCluster: () => Promise<Target>): void {
  const test = suite(`cluster port: ${name}`);
  let target: Target;
  let bench: Bench;

  test.before(async () => {
    target = await makeCluster();
    bench = new Bench(target.cluster);
  });
  test.after(async () => {
    await bench.clean();
    await target.cleanup();
  });
  for (const promises of all) {
    for (const [sentence, prove] of Object.entries(promises)) test(sentence, () => prove(bench));
  }
  test.run();
}
