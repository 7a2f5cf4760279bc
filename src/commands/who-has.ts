/**
 * `autopool who-has ADDRESS`: who has an address, since when, and what gives it out.
 * @module
 */

import type { SpiderEndpoint } from "../api/endpoint.ts";
import { answerAddress } from "../asking/address-answer.ts";
import { endpointsWith } from "../asking/address-places.ts";
import { type AnyAddress, readAddress } from "../asking/address-spelling.ts";
import { addressLines } from "../asking/address-text.ts";
import { readSnapshot } from "../asking/snapshot-reader.ts";
import { ConfigError } from "../config.ts";
import { keepsAddresses } from "../ipam/static-holder.ts";
import { commandOf } from "./question.ts";

const everyOwner = { enableStatefulSet: true, enableKubevirt: true };

export const whoHas = commandOf({
  summary: "tell who has an address",
  usage: "who-has ADDRESS [-o FORMAT]",
  about: `Tells which pod and NIC has an address, since when as far as that is written down, and which pool and subnet it is from; or
that it is reserved, excluded, free, or nobody's. Any spelling will do: 10.0.0.7, 10.0.0.7/16, FD00:0::7, [fd00::7]:80.

Exit codes: 0 answered, 1 failed, 2 wrong arguments.`,
  flags: [],
  settings: [],
  check: (words) => void addressOf(words),
  async answer({ cluster, clock, signal }, { words }) {
    const address = addressOf(words);
    const parts = ["subnets", "pools", "reserved", "endpoints", "pods", "nodes"] as const;
    const snapshot = await readSnapshot(cluster, parts, signal);
    const kept = new Set<SpiderEndpoint>();
    for (const { endpoint } of endpointsWith(snapshot, address)) {
      if (await keepsAddresses(cluster, endpoint, everyOwner)) kept.add(endpoint);
    }
    const view = { now: clock.now(), isKept: (endpoint: SpiderEndpoint) => kept.has(endpoint) };
    const data = answerAddress(snapshot, address, view);
    return { data, lines: (style) => addressLines(data, style), exitCode: 0 };
  },
});

function addressOf([text, more]: readonly string[]): AnyAddress {
  if (text === undefined)
    throw new ConfigError('Cannot tell who has it: name the address, as in "autopool who-has 10.0.0.7"');
  if (more !== undefined) throw new ConfigError(`Cannot look for "${more}" too: name one address`);
  try {
    return readAddress(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new ConfigError(error.message);
    throw error;
  }
}
