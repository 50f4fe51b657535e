/**
 * One NBD connection: requests go out, replies come in in any order.
 *
 * A request ends once: with its reply, with the server's error, or with `Lost`
 * when the connection breaks, which ends all of them. Nothing that a server
 * sends is taken for more than it says: a reply for nobody, of the wrong length
 * or outside its request breaks the connection.
 *
 * Deliberately absent: TLS, connecting again (device.ts), extents, caching.
 */
import { type Address, connect } from "./address.ts";
import { type Export, handshake } from "./handshake.ts";
import { Lost, lost, Octets } from "./octets.ts";
import {
  CHUNK,
  CHUNK_DONE,
  CHUNK_TYPE,
  COMMAND,
  ERRORS,
  requestHead,
  SHUTDOWN,
  SIMPLE_REPLY,
  TEXT_OCTETS_MAX,
} from "./wire.ts";

/** The server carried the request out badly, or not at all. */
export class ServerError extends Error {
  override readonly name = "ServerError";
}

interface Pending {
  readonly command: number;
  readonly offset: bigint;
  /** Where octets that are read go. */
  readonly into: Uint8Array<ArrayBuffer>;
  received: number;
  error: ServerError | undefined;
  done(error?: Error): void;
}

const NOTHING = new Uint8Array();
/** Up to here a copy is cheaper than a second call of the platform. */
const TOGETHER_OCTETS_MAX = 64 * 1024;

export class Connection {
  readonly #conn: Deno.Conn;
  readonly #octets: Octets;
  readonly #pending = new Map<bigint, Pending>();
  #cookie = 1n;
  #lost: Lost | undefined;
  /** Requests leave whole, one after another. */
  #sending: Promise<void> = Promise.resolve();

  private constructor(
    conn: Deno.Conn,
    octets: Octets,
    readonly about: Export,
  ) {
    this.#conn = conn;
    this.#octets = octets;
    void this.#receive();
  }

  /** Throws `Lost` or `ServerRefused`. */
  static async open(address: Address, ms: number): Promise<Connection> {
    const conn = await connected(address, ms);
    const timer = setTimeout(() => close(conn), ms);
    try {
      const octets = new Octets(conn);
      const about = await handshake(octets, address.exportName);
      return new Connection(conn, octets, about);
    } catch (error) {
      close(conn);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async read(offset: bigint, length: number): Promise<Uint8Array> {
    const into = new Uint8Array(length);
    await this.#pieces(length, (at, count) => {
      const part = into.subarray(at, at + count);
      return this.#request(COMMAND.read, 0, offset + BigInt(at), count, {
        into: part,
      });
    });
    return into;
  }

  async write(offset: bigint, data: Uint8Array, flags = 0): Promise<void> {
    await this.#pieces(
      data.length,
      (at, count) =>
        this.#request(COMMAND.write, flags, offset + BigInt(at), count, {
          data: data.subarray(at, at + count),
        }),
    );
  }

  async flush(): Promise<void> {
    await this.#request(COMMAND.flush, 0, 0n, 0, {});
  }

  /** A range of any size, in pieces that a request can name. */
  async trim(offset: bigint, length: bigint): Promise<void> {
    const most = 0x8000_0000n;
    for (let at = 0n; at < length; at += most) {
      const count = length - at < most ? length - at : most;
      await this.#request(COMMAND.trim, 0, offset + at, Number(count), {});
    }
  }

  /** Says goodbye, if that is still possible, and closes. */
  async disconnect(): Promise<void> {
    if (this.#lost === undefined) {
      await this.#send(
        requestHead({
          command: COMMAND.disconnect,
          flags: 0,
          cookie: 0n,
          offset: 0n,
          length: 0,
        }),
        NOTHING,
      ).catch(() => {});
    }
    this.drop("closed");
  }

  /** Ends the connection, and every request that is under way, as `Lost`. */
  drop(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = new Lost(reason);
    close(this.#conn);
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of all) pending.done(this.#lost);
  }

  /** Splits what is larger than the server takes at once; all are under way. */
  async #pieces(
    length: number,
    act: (at: number, count: number) => Promise<void>,
  ): Promise<void> {
    const most = this.about.payloadMax;
    const acts: Promise<void>[] = [];
    for (let at = 0; at < length; at += most) {
      acts.push(act(at, Math.min(most, length - at)));
    }
    // None is left behind: a piece may still be on its way when another failed.
    const ends = await Promise.allSettled(acts);
    const failed = ends.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }

  async #request(
    command: number,
    flags: number,
    offset: bigint,
    length: number,
    { into = NOTHING, data = NOTHING }: {
      into?: Uint8Array<ArrayBuffer>;
      data?: Uint8Array;
    },
  ): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost;
    const cookie = this.#cookie++;
    const ended = new Promise<void>((resolve, reject) => {
      this.#pending.set(cookie, {
        command,
        offset,
        into,
        received: 0,
        error: undefined,
        done: (error) => error === undefined ? resolve() : reject(error),
      });
    });
    const head = requestHead({ command, flags, cookie, offset, length });
    this.#send(head, data).catch((error) => this.drop(lost(error).message));
    await ended;
  }

  #send(head: Uint8Array<ArrayBuffer>, data: Uint8Array): Promise<void> {
    const sent = this.#sending.then(async () => {
      if (data.length > TOGETHER_OCTETS_MAX) {
        await this.#octets.put(head);
        return await this.#octets.put(data);
      }
      const whole = new Uint8Array(head.length + data.length);
      whole.set(head);
      whole.set(data, head.length);
      await this.#octets.put(whole);
    });
    this.#sending = sent.catch(() => {});
    return sent;
  }

  async #receive(): Promise<void> {
    try {
      for (;;) {
        const magic = (await this.#octets.take(4)).getUint32(0);
        if (magic === SIMPLE_REPLY) await this.#simple();
        else if (magic === CHUNK && this.about.structured) await this.#chunk();
        else throw new Lost("the server's reply is malformed");
      }
    } catch (error) {
      this.drop(lost(error).message);
    }
  }

  async #simple(): Promise<void> {
    const head = await this.#octets.take(12);
    const error = head.getUint32(0);
    const cookie = head.getBigUint64(4);
    const pending = this.#pendingOf(cookie);
    if (pending.received > 0) throw new Lost("two replies to one request");
    if (error !== 0) pending.error = serverError(error, "");
    else {
      // A server that has agreed to structured replies must use them to reads.
      if (this.about.structured && pending.command === COMMAND.read) {
        throw new Lost("a read was answered in the wrong form");
      }
      await this.#octets.fill(pending.into);
      pending.received = pending.into.length;
    }
    this.#end(cookie, pending);
  }

  async #chunk(): Promise<void> {
    const head = await this.#octets.take(16);
    const type = head.getUint16(2);
    const cookie = head.getBigUint64(4);
    const length = head.getUint32(12);
    const pending = this.#pendingOf(cookie);
    if ((type & CHUNK_TYPE.error) !== 0) {
      pending.error = await this.#errorChunk(length);
    } else if (type === CHUNK_TYPE.data || type === CHUNK_TYPE.hole) {
      await this.#readChunk(type, length, pending);
    } else if (type !== CHUNK_TYPE.none || length !== 0) {
      throw new Lost(`a chunk of type ${type} is unknown`);
    }
    const done = (head.getUint16(0) & CHUNK_DONE) !== 0;
    if (done) this.#end(cookie, pending);
    else if (type === CHUNK_TYPE.none) throw new Lost("an end that is none");
  }

  async #errorChunk(length: number): Promise<ServerError> {
    if (length < 6 || length > TEXT_OCTETS_MAX) {
      throw new Lost("an error of the wrong length");
    }
    const data = await this.#octets.take(length);
    const text = data.getUint16(4);
    if (6 + text > length) throw new Lost("an error of the wrong length");
    const words = new Uint8Array(data.buffer, 6, text);
    return serverError(data.getUint32(0), new TextDecoder().decode(words));
  }

  async #readChunk(
    type: number,
    length: number,
    pending: Pending,
  ): Promise<void> {
    const hole = type === CHUNK_TYPE.hole;
    const { command, into, offset } = pending;
    const sound = hole ? length === 12 : length > 8;
    if (!sound || command !== COMMAND.read) {
      throw new Lost("a chunk for nobody");
    }
    const place = await this.#octets.take(hole ? 12 : 8);
    const at = place.getBigUint64(0) - offset;
    const count = hole ? place.getUint32(8) : length - 8;
    if (at < 0n || count < 1 || at + BigInt(count) > BigInt(into.length)) {
      throw new Lost("a chunk outside its request");
    }
    const part = into.subarray(Number(at), Number(at) + count);
    if (hole) part.fill(0);
    else await this.#octets.fill(part);
    pending.received += count;
  }

  #pendingOf(cookie: bigint): Pending {
    const pending = this.#pending.get(cookie);
    if (pending === undefined) throw new Lost("a reply to nothing");
    return pending;
  }

  #end(cookie: bigint, pending: Pending): void {
    const { error, received, into } = pending;
    if (error === undefined && received !== into.length) {
      throw new Lost("a read was answered in part");
    }
    this.#pending.delete(cookie);
    pending.done(error);
  }
}

/** As `connect`, but not for longer than `ms`; what comes later is closed. */
async function connected(address: Address, ms: number): Promise<Deno.Conn> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  const connecting = connect(address);
  try {
    const conn = await Promise.race([connecting, late]);
    if (conn !== undefined) return conn;
  } catch (error) {
    throw lost(error);
  } finally {
    clearTimeout(timer);
  }
  connecting.then(close, () => {});
  throw new Lost(`no connection within ${ms} ms`);
}

/** A server that is going away is as good as gone. */
function serverError(number: number, text: string): ServerError {
  const name = ERRORS.get(number) ?? `error ${number}`;
  // deno-lint-ignore no-control-regex
  const words = text.replace(/[\u0000-\u001f\u007f]+/g, " ").slice(0, 200);
  const message = words === "" ? name : `${name}: ${words}`;
  if (number === SHUTDOWN) throw new Lost(message);
  return new ServerError(message);
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch { /* it was closed by the other side */ }
}
