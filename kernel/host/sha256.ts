/** The platform's SHA-256: at once, and some forty times as fast as in script. */
import { createHash } from "node:crypto";

/** The digest of all parts, one after the other. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}
