/**
 * A recording as octets: a head, then chunks of whole frames.
 *
 *   head    "karyrec\n", version u32
 *   chunk   length u32, its complement u32, link (16 octets), frames
 *   frame   length u32, kind octet, life as LEB128, body
 *
 * A link is the beginning of SHA-256 over the link before and the frames, so a
 * recording is a chain: what was changed, left out or put in is found, and where.
 * Where the octets end within a chunk, the writer was killed: that is the end.
 *
 * Deliberately absent: secrecy, and protection against somebody who writes a
 * whole chain of his own.
 */
import { sha256 } from "../host/sha256.ts";
import { type Frame, type Kind, KINDS } from "./frame.ts";
import {
  CHUNK_OCTETS,
  CLOSING_OCTETS,
  FORMAT_VERSION,
  FRAME_OCTETS_MAX,
} from "./limits.ts";
import { Misread, OctetReader, OctetWriter, sameOctets } from "./octets.ts";
import { writeValue } from "./value.ts";

const MAGIC = new TextEncoder().encode("karyrec\n");
const HEAD_OCTETS = MAGIC.length + 4;
const LINK_OCTETS = 16;
const CHUNK_HEAD_OCTETS = 8 + LINK_OCTETS;
const CHUNK_OCTETS_MAX = FRAME_OCTETS_MAX + CHUNK_OCTETS;
/** Each has three octets at most. */
const CLOSING_CHARS_MAX = (CLOSING_OCTETS - 128) / 3;

/** Takes octets in order; what it throws ends the recording. */
export type Sink = (octets: Uint8Array) => void;

function head(): Uint8Array {
  const out = new OctetWriter(HEAD_OCTETS);
  out.raw(MAGIC);
  out.u32(FORMAT_VERSION);
  return out.written.slice();
}

function nextLink(link: Uint8Array, frames: Uint8Array): Uint8Array {
  return sha256(link, frames).subarray(0, LINK_OCTETS);
}

/** Writes frames; keeps at most a chunk of them. */
export class ChunkWriter {
  /** Octets of all frames until now, heads of chunks included. */
  octets = HEAD_OCTETS;
  readonly #out = new OctetWriter(CHUNK_OCTETS_MAX);
  readonly #sink: Sink;
  #link: Uint8Array;

  constructor(sink: Sink, readonly octetsMax: number) {
    const first = head();
    this.#sink = sink;
    this.#link = nextLink(first, new Uint8Array());
    sink(first);
  }

  /**
   * Adds a frame; false if the recording has no room for it. Whatever `body`
   * throws is thrown, and the frame is not there.
   */
  frame(
    kind: Kind,
    life: number,
    body: (out: OctetWriter) => void,
    octetsMax = this.octetsMax - CLOSING_OCTETS,
  ): boolean {
    const out = this.#out;
    const start = out.length;
    try {
      out.u32(0);
      out.byte(KINDS.indexOf(kind));
      out.count(life);
      body(out);
      out.patchU32(start, out.length - start - 4);
    } catch (error) {
      out.rewind(start);
      throw error;
    }
    if (this.octets + CHUNK_HEAD_OCTETS + out.length > octetsMax) {
      out.rewind(start);
      return false;
    }
    if (out.length >= CHUNK_OCTETS) this.flush();
    return true;
  }

  /** The last frame; there is always room for it. */
  close(reason: string): void {
    const text = reason.slice(0, CLOSING_CHARS_MAX);
    const body = (out: OctetWriter) => writeValue(out, { reason: text });
    this.frame("closed", 0, body, this.octetsMax);
    this.flush();
  }

  /** Writes what there is. */
  flush(): void {
    const frames = this.#out.written;
    if (frames.length === 0) return;
    this.#link = nextLink(this.#link, frames);
    const out = new OctetWriter(CHUNK_HEAD_OCTETS);
    out.u32(frames.length);
    out.u32(~frames.length >>> 0);
    out.raw(this.#link);
    this.#sink(out.written);
    this.#sink(frames);
    this.octets += CHUNK_HEAD_OCTETS + frames.length;
    this.#out.rewind(0);
  }
}

/** A recording that is not as it was written; the message names the place. */
export class RecordDamaged extends Error {
  override readonly name = "RecordDamaged";
}

/** Gives the next `octets` octets, or fewer where there are no more. */
export type Source = (octets: number) => Uint8Array;

/** Reads frames, chunk by chunk. Throws `RecordDamaged`. */
export class ChunkReader {
  /** Where the next chunk begins. */
  at = 0;
  /** Octets behind the last whole chunk, once the end was reached. */
  torn = 0;
  #frames = 0;
  #link: Uint8Array;
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
    const found = source(HEAD_OCTETS);
    const wanted = head();
    if (!sameOctets(found.subarray(0, MAGIC.length), MAGIC)) {
      throw new RecordDamaged("it is no recording: it does not begin like one");
    }
    if (!sameOctets(found, wanted)) {
      throw new RecordDamaged(
        found.length < HEAD_OCTETS
          ? `its head ends after ${found.length} octets`
          : `it has format ${
            new OctetReader(found.subarray(MAGIC.length)).u32()
          }` +
            `, this program reads ${FORMAT_VERSION}`,
      );
    }
    this.#link = nextLink(wanted, new Uint8Array());
    this.at = HEAD_OCTETS;
  }

  /** The frames of the next chunk; `undefined` at the end. */
  next(): readonly Frame[] | undefined {
    const start = this.#source(CHUNK_HEAD_OCTETS);
    if (start.length < CHUNK_HEAD_OCTETS) return this.#end(start.length);
    const reader = new OctetReader(start);
    const length = reader.u32();
    if ((~length >>> 0) !== reader.u32() || length > CHUNK_OCTETS_MAX) {
      throw this.#damaged("the head of a chunk is damaged");
    }
    const link = reader.raw(LINK_OCTETS);
    const octets = this.#source(length);
    if (octets.length < length) {
      return this.#end(CHUNK_HEAD_OCTETS + octets.length);
    }
    const wanted = nextLink(this.#link, octets);
    if (!sameOctets(link, wanted)) {
      throw this.#damaged("a chunk is not what was written");
    }
    this.#link = wanted;
    const frames = this.#taken(octets);
    this.at += CHUNK_HEAD_OCTETS + length;
    return frames;
  }

  #end(octets: number): undefined {
    this.torn = octets;
  }

  #taken(octets: Uint8Array): Frame[] {
    const reader = new OctetReader(octets);
    const frames: Frame[] = [];
    try {
      while (reader.left > 0) {
        const inner = new OctetReader(reader.raw(reader.u32()));
        const kind = KINDS[inner.byte()];
        if (kind === undefined) throw new Misread("an unknown kind of frame");
        const life = inner.count();
        const body = inner.raw(inner.left);
        frames.push({ number: ++this.#frames, kind, life, body });
      }
    } catch (error) {
      if (error instanceof Misread) throw this.#damaged(error.message);
      throw error;
    }
    return frames;
  }

  #damaged(what: string): RecordDamaged {
    return new RecordDamaged(
      `${what}: at octet ${this.at}, behind frame ${this.#frames}`,
    );
  }
}
