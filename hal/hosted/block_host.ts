/**
 * A block device whose driver runs on another thread, as a synchronous one.
 *
 * The caller's thread blocks until the driver answers, at most `answerMs`; then
 * the operation is `failed`, and what the driver still does is dropped. Nothing
 * is asked of a driver that has not ended what it was asked before.
 *
 * Deliberately absent: starting and stopping the thread. Who starts it decides
 * what it may do.
 */
import type {
  Block,
  Condition,
  Done,
  Geometry,
  ReadResult,
  Refusal,
} from "../block_contract.ts";
import { rangeRefusal, transferRefusal } from "../block_range.ts";
import { type Asked, type Mailbox, STATE } from "./mailbox.ts";

const OK: Done = { tag: "ok" };
const READ_ONLY: Refusal = { tag: "read-only" };

/** The other thread did not open the device; the message says why. */
export class NotOpened extends Error {
  override readonly name = "NotOpened";
}

export interface HostedBlockOptions {
  /** How long an operation may take; more than the driver's own bounds. */
  readonly answerMs: number;
  /** How long opening may take. */
  readonly openMs: number;
  /** Milliseconds of the platform's clock, to keep those bounds. */
  readonly nowMs: () => number;
  /** Ends the thread; called once, after the driver was told to close. */
  readonly end: () => void;
}

export class HostedBlock implements Block {
  readonly #mailbox: Mailbox;
  readonly #geometry: Geometry;
  readonly #options: HostedBlockOptions;
  #closed = false;

  /** Blocks until the driver is ready. Throws `NotOpened`, with the thread ended. */
  constructor(mailbox: Mailbox, options: HostedBlockOptions) {
    this.#mailbox = mailbox;
    this.#options = options;
    const opened = mailbox.opened(options.openMs);
    if (opened === undefined || typeof opened === "string") {
      options.end();
      const late = `the driver was not ready after ${options.openMs} ms`;
      throw new NotOpened(opened ?? late);
    }
    this.#geometry = Object.freeze(opened);
  }

  describe(): Geometry {
    return this.#geometry;
  }

  read(offset: bigint, length: number): ReadResult {
    const refusal = transferRefusal(this.#geometry, offset, length) ??
      this.#ask({ operation: "read", offset, length: BigInt(length) });
    if (refusal !== undefined) return { tag: "err", val: refusal };
    const val = new Uint8Array(length);
    val.set(this.#mailbox.data.subarray(0, length));
    this.#mailbox.turn(STATE.answered, STATE.idle);
    return { tag: "ok", val };
  }

  write(offset: bigint, data: Uint8Array): Done {
    const length = BigInt(data.length);
    return this.#done(
      transferRefusal(this.#geometry, offset, data.length) ??
        this.#writeRefusal() ??
        this.#ask({ operation: "write", offset, length }, data),
    );
  }

  flush(): Done {
    return this.#done(
      this.#ask({ operation: "flush", offset: 0n, length: 0n }),
    );
  }

  discard(offset: bigint, length: bigint): Done {
    return this.#done(
      rangeRefusal(this.#geometry, offset, length) ?? this.#writeRefusal() ??
        this.#ask({ operation: "discard", offset, length }),
    );
  }

  health(): Condition {
    return this.#closed
      ? { tag: "failed", val: "closed" }
      : this.#mailbox.condition;
  }

  /** Lets the driver end in order, then ends its thread. */
  close(): void {
    if (this.#closed) return;
    this.#done(this.#ask({ operation: "close", offset: 0n, length: 0n }));
    this.abort();
  }

  /** Ends the thread as it stands. */
  abort(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.end();
  }

  #writeRefusal(): Refusal | undefined {
    return this.#geometry.readOnly ? READ_ONLY : undefined;
  }

  #done(refusal: Refusal | undefined): Done {
    if (refusal !== undefined) return { tag: "err", val: refusal };
    this.#mailbox.turn(STATE.answered, STATE.idle);
    return OK;
  }

  /** Why it was refused; else the mailbox stays `answered` and is the caller's. */
  #ask(asked: Asked, data?: Uint8Array): Refusal | undefined {
    if (this.#closed) return failed("closed");
    const mailbox = this.#mailbox;
    const { answerMs, nowMs } = this.#options;
    if (mailbox.state === STATE.abandoned) {
      mailbox.waitWhile(STATE.abandoned, answerMs, nowMs);
    }
    if (mailbox.state !== STATE.idle) {
      return failed("gone: the driver has not ended its last operation");
    }
    if (data !== undefined) mailbox.data.set(data);
    mailbox.ask(asked);
    mailbox.turn(STATE.idle, STATE.asked);
    mailbox.waitWhile(STATE.asked, answerMs, nowMs);
    if (mailbox.turn(STATE.asked, STATE.abandoned)) {
      return failed(`gone: no answer within ${answerMs} ms`);
    }
    const refusal = mailbox.answered();
    if (refusal !== undefined) mailbox.turn(STATE.answered, STATE.idle);
    return refusal;
  }
}

function failed(val: string): Refusal {
  return { tag: "failed", val };
}
