/**
 * A block device in one file of the platform, through Deno.
 *
 * One opener may write, and it excludes all others, in this process and in any
 * other on the machine. `flush` is fdatasync. The rest is `hal/block_in_file.ts`.
 *
 * Deliberately absent: O_DIRECT.
 */
import type { Condition, Geometry } from "../../../hal/block_contract.ts";
import { BlockInFile, type GrowingFile } from "../../../hal/block_in_file.ts";
import { isNoRoom } from "./platform_error.ts";

/** What the driver calls of `Deno.FsFile`. */
export interface PlatformFile {
  seekSync(offset: number | bigint, whence: Deno.SeekMode): number;
  readSync(into: Uint8Array): number | null;
  writeSync(from: Uint8Array): number;
  truncateSync(length?: number): void;
  syncDataSync(): void;
  close(): void;
}

export class BlockFile extends BlockInFile {
  /** Takes over an open, locked file of `size` octets. */
  constructor(
    file: PlatformFile,
    geometry: Geometry,
    size: number,
    condition?: Condition,
  ) {
    super(growing(file), geometry, size, condition);
  }
}

function growing(file: PlatformFile): GrowingFile {
  const seek = (offset: number) => file.seekSync(offset, Deno.SeekMode.Start);
  return {
    read(offset, into) {
      seek(offset);
      return file.readSync(into) ?? 0;
    },
    write(offset, from) {
      seek(offset);
      return file.writeSync(from);
    },
    truncate: (length) => file.truncateSync(length),
    flush: () => file.syncDataSync(),
    close: () => file.close(),
    isNoRoom,
  };
}
