/**
 * Writes the Helm chart of `autopool install --chart`.
 * @module
 */

import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../config.ts";
import { chartFiles } from "../installation/chart.ts";
import { manifestFiles } from "../installation/manifest-files.ts";
import { AUTOPOOL_VERSION } from "../version.ts";

/**
 * Writes the chart of this autopool into a folder that is not there yet, or is empty.
 * @param image the image of operator and agents that its values name
 * @throws {ConfigError} If the folder cannot be written, or holds something.
 */
export function writeChart(folder: string, image: string): void {
  try {
    if (!existsSync(folder)) mkdirSync(folder);
    else if (readdirSync(folder).length > 0) throw new Error("it is not empty");
    for (const part of ["crds", "templates"]) mkdirSync(join(folder, part));
    for (const [path, text] of Object.entries(chartFiles(manifestFiles(), AUTOPOOL_VERSION, image))) {
      writeFileSync(join(folder, path), text);
    }
  } catch (error) {
    throw new ConfigError(`Cannot write a chart into "${folder}": ${(error as Error).message}; name a new folder`);
  }
}
