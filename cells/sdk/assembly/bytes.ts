/**
 * Octets by place and length: comparing, short copies, texts for people.
 *
 * Nothing here allocates except the functions that return a string or a list.
 * Places are addresses in the cell's memory; nothing checks them.
 */

/** Copies the 32 octets of a digest. */
// @ts-ignore: decorator
@inline
export function copy32(to: usize, from: usize): void {
  v128.store(to, v128.load(from), 0);
  v128.store(to, v128.load(from, 16), 16);
}

/** Whether two digests of 32 octets are the same. */
// @ts-ignore: decorator
@inline
export function equal32(a: usize, b: usize): bool {
  return (load<u64>(a, 0) == load<u64>(b, 0)) &&
    (load<u64>(a, 8) == load<u64>(b, 8)) &&
    (load<u64>(a, 16) == load<u64>(b, 16)) &&
    (load<u64>(a, 24) == load<u64>(b, 24));
}

/** Whether two runs of octets are the same. */
export function equal(a: usize, b: usize, length: usize): bool {
  while (length >= 8) {
    if (load<u64>(a) != load<u64>(b)) return false;
    a += 8;
    b += 8;
    length -= 8;
  }
  while (length > 0) {
    if (load<u8>(a) != load<u8>(b)) return false;
    a++;
    b++;
    length--;
  }
  return true;
}

/** Below, at or above 0 as `a` sorts before, with or after `b`. */
export function compare(a: usize, b: usize, length: usize): i32 {
  for (let i: usize = 0; i < length; i++) {
    const difference = <i32> load<u8>(a + i) - <i32> load<u8>(b + i);
    if (difference != 0) return difference;
  }
  return 0;
}

/** Whether every octet is 0. */
export function isZero(from: usize, length: usize): bool {
  while (length >= 16) {
    if (v128.any_true(v128.load(from))) return false;
    from += 16;
    length -= 16;
  }
  while (length > 0) {
    if (load<u8>(from) != 0) return false;
    from++;
    length--;
  }
  return true;
}

/** A list that holds a copy. */
export function listOf(from: usize, length: usize): StaticArray<u8> {
  const list = new StaticArray<u8>(<i32> length);
  memory.copy(changetype<usize>(list), from, length);
  return list;
}

const DIGITS = "0123456789abcdef";

/** Lower-case hexadecimal digits, two an octet. */
export function hex(from: usize, length: usize): string {
  let text = "";
  for (let i: usize = 0; i < length; i++) {
    const octet = load<u8>(from + i);
    text += DIGITS.charAt(octet >> 4) + DIGITS.charAt(octet & 15);
  }
  return text;
}
