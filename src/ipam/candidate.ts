/**
 * The words of address selection: which pools a NIC may draw from, and where pools are found.
 *
 * A NIC has one candidate per family. Pure types, and the error that everybody in this room throws.
 * @module
 */

import type { Family } from "../address/address.ts";
import type { Application } from "../api/application.ts";
import type { SpiderIPPool } from "../api/ippool.ts";

/** The pools that one NIC may draw an address of one family from; tried in their order. */
export interface Candidate {
  /** The NIC's name; `"0"`, `"1"`, … where the annotation names none. */
  readonly nic: string;
  readonly family: Family;
  /** Names, without repetitions. */
  readonly pools: readonly string[];
  /** The NIC gets no default route. */
  readonly cleanGateway: boolean;
}

/** An automatic pool that the operator makes out of a subnet for one NIC and family of an application. */
export interface AutoPoolWish {
  readonly nic: string;
  readonly family: Family;
  /** Name of a SpiderSubnet. */
  readonly subnet: string;
  /** The NIC gets no default route. */
  readonly cleanGateway: boolean;
}

/** The pools as the watch has last shown them; a status may be missing. */
export interface PoolCatalog {
  get(name: string): SpiderIPPool | undefined;
  values(): Iterable<SpiderIPPool>;
  /** Returns the automatic pools whose labels name this application, for any NIC and family. */
  ofApplication(top: Application): Iterable<SpiderIPPool>;
}

/** An ADD or DEL that cannot be served; the text goes into the CNI error as it is. */
export class IpamError extends Error {
  override readonly name: string = "IpamError";
}
