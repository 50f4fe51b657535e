/**
 * What the specification demands of a request: Virtio 1.2, sections 5.2.6 and 2.7.
 */
import { type Chain, Complaint, viewOf } from "./chain.ts";
import { KIND } from "./lies.ts";
import {
  type DiskShape,
  FEATURE,
  type FeatureName,
  SECTOR_OCTETS,
} from "./shape.ts";

/** Throws a `Complaint` about whatever a device need not take. */
export function checkRequest(
  shape: DiskShape,
  agreed: bigint,
  kind: number,
  chain: Chain,
): void {
  const has = (name: FeatureName) => (agreed & FEATURE[name]) !== 0n;
  const data = kind === KIND.read
    ? chain.writes.slice(0, -1)
    : chain.reads.slice(1);
  const octets = data.reduce((sum, { length }) => sum + length, 0);
  if (has("segMax") && data.length > shape.segMax) {
    throw new Complaint(`${data.length} segments`);
  }
  if (
    has("sizeMax") && shape.sizeMax > 0 &&
    data.some(({ length }) => length > shape.sizeMax)
  ) {
    throw new Complaint("a segment longer than size_max");
  }
  if (kind !== KIND.read && chain.writes.length > 1) {
    throw new Complaint("something to write where nothing is read");
  }
  const end = Number(shape.sectors) * SECTOR_OCTETS;
  const header = viewOf(chain.reads[0] ?? new Uint8Array(16));
  if (kind === KIND.read || kind === KIND.write) {
    const from = Number(header.getBigUint64(8, true)) * SECTOR_OCTETS;
    if (octets === 0 || octets % shape.blockSize !== 0) {
      throw new Complaint(`a transfer of ${octets} octets`);
    }
    if (from + octets > end) throw new Complaint("behind the end");
    if (kind === KIND.write && has("readOnly")) {
      throw new Complaint("a write of what is read-only");
    }
  } else if (kind === KIND.discard) {
    if (!has("discard") || octets !== 16) throw new Complaint("a discard");
    const range = viewOf(chain.reads[1] ?? new Uint8Array(16));
    const from = Number(range.getBigUint64(0, true)) * SECTOR_OCTETS;
    const sectors = range.getUint32(8, true);
    const isInside = sectors <= shape.discardSectors &&
      from + sectors * SECTOR_OCTETS <= end;
    if (!isInside) throw new Complaint(`a discard of ${sectors} sectors`);
  } else if (kind !== KIND.flush || !has("flush") || octets !== 0) {
    throw new Complaint(`a request of kind ${kind}`);
  }
}
