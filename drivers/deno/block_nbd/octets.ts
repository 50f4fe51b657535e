/** Reads whole pieces from a connection; a piece that does not come is `Lost`. */

/** The connection is of no use any more; what was asked may have happened. */
export class Lost extends Error {
  override readonly name = "Lost";
}

/** Replies are short: several of their parts come with one read. */
const BUFFER_OCTETS = 16 * 1024;

export class Octets {
  readonly #conn: Deno.Conn;
  readonly #buffer = new Uint8Array(BUFFER_OCTETS);
  /** Octets of the buffer that came and were not given yet. */
  #from = 0;
  #to = 0;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Fills `into` from the connection. */
  async fill(into: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let at = 0; at < into.length;) {
      if (this.#from === this.#to) {
        // What is larger than the buffer goes where it is wanted at once.
        const left = into.subarray(at);
        if (left.length >= BUFFER_OCTETS) {
          at += await this.#some(left);
          continue;
        }
        this.#from = 0;
        this.#to = await this.#some(this.#buffer);
      }
      const end = Math.min(this.#to, this.#from + into.length - at);
      into.set(this.#buffer.subarray(this.#from, end), at);
      at += end - this.#from;
      this.#from = end;
    }
  }

  async take(octets: number): Promise<DataView> {
    const buffer = new Uint8Array(octets);
    await this.fill(buffer);
    return new DataView(buffer.buffer);
  }

  async put(octets: Uint8Array): Promise<void> {
    for (let at = 0; at < octets.length;) {
      try {
        at += await this.#conn.write(octets.subarray(at));
      } catch (error) {
        throw lost(error);
      }
    }
  }

  /** One octet at least. */
  async #some(into: Uint8Array<ArrayBuffer>): Promise<number> {
    let count: number | null;
    try {
      count = await this.#conn.read(into);
    } catch (error) {
      throw lost(error);
    }
    if (count === null) throw new Lost("the server closed the connection");
    return count;
  }
}

export function lost(error: unknown): Lost {
  if (error instanceof Lost) return error;
  return new Lost(error instanceof Error ? error.message : String(error));
}
