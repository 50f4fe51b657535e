/**
 * Where an import's octets come from: a file, a gzip file, or a pipe.
 *
 * A source is opened at an offset of its decompressed octets and holds one
 * chunk. A chunk is valid until the next one is asked for. Whatever goes wrong
 * is an `ImportRefusal` that names the file.
 *
 * Deliberately absent: xz, bzip2 and zstd, which the platform does not unpack;
 * they are recognised and refused with the command that unpacks them.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CHUNK_OCTETS, FINGERPRINT_OCTETS } from "./limits.ts";
import { ImportRefusal } from "./refusal.ts";

export interface OctetSource {
  /** Octets of the file as it is stored; undefined for a pipe. */
  readonly size: number | undefined;
  /** Octets of the file read so far, for showing progress. */
  readonly taken: number;
  /**
   * What tells this source from another one that was read up to `offset`;
   * undefined where it cannot be read twice. What lies behind the offset does
   * not count: a file may grow, and a line that stopped an import be mended.
   */
  fingerprint(offset: number): string | undefined;
  /** The decompressed octets from `offset` on. */
  open(offset: number): AsyncGenerator<Uint8Array>;
}

const PACKED: ReadonlyArray<{ magic: string; name: string; use: string }> = [
  { magic: "fd377a585a00", name: "xz", use: "xz -dc" },
  { magic: "425a68", name: "bzip2", use: "bzip2 -dc" },
  { magic: "28b52ffd", name: "zstd", use: "zstd -dc" },
];
const GZIP_MAGIC = "1f8b";

/** Looks at a file and gets ready to read it. */
export async function fileSource(path: string): Promise<OctetSource> {
  const { size, start } = await look(path);
  const hex = start.subarray(0, 8).toHex();
  for (const { magic, name, use } of PACKED) {
    if (hex.startsWith(magic)) {
      throw new ImportRefusal(
        `${path} is packed with ${name}; unpack it first: ${use} ${path}`,
      );
    }
  }
  return new FileSource(path, size, start, hex.startsWith(GZIP_MAGIC));
}

/** A stream that can be read once, such as standard input. */
export function pipeSource(
  stream: ReadableStream<Uint8Array>,
): OctetSource {
  return new PipeSource(stream);
}

async function look(
  path: string,
): Promise<{ size: number; start: Uint8Array }> {
  try {
    using file = await Deno.open(path, { read: true });
    const { size, isFile } = await file.stat();
    if (!isFile) throw new ImportRefusal(`${path} is not a regular file`);
    const start = new Uint8Array(Math.min(size, FINGERPRINT_OCTETS));
    let at = 0;
    while (at < start.length) {
      const count = await file.read(start.subarray(at));
      if (count === null) break;
      at += count;
    }
    return { size, start: start.subarray(0, at) };
  } catch (error) {
    throw refusalOf(path, error);
  }
}

class FileSource implements OctetSource {
  taken = 0;

  constructor(
    readonly path: string,
    readonly size: number,
    readonly start: Uint8Array,
    readonly packed: boolean,
  ) {}

  fingerprint(offset: number): string {
    // Offsets of a packed file are not places in it: the whole of it counts.
    return this.packed
      ? `${this.size}:${blake3(this.start).toHex()}`
      : blake3(this.start.subarray(0, offset)).toHex();
  }

  async *open(offset: number): AsyncGenerator<Uint8Array> {
    try {
      if (this.packed) {
        yield* skip(unpacked(this.#stored(0)), offset);
      } else yield* this.#stored(offset);
    } catch (error) {
      throw refusalOf(this.path, error);
    }
  }

  async *#stored(offset: number): AsyncGenerator<Uint8Array> {
    using file = await Deno.open(this.path, { read: true });
    await file.seek(offset, Deno.SeekMode.Start);
    this.taken = offset;
    while (true) {
      const chunk = new Uint8Array(CHUNK_OCTETS);
      const count = await file.read(chunk);
      if (count === null) return;
      this.taken += count;
      yield chunk.subarray(0, count);
    }
  }
}

class PipeSource implements OctetSource {
  readonly size = undefined;
  taken = 0;
  readonly #stream: ReadableStream<Uint8Array>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#stream = stream;
  }

  fingerprint(): undefined {}

  async *open(offset: number): AsyncGenerator<Uint8Array> {
    for await (const chunk of skip(this.#stream, offset)) {
      this.taken += chunk.length;
      yield chunk;
    }
  }
}

/**
 * The octets of a gzip stream. Not `DecompressionStream`, which refuses a file
 * of several members, as parallel packers and `cat` make them.
 */
async function* unpacked(
  stored: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const packed = Readable.from(stored);
  const gunzip = createGunzip({ chunkSize: CHUNK_OCTETS });
  packed.on("error", (error) => gunzip.destroy(error));
  try {
    for await (const chunk of packed.pipe(gunzip)) yield chunk;
  } finally {
    // The reader may stop early; the file is to be closed then, too.
    packed.destroy();
    gunzip.destroy();
  }
}

/** `stream` without its first `offset` octets; ends quietly if it is shorter. */
async function* skip(
  stream: AsyncIterable<Uint8Array>,
  offset: number,
): AsyncGenerator<Uint8Array> {
  let left = offset;
  for await (const chunk of stream) {
    if (left >= chunk.length) {
      left -= chunk.length;
      continue;
    }
    yield chunk.subarray(left);
    left = 0;
  }
}

/** A platform error as a refusal that names the file. */
export function refusalOf(path: string, error: unknown): ImportRefusal {
  if (error instanceof ImportRefusal) return error;
  if (error instanceof Deno.errors.NotFound) {
    return new ImportRefusal(`${path} does not exist`);
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new ImportRefusal(`${path} cannot be read: ${reason}`);
}
