/**
 * The note that an import leaves in the record with every batch.
 *
 * Committed in the same atomic write as the batch, it says how far a source is
 * imported. The value names the format and the source's fingerprint, so that
 * another file under the same name is not taken for the old one.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { IDENTITY_OCTETS } from "./limits.ts";

const VERSION = "1";
const KEY_DIGEST_OCTETS = 24;

export interface Bookmark {
  readonly format: string;
  readonly fingerprint: string;
  /** The `position` of the last batch that was applied. */
  readonly position: string;
}

/** Key of the bookmark of the source at an absolute path; 55 octets. */
export function bookmarkKey(absolutePath: string): string {
  const path = new TextEncoder().encode(absolutePath);
  const digest = blake3(path, { dkLen: IDENTITY_OCTETS - 1 });
  return `import ${digest.subarray(0, KEY_DIGEST_OCTETS).toHex()}`;
}

/** The bookmark's value; well below the record's bound of 1024 octets. */
export function bookmarkValue(bookmark: Bookmark): string {
  const { format, fingerprint, position } = bookmark;
  return [VERSION, format, fingerprint, position].join(" ");
}

/** Reads a value back; undefined where nothing of ours was written. */
export function parseBookmark(value: string): Bookmark | undefined {
  const [version, format, fingerprint, position, more] = value.split(" ");
  if (
    version !== VERSION || !format || !fingerprint || !position ||
    more !== undefined
  ) return undefined;
  return { format, fingerprint, position };
}
