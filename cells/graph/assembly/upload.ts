/**
 * One content on its way to the device: cut, hashed and written as it comes.
 *
 * Its chunks are counted as used from the moment at which they are written or
 * found, so nobody takes their space; whoever gives the upload up leaves them.
 */
import { hash } from "../../sdk/assembly/blake3";
import { copy32 } from "../../sdk/assembly/bytes";
import { Buffer } from "../../sdk/assembly/buffer";
import { cut } from "./cdc";
import {
  addChunk,
  chunks as chunkRows,
  CHUNK_LENGTH,
  CHUNK_PLACE,
  findChunk,
  isChunkBad,
  setChunkBad,
  shareChunk,
} from "./chunk_table";
import {
  MAP_HEAD_OCTETS,
  MAP_ROW_OCTETS,
  mapOctets,
  ROW_LENGTH,
  ROW_PLACE,
  writeHead,
} from "./content_map";
import { holdsChunk, leave, put, room } from "./content_space";
import { flushesFailed, wholeBlocks } from "./device";
import { CHUNK_OCTETS_MAX, GROUP_OCTETS } from "./limits";
import { buildOutboard, groupsOf, groupValue, outboardOctets } from "./outboard";
import { release } from "./space";

const DIGEST: usize = memory.data(32, 16);

export class Upload {
  /** Flushes that were refused before it began: one more, and it is void. */
  flushes: u32 = flushesFailed;
  /** When it was last written to, by a count of calls. */
  used: u32 = 0;
  done: u64 = 0;
  chunks: u32 = 0;
  fresh: u32 = 0;
  /** Octets since the last cut. */
  private pending: Buffer = new Buffer();
  private pendingOctets: u32 = 0;
  /** Octets of the group under way, and the values of those before it. */
  private group: Buffer = new Buffer();
  private groupOctets: u32 = 0;
  private values: Buffer = new Buffer();
  private groups: u32 = 0;
  /** Rows of its chunks, in order. */
  private rows: Buffer = new Buffer();

  constructor(
    public id: u32,
    public particle: u32,
    public size: u64,
    public until: u64,
  ) {}

  /** Takes the next octets; false, with `refused`, where they cannot be kept. */
  take(from: usize, octets: u32): bool {
    this.done += octets;
    this.takeGroups(from, octets);
    const pending = this.pending.need(<usize> this.pendingOctets + octets);
    memory.copy(pending + this.pendingOctets, from, octets);
    this.pendingOctets += octets;
    return this.cutOff(this.done == this.size);
  }

  /** Stores every chunk that is sure to end. */
  private cutOff(isEnd: bool): bool {
    let at = this.pending.start;
    let left = this.pendingOctets;
    let good = true;
    while (good && (left >= CHUNK_OCTETS_MAX || (isEnd && left > 0))) {
      const length = cut(at, left);
      this.pendingOctets = left - length;
      good = this.keep(at, length);
      at += length;
      left -= length;
    }
    memory.copy(this.pending.start, at, left);
    return good;
  }

  private keep(from: usize, length: u32): bool {
    hash(from, length, DIGEST);
    const found = findChunk(DIGEST);
    const row = found != 0 ? found - 1 : this.fill(from, length);
    if (row == u32.MAX_VALUE) return false;
    const rows = this.rows.need(<usize> (this.chunks + 1) << 2);
    store<u32>(rows + (<usize> this.chunks << 2), row);
    this.chunks++;
    if (found == 0) return true;
    shareChunk(row);
    if (!isChunkBad(row) && holdsChunk(row, from)) return true;
    // What it held is rotten: the same octets go there again.
    if (!put(load<u64>(chunkRows.at(row), CHUNK_PLACE), from, length)) return false;
    setChunkBad(row, false);
    return true;
  }

  /** Writes a chunk that is new; its row, or `u32.MAX_VALUE`. */
  private fill(from: usize, length: u32): u32 {
    const octets = wholeBlocks(length);
    const place = room(octets, this.size - this.done + this.pendingOctets + octets);
    if (place == 0) return u32.MAX_VALUE;
    const row = put(place, from, length)
      ? addChunk(DIGEST, place, length)
      : u32.MAX_VALUE;
    if (row == u32.MAX_VALUE) release(place, octets);
    else this.fresh++;
    return row;
  }

  private takeGroups(from: usize, octets: u32): void {
    const room = this.group.need(GROUP_OCTETS);
    while (octets > 0) {
      // A full group waits for more: the last one may be the whole content.
      if (this.groupOctets == GROUP_OCTETS) this.endGroup(false);
      const now = min(octets, GROUP_OCTETS - this.groupOctets);
      memory.copy(room + this.groupOctets, from, now);
      this.groupOctets += now;
      from += now;
      octets -= now;
    }
  }

  private endGroup(isAll: bool): void {
    const at = this.values.need(<usize> (this.groups + 1) << 5);
    const value = at + (<usize> this.groups << 5);
    groupValue(this.group.start, this.groupOctets, this.groups, isAll, value);
    this.groups++;
    this.groupOctets = 0;
  }

  /**
   * The map with its tree, once all octets came; the content's digest goes to
   * `root`, the map's own to `digest`.
   */
  map(digestOf: usize, root: usize, digest: usize): StaticArray<u8> {
    this.group.need(GROUP_OCTETS);
    this.endGroup(groupsOf(this.size) == 1);
    const octets = mapOctets(this.chunks);
    const list = new StaticArray<u8>(<i32> (octets + outboardOctets(this.size)));
    const at = changetype<usize>(list);
    if (this.groups == 1) copy32(root, this.values.start);
    else buildOutboard(this.values.start, this.groups, at + octets, root);
    writeHead(at, digestOf, this.size, this.chunks);
    let to = at + MAP_HEAD_OCTETS;
    for (let i: u32 = 0; i < this.chunks; i++, to += MAP_ROW_OCTETS) {
      const row = chunkRows.at(load<u32>(this.rows.start + (<usize> i << 2)));
      copy32(to, row);
      store<u64>(to, load<u64>(row, CHUNK_PLACE), ROW_PLACE);
      store<u32>(to, load<u32>(row, CHUNK_LENGTH), ROW_LENGTH);
    }
    hash(at, octets, digest);
    return list;
  }

  /** Nobody brings more: what it used is left. */
  giveUp(): void {
    for (let i: u32 = 0; i < this.chunks; i++) {
      leave(load<u32>(this.rows.start + (<usize> i << 2)));
    }
    this.end();
  }

  /** What it used is used by the content now. */
  end(): void {
    this.chunks = 0;
    this.pending.shrink(0);
    this.group.shrink(0);
    this.values.shrink(0);
    this.rows.shrink(0);
  }
}
