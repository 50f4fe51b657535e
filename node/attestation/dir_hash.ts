/**
 * One digest of a whole folder: Go's Hash1, as in-toto's `dirHash`.
 *
 *   SHA-256 of one line per file, by name: its SHA-256 in hexadecimal, two
 *   spaces, its path from the folder with slashes, a line feed
 *
 * Source: https://pkg.go.dev/golang.org/x/mod/sumdb/dirhash
 *
 * Deliberately absent: links, and what is neither file nor folder.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { toHex, utf8 } from "../../kernel/crypto/mod.ts";

const FILES_MAX = 10_000;

/** The digest of the files below `folder`; 64 digits. */
export function dirHash(folder: string): string {
  const paths = filesBelow(folder, "");
  const lines = paths.map((path) => {
    const digest = toHex(sha256(Deno.readFileSync(`${folder}/${path}`)));
    return `${digest}  ${path}\n`;
  });
  return toHex(sha256(utf8(lines.join(""))));
}

/** Paths in the order of their octets. */
function filesBelow(folder: string, prefix: string): string[] {
  const paths: string[] = [];
  for (const { name, isFile, isDirectory } of Deno.readDirSync(folder)) {
    if (name.includes("\n")) throw new Error(`${folder}: a name of two lines`);
    const path = `${prefix}${name}`;
    if (isFile) paths.push(path);
    if (isDirectory) paths.push(...filesBelow(`${folder}/${name}`, `${path}/`));
    if (paths.length > FILES_MAX) throw new Error(`${folder}: too many files`);
  }
  return paths.sort((a, b) => (a < b ? -1 : 1));
}
