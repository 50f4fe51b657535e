/**
 * The snapshots of a system, as its cells reach them.
 *
 * The memory is made once for all harts. An end belongs to a slot: generations of
 * a cell follow one another on one thread, and share it. Who begins to write
 * takes a version that nobody reads; only the generation that serves the slot
 * may.
 *
 * Deliberately absent: waiting, and telling a reader that there is a new version.
 */
import type { Snapshots } from "../../wit/gen/kernel_snapshots.ts";
import {
  holderOf,
  makeSnapshot,
  SnapshotReader,
  snapshotWords,
  SnapshotWriter,
} from "../channel/snapshot.ts";
import { SharedWords } from "../channel/words.ts";
import { must, SNAPSHOT_PIECE_OCTETS_MAX } from "../limits.ts";
import type { System } from "../manifest/system_file.ts";

/** The memory of each snapshot, by its name. */
export type SnapshotMemories = ReadonlyMap<string, SharedArrayBuffer>;

/** Makes the memory of all snapshots; they have version 0. */
export function snapshotMemories({ snapshots }: System): SnapshotMemories {
  const memories = new Map<string, SharedArrayBuffer>();
  for (const [name, { mib, readers }] of snapshots ?? []) {
    const octets = mib * 2 ** 20;
    const words = snapshotWords(readers.length, octets);
    const memory = new SharedArrayBuffer(words * 4);
    makeSnapshot(new SharedWords(memory), readers.length, octets);
    memories.set(name, memory);
  }
  return memories;
}

interface WritingEnd {
  readonly words: SharedWords;
  readonly writer: SnapshotWriter;
  readonly octetsMax: number;
  /** First word of what was begun, and the generation that began it. */
  at: number;
  by: number;
}

interface ReadingEnd {
  readonly words: SharedWords;
  readonly reader: SnapshotReader;
  /** First word of what was looked at last. */
  at: number;
}

/** A generation of a cell, as far as this file needs to know it. */
export interface Holder {
  readonly cell: string;
  readonly generation: number;
  readonly isCurrent: () => boolean;
}

/** The ends of one hart's cells. */
export class SharedSnapshots {
  readonly #writing = new Map<string, WritingEnd>();
  readonly #reading = new Map<string, ReadingEnd>();

  constructor(
    readonly system: Pick<System, "snapshots">,
    readonly memories: SnapshotMemories,
  ) {}

  /** What the contract answers to one generation. */
  serviceFor(holder: Holder): Snapshots {
    return {
      look: (name) => ok(this.#look(holder.cell, name)),
      read: (name, number, offset, limit) =>
        ok(this.#read(holder.cell, name, { number, offset, limit })),
      write: (name, offset, octets) =>
        ok(this.#write(holder, name, offset, octets)),
      publish: (name, length) => ok(this.#publish(holder, name, length)),
    };
  }

  #look(cell: string, name: string) {
    const end = this.#readingEnd(cell, name);
    const at = end?.reader.read();
    if (end === undefined || at === undefined) return undefined;
    must(at !== "corrupt", `snapshot ${name} is whole`);
    end.at = at;
    const { version, length } = end.reader;
    return { number: BigInt(version), length };
  }

  #read(
    cell: string,
    name: string,
    { number, offset, limit }: {
      readonly number: bigint;
      readonly offset: number;
      readonly limit: number;
    },
  ): Uint8Array | undefined {
    const end = this.#readingEnd(cell, name);
    if (end === undefined || end.at < 0 || offset % 8 !== 0) return undefined;
    const { reader: { version, length }, words, at } = end;
    if (BigInt(version) !== number || offset > length) return undefined;
    const most = Math.min(limit, length - offset, SNAPSHOT_PIECE_OCTETS_MAX);
    // A view: it goes into the cell, or into a recording, before the next look.
    const start = at * 4 + offset;
    return words.u8.subarray(start, start + most);
  }

  #write(
    { cell, generation, isCurrent }: Holder,
    name: string,
    offset: number,
    octets: Uint8Array,
  ): boolean {
    const end = this.#writingEnd(cell, name);
    if (end === undefined || !isCurrent() || offset % 8 !== 0) return false;
    if (octets.length > SNAPSHOT_PIECE_OCTETS_MAX) return false;
    if (offset + octets.length > end.octetsMax) return false;
    if (offset === 0) {
      const at = end.writer.begin();
      must(at !== "corrupt", `snapshot ${name} is whole`);
      end.at = at;
      end.by = generation;
    }
    if (end.by !== generation) return false;
    end.words.write(end.at + offset / 4, octets);
    return true;
  }

  #publish(
    { cell, generation, isCurrent }: Holder,
    name: string,
    length: number,
  ): bigint | undefined {
    const end = this.#writingEnd(cell, name);
    if (end === undefined || !isCurrent()) return undefined;
    if (end.by !== generation || length > end.octetsMax) return undefined;
    must(end.writer.publish(length) === undefined, `snapshot ${name} is whole`);
    end.by = 0;
    return BigInt(end.writer.version);
  }

  /** Made when the cell first asks; succeeds one of a thread that has ended. */
  #writingEnd(cell: string, name: string): WritingEnd | undefined {
    const known = this.#writing.get(name);
    const spec = this.system.snapshots?.get(name);
    const memory = this.memories.get(name);
    if (spec?.writer !== cell || memory === undefined) return undefined;
    if (known !== undefined) return known;
    const words = new SharedWords(memory);
    const before = holderOf(words);
    const writer = SnapshotWriter.attach(words, before + 1, before);
    must(typeof writer !== "string", `snapshot ${name} has one writer`);
    const octetsMax = spec.mib * 2 ** 20;
    const end = { words, writer, octetsMax, at: -1, by: 0 };
    this.#writing.set(name, end);
    return end;
  }

  #readingEnd(cell: string, name: string): ReadingEnd | undefined {
    const key = `${name} ${cell}`;
    const known = this.#reading.get(key);
    if (known !== undefined) return known;
    const number = this.system.snapshots?.get(name)?.readers.indexOf(cell);
    const memory = this.memories.get(name);
    if (number === undefined || number < 0 || memory === undefined) {
      return undefined;
    }
    const words = new SharedWords(memory);
    const before = holderOf(words, number);
    const reader = SnapshotReader.attach(words, number, before + 1, before);
    must(typeof reader !== "string", `reader ${number} of ${name} is one`);
    const end = { words, reader, at: -1 };
    this.#reading.set(key, end);
    return end;
  }
}

function ok<T>(val: T): { readonly tag: "ok"; readonly val: T } {
  return { tag: "ok", val };
}
