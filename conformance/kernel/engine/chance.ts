/**
 * Seeded chance for the engine's tests: the same seed, the same octets.
 *
 * mulberry32; good enough to vary inputs, for nothing else.
 */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A copy with one to four octets behind `from` replaced. */
export function damaged(
  octets: Uint8Array,
  chance: () => number,
  from = 8,
): Uint8Array {
  const copy = octets.slice();
  const times = 1 + Math.floor(chance() * 4);
  for (let time = 0; time < times; time++) {
    const at = from + Math.floor(chance() * (copy.length - from));
    copy[at] = Math.floor(chance() * 256);
  }
  return copy;
}

export function randomOctets(
  length: number,
  chance: () => number,
): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(chance() * 256));
}
