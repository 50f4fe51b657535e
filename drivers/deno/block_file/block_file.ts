/**
 * A block device in one file of the platform, through Deno.
 *
 * The file grows as it is written and stays sparse; what lies past its end
 * reads as zeros. One opener may write, and it excludes all others, in this
 * process and in any other on the machine. `flush` is fdatasync: it says ok
 * only after the platform did. After a flush that failed the device is failed
 * for good, because the platform may have dropped what it could not write.
 *
 * Deliberately absent: O_DIRECT, punching holes (a discard gives room back only
 * at the end of the file), and retries.
 */
import type {
  Block,
  Condition,
  Done,
  Geometry,
  ReadResult,
  Refusal,
} from "../../../hal/block_contract.ts";
import { rangeRefusal, transferRefusal } from "../../../hal/block_range.ts";
import { isNoRoom, reasonOf } from "./platform_error.ts";

const OK: Done = { tag: "ok" };
const FULL: Refusal = { tag: "full" };
const READ_ONLY: Refusal = { tag: "read-only" };

/** What the driver calls of `Deno.FsFile`. */
export interface PlatformFile {
  seekSync(offset: number | bigint, whence: Deno.SeekMode): number;
  readSync(into: Uint8Array): number | null;
  writeSync(from: Uint8Array): number;
  truncateSync(length?: number): void;
  syncDataSync(): void;
  close(): void;
}

export class BlockFile implements Block {
  readonly #file: PlatformFile;
  readonly #geometry: Geometry;
  /** Octets of the file; beyond are zeros. */
  #size: number;
  #condition: Condition;
  #closed = false;

  /** Takes over an open, locked file of `size` octets. */
  constructor(
    file: PlatformFile,
    geometry: Geometry,
    size: number,
    condition: Condition = { tag: "ok" },
  ) {
    this.#file = file;
    this.#geometry = Object.freeze({ ...geometry });
    this.#size = size;
    this.#condition = condition;
  }

  describe(): Geometry {
    return this.#geometry;
  }

  read(offset: bigint, length: number): ReadResult {
    const refusal = transferRefusal(this.#geometry, offset, length) ??
      this.#failure();
    if (refusal !== undefined) return { tag: "err", val: refusal };
    const octets = new Uint8Array(length);
    const start = Number(offset);
    const end = Math.min(length, Math.max(0, this.#size - start));
    try {
      this.#file.seekSync(start, Deno.SeekMode.Start);
      for (let at = 0; at < end;) {
        const count = this.#file.readSync(octets.subarray(at, end));
        // The file was cut under us: what is gone must not pass for zeros.
        if (count === null) return this.#fail("the file became shorter");
        at += count;
      }
    } catch (error) {
      return this.#degrade(`read: ${reasonOf(error)}`);
    }
    return { tag: "ok", val: octets };
  }

  write(offset: bigint, data: Uint8Array): Done {
    const refusal = transferRefusal(this.#geometry, offset, data.length) ??
      this.#writeRefusal();
    if (refusal !== undefined) return { tag: "err", val: refusal };
    const start = Number(offset);
    let at = 0;
    try {
      this.#file.seekSync(start, Deno.SeekMode.Start);
      while (at < data.length) {
        const count = this.#file.writeSync(data.subarray(at));
        if (count === 0) return this.#degrade("write: the file took nothing");
        at += count;
      }
    } catch (error) {
      return this.#writeFailed(start, at, error);
    }
    this.#size = Math.max(this.#size, start + data.length);
    return OK;
  }

  flush(): Done {
    const refusal = this.#failure();
    if (refusal !== undefined) return { tag: "err", val: refusal };
    if (this.#geometry.readOnly) return OK;
    try {
      this.#file.syncDataSync();
    } catch (error) {
      return this.#fail(`flush: ${reasonOf(error)}`);
    }
    return OK;
  }

  discard(offset: bigint, length: bigint): Done {
    const refusal = rangeRefusal(this.#geometry, offset, length) ??
      this.#writeRefusal();
    if (refusal !== undefined) return { tag: "err", val: refusal };
    const start = Number(offset);
    const atEnd = start < this.#size && start + Number(length) >= this.#size;
    if (!atEnd) return OK;
    try {
      this.#file.truncateSync(start);
    } catch (error) {
      return this.#degrade(`discard: ${reasonOf(error)}`);
    }
    this.#size = start;
    return OK;
  }

  health(): Condition {
    return this.#condition;
  }

  /** Gives the file and its lock back; every later operation is refused. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#condition = { tag: "failed", val: "closed" };
    this.#file.close();
  }

  #failure(): Refusal | undefined {
    return this.#condition.tag === "failed" ? this.#condition : undefined;
  }

  #writeRefusal(): Refusal | undefined {
    return this.#geometry.readOnly ? READ_ONLY : this.#failure();
  }

  /** After `done` octets of a write at `start` went out and no more would. */
  #writeFailed(start: number, done: number, error: unknown): Done {
    if (!isNoRoom(error)) {
      this.#size = Math.max(this.#size, start + done);
      return this.#degrade(`write: ${reasonOf(error)}`);
    }
    // `full` promises that nothing happened. Growth can be taken back; octets
    // that came into the file's old part cannot.
    if (done === 0) return { tag: "err", val: FULL };
    if (start < this.#size) {
      return this.#degrade(`write: no room left after ${done} octets`);
    }
    try {
      this.#file.truncateSync(this.#size);
    } catch (again) {
      return this.#degrade(`write: no room left; ${reasonOf(again)}`);
    }
    return { tag: "err", val: FULL };
  }

  /** The device still answers, but this operation failed. */
  #degrade(reason: string): { tag: "err"; val: Refusal } {
    if (this.#condition.tag === "ok") {
      this.#condition = { tag: "degraded", val: reason };
    }
    return { tag: "err", val: { tag: "failed", val: reason } };
  }

  /** The device never answers again. */
  #fail(reason: string): { tag: "err"; val: Refusal } {
    this.#condition = { tag: "failed", val: reason };
    return { tag: "err", val: { tag: "failed", val: reason } };
  }
}
