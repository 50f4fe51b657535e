/**
 * A store as one file: reading and writing `wit/cells/graph/archive.md`.
 *
 * A frame is an append of the record, whole; a chain of hashes fixes each in its
 * place, so what is cut, changed or moved is refused before it is given out, with
 * the octet where the frame begins. Memory: one frame, 32 MiB at most.
 *
 * Deliberately absent: signatures and the record's own rules (node/local).
 */
import {
  concatOctets,
  decodeWith,
  digestOf,
  equalOctets,
  IDENTITY_OCTETS,
  isIdentity,
  type Reader,
  utf8,
  Writer,
} from "../../kernel/crypto/mod.ts";
import { Result } from "effect";
import { must } from "../../kernel/limits.ts";
import { Refusal } from "../api.ts";

const MAGIC = "KARC";
const VERSION = 1;
/** With contents that are kept apart from the log. */
const VERSION_APART = 2;
const KIND_APPEND = 1;
const KIND_END = 2;
const KIND_CONTENT = 3;
const KIND_OCTETS = 4;
const CHAIN_OCTETS = 32;
const HEADER_OCTETS = 4 + 1 + IDENTITY_OCTETS;
const APPEND_HEAD_OCTETS = 1 + 2 + 4;
const END_HEAD_OCTETS = 1 + 8 + IDENTITY_OCTETS;
const CONTENT_HEAD_OCTETS = 1 + IDENTITY_OCTETS + 1 + 8 + 8;
const OCTETS_HEAD_OCTETS = 1 + 4;
/** Octets of a content in one frame; only its last has fewer. */
export const PIECE_OCTETS = 1 << 20;
export const CONTENT_OCTETS_MAX = 2 ** 30;
export const SIGNALS_MAX = 64;
export const PAYLOAD_OCTETS_MAX = 1 << 25;

/** An append: its signals, then its contents, each behind its length. */
export interface Append {
  readonly signals: number;
  readonly payload: Uint8Array;
}

/** What the whole came to. */
export interface End {
  readonly height: bigint;
  readonly root: Uint8Array;
}

/** A content that is kept apart, or was. Its octets follow where it is here. */
export interface ContentHead {
  readonly id: Uint8Array;
  readonly presence: "here" | "expired" | "dropped";
  /** 0 where it is not here. */
  readonly size: number;
  /** Height from which on it is expired; 0 for never. */
  readonly until: bigint;
}

const PRESENCES = ["here", "expired", "dropped"] as const;

export type Frame =
  | ({ readonly kind: "append"; readonly at: number } & Append)
  | ({ readonly kind: "content"; readonly at: number } & ContentHead)
  | {
    readonly kind: "octets";
    readonly at: number;
    readonly octets: Uint8Array;
  }
  | ({ readonly kind: "end"; readonly at: number } & End);

/** Gives the octets of an archive, piece by piece, in order. */
export class ArchiveWriter {
  #chain: Uint8Array;

  constructor(
    network: Uint8Array,
    readonly write: (octets: Uint8Array) => void,
    hasContents = false,
  ) {
    const header = new Writer().octets(utf8(MAGIC)).u8(
      hasContents ? VERSION_APART : VERSION,
    )
      .octets(network).done();
    must(header.length === HEADER_OCTETS, "a header names a network");
    this.#chain = digestOf(header);
    write(header);
  }

  append({ signals, payload }: Append): void {
    must(payload.length <= PAYLOAD_OCTETS_MAX, "an append fits a frame");
    this.#frame(
      new Writer().u8(KIND_APPEND).u16(signals).u32(payload.length).done(),
      payload,
    );
  }

  content({ id, presence, size, until }: ContentHead): void {
    const head = new Writer().u8(KIND_CONTENT).octets(id)
      .u8(PRESENCES.indexOf(presence)).u64(BigInt(size)).u64(until).done();
    this.#frame(head, new Uint8Array());
  }

  octets(octets: Uint8Array): void {
    must(octets.length <= PIECE_OCTETS, "a piece fits a frame");
    const head = new Writer().u8(KIND_OCTETS).u32(octets.length).done();
    this.#frame(head, octets);
  }

  end({ height, root }: End): void {
    const head = new Writer().u8(KIND_END).u64(height).octets(root).done();
    this.#frame(head, new Uint8Array());
  }

  #frame(head: Uint8Array, payload: Uint8Array): void {
    this.#chain = digestOf(concatOctets([this.#chain, head, payload]));
    this.write(head);
    this.write(payload);
    this.write(this.#chain);
  }
}

/** The octets of a source that comes in pieces of any length. */
class Octets {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #left: Uint8Array = new Uint8Array();
  at = 0;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** So many octets, or all that are left if they are fewer. */
  async take(length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let taken = 0;
    while (taken < length) {
      if (this.#left.length === 0) {
        const { done, value } = await this.#pieces.next();
        if (done === true) break;
        this.#left = value;
        continue;
      }
      const part = this.#left.subarray(0, length - taken);
      this.#left = this.#left.subarray(part.length);
      parts.push(part);
      taken += part.length;
    }
    this.at += taken;
    return concatOctets(parts);
  }
}

/** Reads an archive frame by frame; every method rejects with a `Refusal`. */
export class ArchiveReader {
  readonly #octets: Octets;
  #chain: Uint8Array = new Uint8Array();
  #version = VERSION;
  /** Octets of the content under way that are to come; none before the first. */
  #left: number | undefined;

  constructor(pieces: AsyncIterable<Uint8Array>, readonly name: string) {
    this.#octets = new Octets(pieces);
  }

  /** Octets read so far. */
  get octets(): number {
    return this.#octets.at;
  }

  /** The network that the header names. To be asked first, once. */
  async network(): Promise<Uint8Array> {
    const header = await this.#whole(HEADER_OCTETS, 0, "header");
    this.#chain = digestOf(header);
    return this.#decoded(header, 0, (reader) => {
      reader.magic(MAGIC);
      const version = reader.u8("version");
      if (version !== VERSION && version !== VERSION_APART) {
        reader.fail(`version ${version}, 1 and 2 are known`, 4);
      }
      this.#version = version;
      return identity(reader, "network");
    });
  }

  /** The next frame; nothing is given out behind the end. */
  async next(): Promise<Frame> {
    const at = this.#octets.at;
    const [kind = 0] = await this.#whole(1, at, "kind of a frame");
    const wantsOctets = (this.#left ?? 0) > 0;
    if (kind === KIND_OCTETS && wantsOctets) return await this.#piece(at);
    if (wantsOctets) {
      this.refuse(at, `${this.#left} octets of a content are due`);
    }
    if (kind === KIND_APPEND) return await this.#append(at);
    if (kind === KIND_CONTENT && this.#version === VERSION_APART) {
      return await this.#content(at);
    }
    const isWhole = this.#version === VERSION || this.#left !== undefined;
    if (kind === KIND_END && isWhole) return await this.#end(at);
    return this.refuse(at, `a frame of kind ${kind} has no place here`);
  }

  /** Breaks off: what is wrong at this octet. */
  refuse(at: number, what: string): never {
    throw new Refusal({
      kind: "invalid",
      message: `${this.name} at octet ${at}: ${what}`,
      fix: "export the store again, or take another copy of the file; what " +
        "was restored before it are whole signals, and stays",
    });
  }

  async #content(at: number): Promise<Frame> {
    const rest = await this.#whole(CONTENT_HEAD_OCTETS - 1, at, "content");
    await this.#link(at, [Uint8Array.of(KIND_CONTENT), rest]);
    const head = this.#decoded(rest, at + 1, (reader): ContentHead => {
      const id = identity(reader, "particle");
      const presence = PRESENCES[reader.u8("presence")] ??
        reader.fail("a presence that is unknown", IDENTITY_OCTETS);
      const size = Number(reader.u64("size"));
      const isGone = presence !== "here";
      if (size > CONTENT_OCTETS_MAX || (isGone && size > 0)) {
        reader.fail(`${size} octets of a content that is ${presence}`, 34);
      }
      const until = reader.u64("until");
      if (isGone && until > 0n) {
        reader.fail("until, of a content that is gone", 42);
      }
      return { id, presence, size, until };
    });
    this.#left = head.size;
    return { kind: "content", at, ...head };
  }

  async #piece(at: number): Promise<Frame> {
    const due = Math.min(PIECE_OCTETS, this.#left ?? 0);
    const head = await this.#whole(OCTETS_HEAD_OCTETS - 1, at, "frame");
    const length = this.#decoded(
      head,
      at + 1,
      (reader) => reader.u32("length"),
    );
    if (length !== due) this.refuse(at + 1, `${length} octets, ${due} are due`);
    const octets = await this.#whole(length, at, "frame");
    await this.#link(at, [Uint8Array.of(KIND_OCTETS), head, octets]);
    this.#left = (this.#left ?? 0) - length;
    return { kind: "octets", at, octets };
  }

  async #append(at: number): Promise<Frame> {
    if (this.#left !== undefined) {
      this.refuse(at, "signals behind contents that are kept apart");
    }
    const rest = await this.#whole(APPEND_HEAD_OCTETS - 1, at, "frame");
    const { signals, length } = this.#decoded(rest, at + 1, (reader) => {
      const signals = reader.u16("number of signals");
      if (signals < 1 || signals > SIGNALS_MAX) {
        reader.fail(`${signals} signals, 1 to ${SIGNALS_MAX} are allowed`, 0);
      }
      const length = reader.u32("length");
      if (length > PAYLOAD_OCTETS_MAX) {
        reader.fail(`${length} octets, at most ${PAYLOAD_OCTETS_MAX}`, 2);
      }
      return { signals, length };
    });
    const payload = await this.#whole(length, at, "frame");
    await this.#link(at, [Uint8Array.of(KIND_APPEND), rest, payload]);
    return { kind: "append", at, signals, payload };
  }

  async #end(at: number): Promise<Frame> {
    const rest = await this.#whole(END_HEAD_OCTETS - 1, at, "end");
    await this.#link(at, [Uint8Array.of(KIND_END), rest]);
    const end = this.#decoded(rest, at + 1, (reader) => ({
      height: reader.u64("height"),
      root: identity(reader, "state root"),
    }));
    const behind = this.#octets.at;
    const more = await this.#octets.take(1);
    if (more.length > 0) this.refuse(behind, "octets behind the end");
    return { kind: "end", at, ...end };
  }

  async #link(at: number, parts: readonly Uint8Array[]): Promise<void> {
    const found = await this.#whole(CHAIN_OCTETS, at, "frame");
    this.#chain = digestOf(concatOctets([this.#chain, ...parts]));
    if (equalOctets(found, this.#chain)) return;
    this.refuse(at, "the frame is not the one that was written here");
  }

  async #whole(length: number, at: number, what: string): Promise<Uint8Array> {
    const octets = await this.#octets.take(length);
    if (octets.length === length) return octets;
    return this.refuse(
      this.#octets.at,
      `the file ends inside the ${what} that begins at octet ${at}`,
    );
  }

  #decoded<A>(
    octets: Uint8Array,
    at: number,
    read: (reader: Reader) => A,
  ): A {
    const decoded = decodeWith("archive", octets, read);
    if (Result.isSuccess(decoded)) return decoded.success;
    const { offset, rule } = decoded.failure;
    return this.refuse(at + offset, rule);
  }
}

function identity(reader: Reader, field: string): Uint8Array {
  const start = reader.offset;
  const octets = reader.octets(IDENTITY_OCTETS, field);
  if (!isIdentity(octets)) reader.fail(`${field} is no identity`, start);
  return octets;
}
