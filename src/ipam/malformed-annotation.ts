/**
 * The refusal of an annotation that cannot be read, in the reference's words with the value behind them (ipam §2.3).
 * @module
 */

import type { Refuse } from "../api/go-json.ts";
import { quote } from "../api/quote.ts";
import { IpamError } from "./candidate.ts";

/** Returns how to refuse the annotation of a pod or a namespace with this value. */
export function malformed(owner: "Pod" | "Namespace", annotation: string, value: string): Refuse {
  return (reason) =>
    new IpamError(
      `wrong input, invalid format of ${owner} annotation '${annotation}': ${reason}; its value is ${quote(value)}`,
    );
}
