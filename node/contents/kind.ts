/**
 * The kind of a content, by its first octets.
 *
 * Nobody's word counts: whoever offers a content may call it what he likes, and
 * every node comes to the same kind. A kind says how long a content is kept
 * (`policy.ts`), and nothing about whether it is sound.
 *
 * Deliberately absent: media types, and anything behind the first octets.
 */
import { fromUtf8 } from "../../kernel/crypto/mod.ts";

export const KINDS = [
  "text",
  "image",
  "audio",
  "video",
  "program",
  "model",
  "archive",
  "other",
] as const;
export type Kind = typeof KINDS[number];

/** Octets that are looked at. */
export const HEAD_OCTETS = 512;

/** Octets at a place, in hexadecimal digits, and what they begin. */
const SIGNS: ReadonlyArray<readonly [Kind, string, number?]> = [
  ["image", "89504e470d0a1a0a"], // PNG
  ["image", "ffd8ff"], // JPEG
  ["image", "474946383761"], // GIF
  ["image", "474946383961"],
  ["image", "57454250", 8], // WebP in RIFF
  ["image", "6674797061766966", 4], // AVIF
  ["audio", "494433"], // MP3 with tags
  ["audio", "fffb"],
  ["audio", "4f676753"], // Ogg
  ["audio", "664c6143"], // FLAC
  ["audio", "57415645", 8], // WAVE in RIFF
  ["video", "66747970", 4], // MP4
  ["video", "1a45dfa3"], // Matroska, WebM
  ["video", "41564920", 8], // AVI in RIFF
  ["program", "0061736d"], // WebAssembly
  ["program", "7f454c46"], // ELF
  ["model", "47475546"], // GGUF
  ["archive", "1f8b"], // gzip
  ["archive", "504b0304"], // zip
  ["archive", "28b52ffd"], // Zstandard
  ["archive", "fd377a585a00"], // xz
];

/** Characters that no text has. */
// deno-lint-ignore no-control-regex
const NO_TEXT = /[\x00-\x08\x0b\x0e-\x1f\x7f]/;
/** The longest character of UTF-8 may be cut behind the last octet but one. */
const CUT_MAX = 3;
/** The header of a file of safetensors, which is JSON. */
const TENSORS_HEADER_MAX = 100_000_000n;

/** `head` has the content's first octets: all, or `HEAD_OCTETS` of them. */
export function kindOf(head: Uint8Array): Kind {
  const octets = head.subarray(0, HEAD_OCTETS);
  const digits = octets.toHex();
  const sign = SIGNS.find(([, sign, at = 0]) =>
    digits.startsWith(sign, 2 * at)
  );
  if (sign !== undefined) return sign[0];
  if (isTensors(octets)) return "model";
  return isText(octets) ? "text" : "other";
}

/** Length of the header (8), then `{"`. */
function isTensors(octets: Uint8Array): boolean {
  if (octets.length < 10 || octets[8] !== 0x7b || octets[9] !== 0x22) {
    return false;
  }
  const view = new DataView(octets.buffer, octets.byteOffset, 8);
  return view.getBigUint64(0, true) <= TENSORS_HEADER_MAX;
}

function isText(octets: Uint8Array): boolean {
  const cuts = octets.length === HEAD_OCTETS ? CUT_MAX : 0;
  for (let cut = 0; cut <= cuts; cut += 1) {
    const text = fromUtf8(octets.subarray(0, octets.length - cut));
    if (text !== undefined) return !NO_TEXT.test(text);
  }
  return false;
}
