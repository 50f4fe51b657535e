/** Reads whole pieces from a connection; a piece that does not come is `Lost`. */

/** The connection is of no use any more; what was asked may have happened. */
export class Lost extends Error {
  override readonly name = "Lost";
}

export class Octets {
  readonly #conn: Deno.Conn;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Fills `into` from the connection. */
  async fill(into: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let at = 0; at < into.length;) {
      const count = await this.#read(into.subarray(at));
      if (count === null) throw new Lost("the server closed the connection");
      at += count;
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

  async #read(into: Uint8Array<ArrayBuffer>): Promise<number | null> {
    try {
      return await this.#conn.read(into);
    } catch (error) {
      throw lost(error);
    }
  }
}

export function lost(error: unknown): Lost {
  if (error instanceof Lost) return error;
  return new Lost(error instanceof Error ? error.message : String(error));
}
