/** What `bench:graph` reads and keeps in files: lines of links, and envelopes. */
import type { PlainLink } from "./bench_graph_sqlite.ts";

const PIECE_OCTETS = 1 << 20;

/** Envelopes one after the other, each behind its length; read as often as wanted. */
export class Envelopes {
  /** Time that keeping took, which is no part of a measurement. */
  keptMs = 0;
  readonly #file: Deno.FsFile;
  #ended = false;

  constructor(readonly path: string) {
    this.#file = Deno.openSync(path, { write: true, create: true });
  }

  /** Keeps one, as `encodings.md` lays it out, until the end was told. */
  keep(signal: Uint8Array, contents: Uint8Array): void {
    if (this.#ended) return;
    const beganMs = performance.now();
    const whole = 4 + signal.length + contents.length;
    for (
      const octets of [number(whole), number(signal.length), signal, contents]
    ) {
      for (let at = 0; at < octets.length;) {
        at += this.#file.writeSync(octets.subarray(at));
      }
    }
    this.keptMs += performance.now() - beganMs;
  }

  end(): void {
    this.#ended = true;
    this.#file.close();
  }

  *[Symbol.iterator](): Generator<Uint8Array> {
    using file = Deno.openSync(this.path, { read: true });
    const head = new Uint8Array(4);
    while (file.readSync(head) === 4) {
      const length = new DataView(head.buffer).getUint32(0, true);
      const octets = new Uint8Array(length);
      for (let at = 0; at < length;) {
        const read = file.readSync(octets.subarray(at));
        if (read === null) throw new Error("the envelopes are cut");
        at += read;
      }
      yield octets;
    }
  }
}

function number(value: number): Uint8Array {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, value, true);
  return octets;
}

/** The links of a file in batches; a batch is all that is in memory. */
export function* linesOf(path: string, batch: number): Generator<PlainLink[]> {
  using file = Deno.openSync(path, { read: true });
  const piece = new Uint8Array(PIECE_OCTETS);
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = "";
  let links: PlainLink[] = [];
  for (let read = file.readSync(piece); read !== null;) {
    const lines = (rest + decoder.decode(piece.subarray(0, read))).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [from, to, amount] = line.split("\t");
      if (from === undefined || to === undefined) continue;
      links.push({
        from: encoder.encode(from),
        to: encoder.encode(to),
        amount: Number(amount ?? 1),
      });
      if (links.length === batch) {
        yield links;
        links = [];
      }
    }
    read = file.readSync(piece);
  }
  if (links.length > 0) yield links;
}
