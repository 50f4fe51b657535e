/**
 * The checks of `karyon:hal/block` that are the same for every driver.
 *
 * A driver asks before it touches its device, so that a refusal has no effect.
 */
import type { Geometry, Refusal } from "./block_contract.ts";

export const BLOCK_OCTETS_MIN = 512;
export const BLOCK_OCTETS_MAX = 65_536;
/** Offsets stay exact as numbers, and no platform's file goes further. */
export const CAPACITY_OCTETS_MAX = 2 ** 53 - BLOCK_OCTETS_MAX;
/** One operation never holds more than this. */
export const TRANSFER_OCTETS_MAX = 64 * 1024 * 1024;

const MISALIGNED: Refusal = { tag: "misaligned" };
const OUT_OF_RANGE: Refusal = { tag: "out-of-range" };

/** Why a read or write of `length` octets at `offset` is refused, if it is. */
export function transferRefusal(
  geometry: Geometry,
  offset: bigint,
  length: number,
): Refusal | undefined {
  if (length > geometry.transferMax) return MISALIGNED;
  return rangeRefusal(geometry, offset, BigInt(length));
}

/** Why the range is refused, if it is. */
export function rangeRefusal(
  geometry: Geometry,
  offset: bigint,
  length: bigint,
): Refusal | undefined {
  const block = BigInt(geometry.blockSize);
  if (length === 0n || offset % block !== 0n || length % block !== 0n) {
    return MISALIGNED;
  }
  return offset + length > geometry.capacity ? OUT_OF_RANGE : undefined;
}

/** A device as whoever opens it asks for it. */
export interface GeometryOptions {
  /** Octets; a multiple of the block size. */
  readonly capacity: number;
  /** Default 4096. */
  readonly blockSize?: number;
  /** Default 1 MiB. */
  readonly transferMax?: number;
  readonly readOnly?: boolean;
}

const BLOCK_OCTETS_DEFAULT = 4096;
const TRANSFER_OCTETS_DEFAULT = 1024 * 1024;

/** The geometry that is asked for, or what is wrong with it, in words. */
export function geometryOf(options: GeometryOptions): Geometry | string {
  const { capacity, blockSize, transferMax, readOnly } = options;
  if (!Number.isSafeInteger(capacity)) {
    return `capacity ${capacity} is not a whole number`;
  }
  const geometry: Geometry = {
    blockSize: blockSize ?? BLOCK_OCTETS_DEFAULT,
    capacity: BigInt(capacity),
    transferMax: transferMax ?? TRANSFER_OCTETS_DEFAULT,
    readOnly: readOnly ?? false,
  };
  return geometryFault(geometry) ?? geometry;
}

/** What is wrong with a geometry, in words; undefined if nothing is. */
export function geometryFault(geometry: Geometry): string | undefined {
  const { blockSize, capacity, transferMax } = geometry;
  const power = Number.isInteger(blockSize) && blockSize > 0 &&
    (blockSize & (blockSize - 1)) === 0;
  if (
    !power || blockSize < BLOCK_OCTETS_MIN || blockSize > BLOCK_OCTETS_MAX
  ) {
    return `block size ${blockSize} is not a power of two from ${BLOCK_OCTETS_MIN} to ${BLOCK_OCTETS_MAX}`;
  }
  const multiple = capacity > 0n && capacity % BigInt(blockSize) === 0n;
  if (!multiple || capacity > BigInt(CAPACITY_OCTETS_MAX)) {
    return `capacity ${capacity} is not a multiple of ${blockSize} up to ${CAPACITY_OCTETS_MAX}`;
  }
  const fits = Number.isInteger(transferMax) && transferMax > 0 &&
    transferMax % blockSize === 0 && transferMax <= TRANSFER_OCTETS_MAX;
  return fits
    ? undefined
    : `largest transfer ${transferMax} is not a multiple of ${blockSize} up to ${TRANSFER_OCTETS_MAX}`;
}
