/**
 * What a character is to the index: part of a word or not, alone or not.
 *
 * Words are runs of letters, numbers and marks of any script, folded to lower
 * case one character at a time (so length in characters never changes).
 * Han, Hiragana and Katakana are written without spaces: each such character
 * is a term of its own.
 *
 * Deliberately absent: normalisation (a letter with a combining mark and its
 * composed form are different terms), stemming, stop words, and word breaking
 * for Thai, Lao, Khmer and Burmese.
 */
import { casemap } from "util/casemap";
import { WORD_RUNS } from "./word_runs";

const BITMAP_CODES: u32 = 0x20000;
const bitmap: usize = memory.data(16384, 8);
let bitmapReady: bool = false;

/** Unpacks the table of words; cheap after the first time. */
export function prepareChars(): void {
  if (bitmapReady) return;
  bitmapReady = true;
  let code: u32 = 0;
  let inWord = false;
  for (let i = 0; i < WORD_RUNS.length; i++) {
    const end = code + <u32>WORD_RUNS[i];
    if (inWord) {
      for (; code < end; code++) {
        const octet = bitmap + (code >> 3);
        store<u8>(octet, load<u8>(octet) | <u8>((<u32>1) << (code & 7)));
      }
    }
    code = end;
    inWord = !inWord;
  }
  assert(code == BITMAP_CODES);
}

/** Whether the character is a letter, a number or a mark. */
// @ts-ignore: decorator
@inline
export function isWord(code: u32): bool {
  if (code >= BITMAP_CODES) return code < 0x40000;
  return ((load<u8>(bitmap + (code >> 3)) >> <u8>(code & 7)) & 1) != 0;
}

/** Whether a character of a word is a term of its own. */
export function isAlone(code: u32): bool {
  if (code < 0x3005) return false;
  if (code < 0xa000) {
    return code <= 0x3007 || (code >= 0x3041 && code <= 0x30ff) ||
      (code >= 0x31f0 && code <= 0x31ff) || (code >= 0x3400);
  }
  return (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xff66 && code <= 0xff9d) ||
    (code >= 0x1b000 && code <= 0x1b16f) || code >= 0x20000;
}

/** Lower case of a character; the final sigma is a sigma. */
export function fold(code: u32): u32 {
  if (code < 0x80) return code - 0x41 < 26 ? code | 0x20 : code;
  const lower = <u32>casemap(code, 0);
  return lower == 0x3c2 ? 0x3c3 : lower;
}
