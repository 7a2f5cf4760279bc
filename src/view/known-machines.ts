/**
 * The machines that can be drawn, by name.
 *
 * What an action may ask for cannot be read off a literal where the action chooses by the facts. It is said here, and
 * `test/view/known-machines.test.ts` holds it against everything that the machine can reach, in both directions.
 * @module
 */
import type { Operation } from "../../machines/operations.ts";
import { poolMachine } from "../../machines/pool.ts";
import { type MachineGraph, machineGraph } from "./machine-graph.ts";
import { type PlainMachine, plainMachine } from "./machine-json.ts";

export interface KnownMachine {
  /** One line for a list of machines. */
  readonly summary: string;
  graph(): MachineGraph;
  json(): PlainMachine;
}

type Kind = Operation["kind"];

const POOL_ASKS: Readonly<Record<string, readonly (Kind | `${Kind}?`)[]>> = {
  remember: [],
  forgetRefusal: [],
  requestPool: ["ensurePool?"],
  repair: ["ensurePool?"],
  repairKept: ["keepPool?", "notify?"],
  repairRecord: ["keepPool?"],
  tellRefusal: ["notify"],
  heedRefusal: ["notify?"],
  heedRefusalToKeep: ["notify?"],
};

export const knownMachines: Readonly<Record<string, KnownMachine>> = {
  pool: {
    summary: "the life cycle of one automatic pool",
    graph: () => machineGraph(poolMachine.config, POOL_ASKS),
    json: () => plainMachine(poolMachine.config),
  },
};
