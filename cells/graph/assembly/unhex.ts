/** Lower-case hexadecimal digits as octets. */

function digit(c: i32): i32 {
  if (c >= 48 && c <= 57) return c - 48;
  return c >= 97 && c <= 102 ? c - 87 : -1;
}

/** Writes the octets; false at the first odd digit. */
export function unhexInto(text: string, to: usize): bool {
  for (let i = 0; i + 1 < text.length; i += 2) {
    const high = digit(text.charCodeAt(i));
    const low = digit(text.charCodeAt(i + 1));
    if (high < 0 || low < 0) return false;
    store<u8>(to + (i >> 1), <u8> (high << 4 | low));
  }
  return (text.length & 1) == 0;
}
