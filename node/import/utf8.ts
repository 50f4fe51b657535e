/**
 * Finds the first octet that is not UTF-8, without decoding.
 *
 * Strict as in the Unicode standard: overlong forms, surrogates and values
 * past U+10FFFF are faults.
 */

/** Index of the first faulty sequence in `octets[start, end)`, or -1. */
export function utf8Fault(
  octets: Uint8Array,
  start: number,
  end: number,
): number {
  let at = start;
  while (at < end) {
    const lead = octets[at] ?? 0;
    if (lead < 0x80) {
      at++;
      continue;
    }
    const length = lengthOf(lead);
    if (length === 0 || at + length > end) return at;
    const second = octets[at + 1] ?? 0;
    if (!secondFits(lead, second)) return at;
    for (let i = 2; i < length; i++) {
      if (((octets[at + i] ?? 0) & 0xc0) !== 0x80) return at;
    }
    at += length;
  }
  return -1;
}

function lengthOf(lead: number): number {
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

function secondFits(lead: number, second: number): boolean {
  switch (lead) {
    case 0xe0:
      return second >= 0xa0 && second <= 0xbf;
    case 0xed:
      return second >= 0x80 && second <= 0x9f;
    case 0xf0:
      return second >= 0x90 && second <= 0xbf;
    case 0xf4:
      return second >= 0x80 && second <= 0x8f;
    default:
      return (second & 0xc0) === 0x80;
  }
}
