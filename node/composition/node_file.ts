/**
 * `node.json`: where the running node of a data directory answers.
 *
 * It holds the operator's token, so it is its owner's only. A file that is left
 * over from a killed node is not believed: the lock says whether one runs.
 */
import { Effect, Schema } from "effect";
import { type Answer, Refusal } from "../api.ts";
import { isHeld, layOut, reasonOf } from "../local/data_directory.ts";
import { readIfThere, removeIfThere, writeWhole } from "../local/files.ts";
import { NODE_FILE_OCTETS_MAX } from "../local/limits.ts";

const NodeFile = Schema.fromJsonString(Schema.Struct({
  pid: Schema.Int,
  url: Schema.String.check(Schema.isPattern(/^http:\/\/[^\s/]+$/)),
  token: Schema.String,
  started: Schema.String,
}));
export type NodeFile = typeof NodeFile.Type;

export function writeNodeFile(data: string, about: NodeFile): Answer<void> {
  const path = layOut(data).nodeFile;
  const octets = new TextEncoder().encode(JSON.stringify(about, null, 2));
  return Effect.try({
    try: () => writeWhole(path, octets),
    catch: (error) =>
      new Refusal({
        kind: "unavailable",
        message: `${path} cannot be written: ${reasonOf(error)}`,
        fix: "make room on the disk, and see that the folder can be written",
      }),
  });
}

/** One that cannot be removed says nothing: no node holds the directory. */
export function removeNodeFile(data: string): void {
  try {
    removeIfThere(layOut(data).nodeFile);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

/** Who holds a data directory, as far as one can tell from outside. */
export type Holder =
  | { readonly is: "nobody" }
  | { readonly is: "node"; readonly file: NodeFile }
  /** It starts, or it is a command that works on the store. */
  | { readonly is: "silent" }
  | { readonly is: "unreadable"; readonly reason: string };

export function holderOf(data: string): Holder {
  if (!isHeld(data)) return { is: "nobody" };
  const path = layOut(data).nodeFile;
  try {
    const octets = readIfThere(path, NODE_FILE_OCTETS_MAX);
    if (octets === undefined) return { is: "silent" };
    const file = Schema.decodeUnknownOption(NodeFile)(
      new TextDecoder().decode(octets),
    );
    return file._tag === "Some"
      ? { is: "node", file: file.value }
      : { is: "unreadable", reason: `${path} is damaged` };
  } catch (error) {
    return { is: "unreadable", reason: reasonOf(error) };
  }
}

/** A new operator's token: 32 octets of chance in hexadecimal. */
export function newToken(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}
