/**
 * UTF-8 as octets in memory: is it text, where do characters end.
 *
 * Strict as the Unicode standard's table 3-7: no overlong forms, no
 * surrogates, nothing above U+10FFFF.
 */

/** Octets of the character that `charAt` read last. */
export let charOctets: i32 = 0;

/**
 * Octets of the whole characters from `at` on, or -1 where they are not UTF-8.
 * With `cut` the octets may end inside a character, which is then not counted.
 */
export function textOctets(at: usize, length: i32, cut: bool): i32 {
  let done = 0;
  while (done < length) {
    if (
      done + 8 <= length && (load<u64>(at + done) & 0x8080808080808080) == 0
    ) {
      done += 8;
      continue;
    }
    const lead = load<u8>(at + done);
    if (lead < 0x80) {
      done++;
      continue;
    }
    const octets = sequenceOctets(lead);
    if (octets == 0) return -1;
    const here = min(octets, length - done);
    if (!isSequence(at + done, lead, here)) return -1;
    if (here < octets) return cut ? done : -1;
    done += octets;
  }
  return done;
}

/** The character at `at` in valid UTF-8; its octets are in `charOctets`. */
export function charAt(at: usize): u32 {
  const lead = <u32>load<u8>(at);
  if (lead < 0x80) {
    charOctets = 1;
    return lead;
  }
  const second = <u32>load<u8>(at, 1) & 0x3f;
  if (lead < 0xe0) {
    charOctets = 2;
    return ((lead & 0x1f) << 6) | second;
  }
  const third = <u32>load<u8>(at, 2) & 0x3f;
  if (lead < 0xf0) {
    charOctets = 3;
    return ((lead & 0x0f) << 12) | (second << 6) | third;
  }
  charOctets = 4;
  const fourth = <u32>load<u8>(at, 3) & 0x3f;
  return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | fourth;
}

/** Writes a character and returns its octets, at most 4. */
export function writeChar(at: usize, code: u32): i32 {
  if (code < 0x80) {
    store<u8>(at, <u8>code);
    return 1;
  }
  if (code < 0x800) {
    store<u8>(at, <u8>(0xc0 | (code >> 6)));
    store<u8>(at, <u8>(0x80 | (code & 0x3f)), 1);
    return 2;
  }
  if (code < 0x10000) {
    store<u8>(at, <u8>(0xe0 | (code >> 12)));
    store<u8>(at, <u8>(0x80 | ((code >> 6) & 0x3f)), 1);
    store<u8>(at, <u8>(0x80 | (code & 0x3f)), 2);
    return 3;
  }
  store<u8>(at, <u8>(0xf0 | (code >> 18)));
  store<u8>(at, <u8>(0x80 | ((code >> 12) & 0x3f)), 1);
  store<u8>(at, <u8>(0x80 | ((code >> 6) & 0x3f)), 2);
  store<u8>(at, <u8>(0x80 | (code & 0x3f)), 3);
  return 4;
}

function sequenceOctets(lead: u8): i32 {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function isSequence(at: usize, lead: u8, octets: i32): bool {
  if (octets > 1) {
    const second = load<u8>(at, 1);
    let low: u8 = 0x80;
    let high: u8 = 0xbf;
    if (lead == 0xe0) low = 0xa0;
    else if (lead == 0xed) high = 0x9f;
    else if (lead == 0xf0) low = 0x90;
    else if (lead == 0xf4) high = 0x8f;
    if (second < low || second > high) return false;
  }
  for (let i = 2; i < octets; i++) {
    if ((load<u8>(at + i) & 0xc0) != 0x80) return false;
  }
  return true;
}
