/**
 * Opens a block device in the origin private file system of a page.
 *
 * Runs in a dedicated worker only: no other thread of a page has synchronous
 * files. The platform gives a file to one opener at a time.
 */
import { BlockInFile, type GrowingFile } from "../../../hal/block_in_file.ts";
import { geometryOf, type GeometryOptions } from "../../../hal/block_range.ts";
import type { Directory, SyncAccessHandle } from "./access.ts";

export interface BlockOpfsOptions extends GeometryOptions {
  /** Make the file where there is none. */
  readonly create?: boolean;
  /** What stands between the driver and the open file; tests put faults there. */
  readonly through?: (file: SyncAccessHandle) => SyncAccessHandle;
}

/** Why a device was not opened; nothing was changed. */
export class BlockOpfsRefused extends Error {
  override readonly name = "BlockOpfsRefused";

  constructor(
    readonly reason:
      | "options"
      | "missing"
      | "in-use"
      | "too-large"
      | "not-here"
      | "failed",
    message: string,
  ) {
    super(message);
  }
}

/** The device in the file `name` of `folder`. Rejects with `BlockOpfsRefused`. */
export async function openBlockOpfs(
  folder: Directory,
  name: string,
  options: BlockOpfsOptions,
): Promise<BlockInFile> {
  const geometry = geometryOf(options);
  if (typeof geometry === "string") refuse("options", geometry);
  const file = await openFile(folder, name, options);
  const size = file.getSize();
  if (BigInt(size) > geometry.capacity) {
    file.close();
    refuse(
      "too-large",
      `${name} holds ${size} octets, more than the capacity of ${geometry.capacity}`,
    );
  }
  const through = options.through?.(file) ?? file;
  return new BlockInFile(growing(through), geometry, size);
}

async function openFile(
  folder: Directory,
  name: string,
  { create = false, readOnly = false }: BlockOpfsOptions,
): Promise<SyncAccessHandle> {
  try {
    const handle = await folder.getFileHandle(name, {
      create: create && !readOnly,
    });
    if (handle.createSyncAccessHandle === undefined) {
      refuse("not-here", "only a dedicated worker of a page has such files");
    }
    return await handle.createSyncAccessHandle();
  } catch (error) {
    if (error instanceof BlockOpfsRefused) throw error;
    const kind = error instanceof DOMException ? error.name : "";
    if (kind === "NotFoundError") refuse("missing", `${name} does not exist`);
    if (kind === "NoModificationAllowedError") {
      refuse("in-use", `${name} is in use by another node of this origin`);
    }
    refuse("failed", `${name} cannot be opened: ${String(error)}`);
  }
}

function growing(file: SyncAccessHandle): GrowingFile {
  return {
    read: (at, into) => file.read(into, { at }),
    write: (at, from) => file.write(from, { at }),
    truncate: (length) => file.truncate(length),
    flush: () => file.flush(),
    close: () => file.close(),
    isNoRoom: (error) =>
      error instanceof DOMException && error.name === "QuotaExceededError",
  };
}

function refuse(reason: BlockOpfsRefused["reason"], message: string): never {
  throw new BlockOpfsRefused(reason, message);
}
