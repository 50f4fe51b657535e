/**
 * A block device on an NBD server that may go away and come back.
 *
 * Writes since the last good flush are kept. When the connection breaks, or the
 * server fails a flush, they are written again, in order, before anything else:
 * so a flush that says ok covers all of them, whatever happened in between. Past
 * `KEPT_OCTETS_MAX` the driver flushes by itself. An operation tries to connect
 * again for `reconnectMs` and waits for an answer for `operationMs`; then it is
 * `failed`, and the next one tries anew.
 *
 * Deliberately absent: more than one operation at a time, several connections.
 */
import type {
  Condition,
  Done,
  Geometry,
  ReadResult,
  Refusal,
} from "../../../hal/block_contract.ts";
import type { AsyncBlock } from "../../../hal/hosted/block_guest.ts";
import type { Address } from "./address.ts";
import { Connection, ServerError } from "./connection.ts";
import { type Export, ServerRefused } from "./handshake.ts";
import { Kept } from "./kept.ts";
import { Lost } from "./octets.ts";
import { COMMAND_FUA } from "./wire.ts";

const PAUSE_MS_MIN = 10;
const PAUSE_MS_MAX = 200;

const OK: Done = { tag: "ok" };

export interface DeviceOptions {
  readonly address: Address;
  readonly geometry: Geometry;
  readonly operationMs: number;
  readonly reconnectMs: number;
}

export class NbdDevice implements AsyncBlock {
  readonly geometry: Geometry;
  readonly #options: DeviceOptions;
  readonly #kept = new Kept();
  #connection: Connection | undefined;
  /** The server's copies of kept writes may be lost. */
  #stale = false;
  #condition: Condition = { tag: "ok" };

  constructor(connection: Connection, options: DeviceOptions) {
    this.#connection = connection;
    this.geometry = options.geometry;
    this.#options = options;
  }

  async read(offset: bigint, length: number): Promise<ReadResult> {
    let val = new Uint8Array();
    const refusal = await this.#try("read", async (connection) => {
      val = new Uint8Array(await connection.read(offset, length));
    });
    return refusal === undefined
      ? { tag: "ok", val }
      : { tag: "err", val: refusal };
  }

  async write(offset: bigint, data: Uint8Array): Promise<Done> {
    if (!this.#kept.hasRoom(data.length)) {
      const full = await this.flush();
      if (full.tag === "err") return full;
    }
    const refusal = await this.#try("write", async (connection) => {
      const { flush, fua } = connection.about;
      const through = !flush && fua;
      await connection.write(offset, data, through ? COMMAND_FUA : 0);
    });
    if (refusal !== undefined) return { tag: "err", val: refusal };
    this.#kept.add(offset, data);
    return OK;
  }

  async flush(): Promise<Done> {
    if (this.geometry.readOnly) return OK;
    const refusal = await this.#try("flush", async (connection) => {
      if (this.#stale) await this.#writeAgain(connection);
      // Without flush every write went through with FUA.
      if (connection.about.flush) await connection.flush();
    });
    if (refusal !== undefined) {
      this.#stale = true;
      return { tag: "err", val: refusal };
    }
    this.#kept.clear();
    this.#condition = { tag: "ok" };
    return OK;
  }

  async discard(offset: bigint, length: bigint): Promise<Done> {
    const refusal = await this.#try("discard", async (connection) => {
      if (connection.about.trim) await connection.trim(offset, length);
    });
    return refusal === undefined ? OK : { tag: "err", val: refusal };
  }

  health(): Condition {
    return this.#condition;
  }

  async close(): Promise<void> {
    await this.#connection?.disconnect();
    this.#connection = undefined;
  }

  /** Acts over a connection; over another one if it breaks, until it is late. */
  async #try(
    what: string,
    act: (connection: Connection) => Promise<void>,
  ): Promise<Refusal | undefined> {
    let lostMs: number | undefined;
    let pauseMs = PAUSE_MS_MIN;
    for (;;) {
      try {
        const connection = await this.#connected();
        await this.#inTime(connection, act(connection));
        return undefined;
      } catch (error) {
        if (error instanceof ServerError) {
          return this.#failed(`${what}: ${error.message}`);
        }
        const reason = error instanceof Error ? error.message : String(error);
        this.#connection?.drop(reason);
        this.#connection = undefined;
        if (!(error instanceof Lost)) {
          return this.#failed(`${what}: ${reason}`);
        }
        this.#condition = { tag: "degraded", val: `no connection: ${reason}` };
        const nowMs = performance.now();
        lostMs ??= nowMs;
        if (nowMs - lostMs >= this.#options.reconnectMs) {
          return this.#failed(`gone: ${reason}`);
        }
      }
      await pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX);
    }
  }

  /** A connection over which every kept write has gone. */
  async #connected(): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection;
    const { address, operationMs } = this.#options;
    const connection = await Connection.open(address, operationMs);
    const fault = exportFault(connection.about, this.geometry);
    if (fault !== undefined) {
      connection.drop(fault);
      throw new ServerRefused(`another export is there now: ${fault}`);
    }
    this.#connection = connection;
    await this.#inTime(connection, this.#writeAgain(connection));
    this.#condition = { tag: "ok" };
    return connection;
  }

  async #writeAgain(connection: Connection): Promise<void> {
    const through = !connection.about.flush && connection.about.fua;
    for (const [offset, data] of this.#kept.inOrder()) {
      await connection.write(offset, data, through ? COMMAND_FUA : 0);
    }
    this.#stale = false;
  }

  /** Breaks the connection if the server does not answer. */
  async #inTime(connection: Connection, acting: Promise<void>): Promise<void> {
    const { operationMs } = this.#options;
    const late = `no answer within ${operationMs} ms`;
    const timer = setTimeout(() => connection.drop(late), operationMs);
    try {
      await acting;
    } finally {
      clearTimeout(timer);
    }
  }

  #failed(reason: string): Refusal {
    this.#condition = { tag: "degraded", val: reason };
    return { tag: "failed", val: reason };
  }
}

/** Why an export cannot be this device; undefined if it can. */
export function exportFault(
  about: Export,
  geometry: Geometry,
): string | undefined {
  const { capacity, blockSize, readOnly } = geometry;
  if (about.size < capacity) {
    return `it has ${about.size} octets, not ${capacity}`;
  }
  if (blockSize % about.blockMin !== 0) {
    return `its blocks of ${about.blockMin} do not fit into ${blockSize}`;
  }
  if (about.payloadMax < about.blockMin || about.payloadMax < blockSize) {
    return `it takes only ${about.payloadMax} octets at once`;
  }
  if (readOnly) return undefined;
  if (about.readOnly) return "it is for reading only";
  return about.flush || about.fua
    ? undefined
    : "it has neither flush nor FUA, so nothing would be durable";
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
