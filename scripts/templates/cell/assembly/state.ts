/**
 * What the cell keeps: one number, and its eight octets.
 */

/** The largest total. */
export const TOTAL_MAX: u64 = 1_000_000_000_000;

/** Version of the octets. */
export const STATE_VERSION: u32 = 1;

const STATE_OCTETS: i32 = 8;

let kept: u64 = 0;

export function sum(): u64 {
  return kept;
}

export function setSum(to: u64): void {
  assert(to <= TOTAL_MAX);
  kept = to;
}

/** The state as the next generation reads it, little endian. */
export function encoded(): StaticArray<u8> {
  const octets = new StaticArray<u8>(STATE_OCTETS);
  store<u64>(changetype<usize>(octets), kept);
  return octets;
}

/** Takes the state of an earlier generation; false if the octets are none. */
export function decode(octets: StaticArray<u8>): bool {
  if (octets.length != STATE_OCTETS) return false;
  const read = load<u64>(changetype<usize>(octets));
  if (read > TOTAL_MAX) return false;
  kept = read;
  return true;
}
