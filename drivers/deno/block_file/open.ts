/**
 * Opens a block device in a file, or says clearly why not.
 *
 * Needs the permissions to read and write the file; to read its folder too,
 * where the file is made, so that its name survives a power cut.
 */
import { dirname } from "node:path";
import type { Condition } from "../../../hal/block_contract.ts";
import { geometryOf, type GeometryOptions } from "../../../hal/block_range.ts";
import { BlockFile, type PlatformFile } from "./block_file.ts";
import { isNoRoom, isNotWritable, reasonOf } from "./platform_error.ts";

/** The store is its owner's only. */
const FILE_MODE = 0o600;

export interface BlockFileOptions extends GeometryOptions {
  /** Make the file where there is none. */
  readonly create?: boolean;
  /** Several readers may share a file that nobody writes. */
  readonly readOnly?: boolean;
  /** What stands between the driver and the open file; tests put faults there. */
  readonly through?: (file: PlatformFile) => PlatformFile;
}

/** Why a device was not opened; nothing was changed. */
export class BlockFileRefused extends Error {
  override readonly name = "BlockFileRefused";

  constructor(
    readonly reason:
      | "options"
      | "missing"
      | "not-a-file"
      | "in-use"
      | "too-large"
      | "not-writable"
      | "full"
      | "failed",
    message: string,
  ) {
    super(message);
  }
}

/** Opens and locks the file at `path`. Throws `BlockFileRefused` only. */
export function openBlockFile(
  path: string,
  options: BlockFileOptions,
): BlockFile {
  const geometry = geometryOf(options);
  if (typeof geometry === "string") refuse("options", geometry);
  const { file, made } = openFile(path, options);
  try {
    const { isFile, size } = file.statSync();
    if (!isFile) refuse("not-a-file", `${path} is not a regular file`);
    if (!file.tryLockSync(!geometry.readOnly)) {
      refuse("in-use", `${path} is in use by another node`);
    }
    if (BigInt(size) > geometry.capacity) {
      refuse(
        "too-large",
        `${path} holds ${size} octets, more than the capacity of ${geometry.capacity}`,
      );
    }
    const condition = made ? settle(path) : OK;
    const through = options.through?.(file) ?? file;
    return new BlockFile(through, geometry, size, condition);
  } catch (error) {
    file.close();
    throw refusalOf(path, error);
  }
}

const OK: Condition = { tag: "ok" };

function openFile(
  path: string,
  options: BlockFileOptions,
): { file: Deno.FsFile; made: boolean } {
  const write = options.readOnly !== true;
  try {
    // Asked first: opening a pipe or a device would already have an effect.
    if (!Deno.statSync(path).isFile) {
      refuse("not-a-file", `${path} is not a regular file`);
    }
    return { file: Deno.openSync(path, { read: true, write }), made: false };
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    if (!missing || !write || options.create !== true) {
      throw refusalOf(path, error);
    }
  }
  try {
    const file = Deno.openSync(path, {
      read: true,
      write,
      createNew: true,
      mode: FILE_MODE,
    });
    return { file, made: true };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      refuse("missing", `the folder of ${path} does not exist`);
    }
    if (error instanceof Deno.errors.AlreadyExists) {
      refuse("in-use", `${path} is being made by another node`);
    }
    throw refusalOf(path, error);
  }
}

/** Makes a new file's name durable, where the platform lets us. */
function settle(path: string): Condition {
  try {
    using folder = Deno.openSync(dirname(path), { read: true });
    folder.syncSync();
    return OK;
  } catch (error) {
    const reason = reasonOf(error);
    return {
      tag: "degraded",
      val: `the new file's name may not survive a power cut: ${reason}`,
    };
  }
}

function refuse(reason: BlockFileRefused["reason"], message: string): never {
  throw new BlockFileRefused(reason, message);
}

function refusalOf(path: string, error: unknown): BlockFileRefused {
  if (error instanceof BlockFileRefused) return error;
  if (error instanceof Deno.errors.NotFound) {
    return new BlockFileRefused("missing", `${path} does not exist`);
  }
  const text = `${path} cannot be opened: ${reasonOf(error)}`;
  if (isNotWritable(error)) return new BlockFileRefused("not-writable", text);
  return new BlockFileRefused(isNoRoom(error) ? "full" : "failed", text);
}
