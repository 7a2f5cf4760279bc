/**
 * The settings that decide what applications and pods get, for commands that foretell it: they must be those of operator and agents.
 * @module
 */

import { parseAddressNumber } from "../api/pool-annotations.ts";
import { defaultIpamSettings, type IpamSettings } from "../ipam/settings.ts";
import type { DemandSettings } from "../observe/demand.ts";
import { numberSettings } from "../operator-config.ts";
import { familySettings, type Setting, staticSettings } from "../setting.ts";
import { defaultSettings } from "../settings.ts";

export const demandSettings = [
  ...numberSettings,
  ...familySettings,
  ...staticSettings,
] as const satisfies readonly Setting[];

type Values = Readonly<Record<(typeof demandSettings)[number]["name"], string>>;

/** Returns what the settings say about applications; the values have been checked. */
export function demandOf(values: Values): DemandSettings {
  return {
    defaultNumber: parseAddressNumber(values["default-ip-number"]) ?? defaultSettings.defaultNumber,
    families: ([4, 6] as const).filter((family) => values[`enable-ipv${family}`] === "true"),
  };
}

/** Returns what they say about pods. */
export function ipamOf(values: Values): IpamSettings {
  return {
    ...defaultIpamSettings,
    nodeName: "",
    families: demandOf(values).families,
    enableStatefulSet: values["enable-stateful-set"] === "true",
    enableKubevirt: values["enable-kubevirt-static-ip"] === "true",
  };
}
