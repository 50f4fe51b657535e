/**
 * What of the device is in use, found at each opening from what is here.
 *
 * Once the log is replayed, the map of every content that is kept apart is
 * read, its chunks are counted and their space is taken; all else in the gaps
 * is free. A map that does not read makes its content damaged, not the store.
 * Opening from the log reads every chunk, too.
 */
import {
  addChunk,
  CHUNK_LENGTH,
  CHUNK_PLACE,
  chunks as chunkRows,
  findChunk,
  isChunkBad,
  setChunkBad,
  shareChunk,
} from "./chunk_table";
import { fromLog } from "./config";
import {
  forgetMap,
  MAP_HEAD_OCTETS,
  MAP_ROW_OCTETS,
  mapSpan,
  readFault,
  readMap,
  ROW_LENGTH,
  ROW_PLACE,
} from "./content_map";
import { leave, readsChunk } from "./content_space";
import { octetsRead, wholeBlocks } from "./device";
import { PIECE_CHUNKS, PIECE_OCTETS } from "./limits";
import { beginSpace, release, take } from "./space";
import {
  noteDamage,
  State,
  stored,
  STORED_CHUNKS,
  STORED_MAP,
  STORED_MAPPED,
  STORED_SIZE,
  STORED_STATE,
} from "./stored";

let index: u32 = 0;
let chunk: u32 = 0;
let map: usize = 0;
let hasBad: bool = false;
/** A piece had no memory for a chunk: the store cannot open. */
export let mappingFault: string = "";

export function beginMapping(): void {
  beginSpace();
  index = 0;
  map = 0;
  mappingFault = "";
}

/** Does one bounded piece; true while there is more. */
export function mappingPiece(): bool {
  if (map != 0) {
    mapOn();
    return mappingFault.length == 0;
  }
  while (index < stored.length) {
    if (load<u32>(stored.at(index), STORED_STATE) == State.Here) {
      beginMap();
      return true;
    }
    index++;
  }
  forgetMap();
  return false;
}

function beginMap(): void {
  const row = stored.at(index);
  map = readMap(index, false);
  chunk = 0;
  hasBad = false;
  if (map == 0) return damaged(readFault);
  const span = mapSpan(load<u32>(row, STORED_CHUNKS), load<u64>(row, STORED_SIZE));
  if (!take(load<u64>(row, STORED_MAP), span)) damaged("its map lies in use");
}

function damaged(what: string): void {
  noteDamage(stored.at(index), what);
  map = 0;
  index++;
}

function rowAt(at: u32): usize {
  return map + MAP_HEAD_OCTETS + <usize> at * MAP_ROW_OCTETS;
}

function mapOn(): void {
  const row = stored.at(index);
  const all = load<u32>(row, STORED_CHUNKS);
  const stop = min(all, chunk + PIECE_CHUNKS);
  const before = octetsRead;
  while (chunk < stop && octetsRead - before < PIECE_OCTETS) {
    if (!takeChunk(rowAt(chunk))) return unmap();
    chunk++;
  }
  if (mappingFault.length > 0 || chunk < all) return;
  store<u32>(row, 1, STORED_MAPPED);
  if (hasBad) noteDamage(row, "a chunk of it does not read");
  map = 0;
  index++;
}

/** Counts a chunk; false where what the map says cannot be. */
function takeChunk(row: usize): bool {
  const place = load<u64>(row, ROW_PLACE);
  const length = load<u32>(row, ROW_LENGTH);
  const found = findChunk(row);
  if (found != 0) {
    const known = chunkRows.at(found - 1);
    const same = load<u64>(known, CHUNK_PLACE) == place &&
      load<u32>(known, CHUNK_LENGTH) == length;
    if (!same) return false;
    shareChunk(found - 1);
    if (isChunkBad(found - 1)) hasBad = true;
    return true;
  }
  if (!take(place, wholeBlocks(length))) return false;
  const added = addChunk(row, place, length);
  if (added == u32.MAX_VALUE) {
    mappingFault = "the memory has no room for the chunks of contents";
    return true;
  }
  if (fromLog && !readsChunk(added)) {
    setChunkBad(added, true);
    hasBad = true;
  }
  return true;
}

/** Two contents claim one place: this one leaves what it has taken. */
function unmap(): void {
  const row = stored.at(index);
  for (let i: u32 = 0; i < chunk; i++) {
    const entry = findChunk(rowAt(i));
    if (entry != 0) leave(entry - 1);
  }
  const span = mapSpan(load<u32>(row, STORED_CHUNKS), load<u64>(row, STORED_SIZE));
  release(load<u64>(row, STORED_MAP), span);
  damaged(`chunk ${chunk} of its map lies in use`);
}
