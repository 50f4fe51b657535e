/**
 * Any range of a content that is kept apart, checked against its identity.
 *
 * Reads the chunks of the groups that the range meets, and the map once for as
 * many ranges as are asked for in a row.
 */
import { Buffer } from "../../sdk/assembly/buffer";
import { listOf } from "../../sdk/assembly/bytes";
import {
  MAP_HEAD_OCTETS,
  MAP_ROW_OCTETS,
  readFault,
  readMap,
  ROW_LENGTH,
  ROW_PLACE,
  treeOf,
} from "./content_map";
import { blockOf, deviceFault, readBlocks, wholeBlocks } from "./device";
import { GROUP_OCTETS, WINDOW_OCTETS } from "./limits";
import { checkRange, wrongGroup } from "./outboard";
import {
  noteDamage,
  stored,
  STORED_CHUNKS,
  STORED_DAMAGED,
  STORED_MAPPED,
  STORED_PARTICLE,
  STORED_SIZE,
} from "./stored";
import { particles } from "./tables";

/** The groups of the range, and some blocks of the device. */
const range = new Buffer();
const blocks = new Buffer();

/**
 * The octets from `offset` on, at most `length`; null where the device does not
 * give them back, and while the store is opening.
 */
export function readApart(
  index: u32,
  offset: u64,
  length: u32,
): StaticArray<u8> | null {
  const row = stored.at(index);
  const size = load<u64>(row, STORED_SIZE);
  if (load<u32>(row, STORED_MAPPED) == 0) return null;
  if (offset >= size || length == 0) return new StaticArray<u8>(0);
  const end = min<u64>(size, offset + length);
  const map = readMap(index, true);
  if (map == 0) {
    noteDamage(row, readFault);
    return null;
  }
  const first = <u32> (offset / GROUP_OCTETS);
  const last = <u32> ((end - 1) / GROUP_OCTETS);
  const from = <u64> first * GROUP_OCTETS;
  const to = min<u64>(size, (<u64> last + 1) * GROUP_OCTETS);
  const at = range.need(<usize> (to - from));
  const chunks = load<u32>(row, STORED_CHUNKS);
  if (!gather(map, chunks, from, to, at)) {
    noteDamage(row, deviceFault);
    return null;
  }
  const digest = particles.digest(load<u32>(row, STORED_PARTICLE));
  const tree = treeOf(map, chunks);
  if (!checkRange(digest, tree, size, first, last, at)) {
    noteDamage(row, `octets from ${<u64> wrongGroup * GROUP_OCTETS} on`);
    return null;
  }
  const list = listOf(at + <usize> (offset - from), <usize> (end - offset));
  range.shrink(WINDOW_OCTETS);
  return list;
}

/** Whether the content can be read as far as is known. */
export function isSound(index: u32): bool {
  const row = stored.at(index);
  return load<u32>(row, STORED_MAPPED) != 0 &&
    load<u32>(row, STORED_DAMAGED) == 0;
}

/** Copies the content's octets from `from` to `to` out of its chunks. */
function gather(map: usize, chunks: u32, from: u64, to: u64, at: usize): bool {
  let begin: u64 = 0;
  let row = map + MAP_HEAD_OCTETS;
  for (let i: u32 = 0; i < chunks && begin < to; i++, row += MAP_ROW_OCTETS) {
    const length = load<u32>(row, ROW_LENGTH);
    const end = begin + length;
    if (end > from) {
      const low = max(from, begin);
      const high = min(to, end);
      const place = load<u64>(row, ROW_PLACE) + (low - begin);
      const behind = load<u64>(row, ROW_PLACE) + (high - begin);
      const firstBlock = blockOf(place);
      const span = <u32> (wholeBlocks(behind) - firstBlock);
      const room = blocks.need(span);
      if (!readBlocks(firstBlock, span, room)) return false;
      memory.copy(
        at + <usize> (low - from),
        room + <usize> (place - firstBlock),
        <usize> (high - low),
      );
    }
    begin = end;
  }
  return true;
}
