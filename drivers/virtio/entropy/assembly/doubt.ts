/**
 * What gives a device away that says it gave octets, and did not.
 *
 * Buffers are zeroed before they are lent, so octets that were not written are
 * equal ones in a row; the repetition test of NIST SP 800-90B, section 4.4.1, is
 * what finds them, over all that was ever given. A buffer that begins as one of the
 * last ones did is that one again.
 *
 * Deliberately absent: estimating entropy. Octets that only look random pass.
 */
import { REMEMBERED, SAME_MAX } from "./limits";

let last: u8 = 0;
let same: u32 = 0;
const beginnings = new StaticArray<u64>(2 * REMEMBERED);
let remembered: u32 = 0;

/** Looks at what a buffer holds now; empty, or why it cannot be right. */
export function doubt(octets: StaticArray<u8>): string {
  for (let i = 0; i < octets.length; i++) {
    const octet = unchecked(octets[i]);
    same = octet == last ? same + 1 : 1;
    last = octet;
    if (same >= SAME_MAX) {
      same = 0;
      return `it gave the octet ${octet} ${SAME_MAX} times in a row`;
    }
  }
  if (octets.length < 16) return "";
  const a = load<u64>(changetype<usize>(octets));
  const b = load<u64>(changetype<usize>(octets), 8);
  for (let i: u32 = 0; i < min(remembered, REMEMBERED); i++) {
    if (beginnings[2 * i] == a && beginnings[2 * i + 1] == b) {
      return "it gave the octets of a buffer before again";
    }
  }
  const at = 2 * (remembered % REMEMBERED);
  beginnings[at] = a;
  beginnings[at + 1] = b;
  remembered++;
  return "";
}
