/**
 * What the key of a pool's machine says: `namespace/kind.group/name/interface/family@subnet`, and `#pool` behind it where an
 * earlier pool of the same key is still going (docs/lifecycle.md, Words).
 *
 * Keys come from traces, so from anywhere: what does not look like one is shown as it is. Pure.
 * @module
 */

import type { Family } from "../address/address.ts";

/** The parts of a key. */
export interface LifeKey {
  readonly namespace: string;
  /** Without the group. */
  readonly kind: string;
  /** Name of the application. */
  readonly application: string;
  readonly nic: string;
  readonly family: Family;
  readonly subnet: string;
  /** `namespace/kind.group/name`, which complaints and looks name. */
  readonly applicationKey: string;
}

/** Returns the parts of a key. */
export function partsOfKey(key: string): LifeKey {
  const [namespace = "", kind = "", application = "", nic = "", rest = ""] = key.split("/");
  const [family = "", place = ""] = splitOnce(rest, "@");
  return {
    namespace,
    kind: splitOnce(kind, ".")[0],
    application: application || key,
    nic,
    family: family === "6" ? 6 : 4,
    subnet: splitOnce(place, "#")[0],
    applicationKey: `${namespace}/${kind}/${application}`,
  };
}

function splitOnce(text: string, separator: string): [before: string, after: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
