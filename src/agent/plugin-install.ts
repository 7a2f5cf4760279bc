/**
 * Puts the CNI plugin's executable where the container runtime looks for it.
 *
 * The runtime may start it at any moment, so a file is never half there: it is copied beside its place and renamed. Nothing else
 * in the folder is touched.
 * @module
 */

import { constants } from "node:fs";
import { access, chmod, copyFile, type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** The type name under which existing network configurations look for the plugin. */
export const PLUGIN_TYPE = "spiderpool";

const MODE = 0o755;
const CHUNK_BYTES = 2 ** 20;

export interface PluginInstallation {
  /** The executable. */
  readonly source: string;
  /** The runtime's folder of plugins, `/opt/cni/bin` as a rule. */
  readonly folder: string;
  /** `ipam.type` of network configurations, which is the file's name. */
  readonly type?: string;
}

/**
 * Installs the plugin, unless the same is there already.
 * @throws {Error} If the type is no file name, or if a file cannot be read or written.
 */
export async function installPlugin(installation: PluginInstallation): Promise<"installed" | "unchanged"> {
  const { source, folder, type = PLUGIN_TYPE } = installation;
  if (!/^[A-Za-z0-9][\w.-]*$/.test(type)) {
    throw new Error(
      `Cannot install the CNI plugin as "${type}": a type is a file name of letters, digits, ".", "_" and "-"`,
    );
  }
  await access(source, constants.R_OK).catch((error: Error) => {
    const cure = "--cni-plugin names it, npm run build:cni makes it";
    throw new Error(`Cannot install the CNI plugin "${source}": ${error.message}; ${cure}`, { cause: error });
  });
  const target = join(folder, type);
  if (await isInstalled(source, target)) return "unchanged";
  await mkdir(folder, { recursive: true });
  // Always the same name, so that an installation that was killed is written over by the next.
  const draft = join(folder, `.${type}.autopool`);
  try {
    await copyFile(source, draft, constants.COPYFILE_FICLONE);
    await chmod(draft, MODE);
    await flush(draft);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return "installed";
}

async function isInstalled(source: string, target: string): Promise<boolean> {
  const found = await stat(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!found?.isFile() || (found.mode & 0o777) !== MODE || found.size !== (await stat(source)).size) return false;
  await using one = await open(source);
  await using other = await open(target);
  // Awaited here, as both are closed at the end of this function.
  return await haveSameContent(one, other);
}

async function haveSameContent(one: FileHandle, other: FileHandle): Promise<boolean> {
  const [mine, theirs] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)];
  for (let position = 0; ; ) {
    const [{ bytesRead }, { bytesRead: length }] = await Promise.all([
      one.read(mine, 0, CHUNK_BYTES, position),
      other.read(theirs, 0, CHUNK_BYTES, position),
    ]);
    if (bytesRead === 0 && length === 0) return true;
    const common = Math.min(bytesRead, length);
    if (common === 0 || mine.compare(theirs, 0, common, 0, common) !== 0) return false;
    position += common;
  }
}

/** A node that loses power must not find an empty plugin under its name. */
async function flush(path: string): Promise<void> {
  await using file = await open(path);
  await file.sync();
}
