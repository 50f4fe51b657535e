/**
 * A block device in one file that grows, on any platform that has such files.
 *
 * The file grows as it is written and may stay sparse; what lies past its end
 * reads as zeros. `flush` says ok only after the platform did. After a flush that
 * failed the device is failed for good, because the platform may have dropped
 * what it could not write.
 *
 * Deliberately absent: opening and locking, which are the driver's; punching
 * holes (a discard gives room back only at the end of the file), and retries.
 */
import type {
  Block,
  Condition,
  Done,
  Geometry,
  ReadResult,
  Refusal,
} from "./block_contract.ts";
import { rangeRefusal, transferRefusal } from "./block_range.ts";

const OK: Done = { tag: "ok" };
const FULL: Refusal = { tag: "full" };
const READ_ONLY: Refusal = { tag: "read-only" };

/** An open file of a platform. What fails throws. */
export interface GrowingFile {
  /** Octets read from `offset` on; 0 only at the end of the file. */
  read(offset: number, into: Uint8Array): number;
  /** Octets written at `offset`; the rest is asked for again. */
  write(offset: number, from: Uint8Array): number;
  truncate(length: number): void;
  /** Returns when what was written is durable. */
  flush(): void;
  close(): void;
  /** Whether an error that was thrown says that there is no room. */
  isNoRoom(error: unknown): boolean;
}

export class BlockInFile implements Block {
  readonly #file: GrowingFile;
  readonly #geometry: Geometry;
  /** Octets of the file; beyond are zeros. */
  #size: number;
  #condition: Condition;
  #closed = false;

  /** Takes over an open file of `size` octets that nobody else writes. */
  constructor(
    file: GrowingFile,
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
      for (let at = 0; at < end;) {
        const count = this.#file.read(start + at, octets.subarray(at, end));
        // The file was cut under us: what is gone must not pass for zeros.
        if (count === 0) return this.#fail("the file became shorter");
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
      while (at < data.length) {
        const count = this.#file.write(start + at, data.subarray(at));
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
      this.#file.flush();
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
      this.#file.truncate(start);
    } catch (error) {
      return this.#degrade(`discard: ${reasonOf(error)}`);
    }
    this.#size = start;
    return OK;
  }

  health(): Condition {
    return this.#condition;
  }

  /** Gives the file back; every later operation is refused. */
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
    if (!this.#file.isNoRoom(error)) {
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
      this.#file.truncate(this.#size);
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

/** The platform's own words. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
