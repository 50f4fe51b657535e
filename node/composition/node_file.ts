/**
 * `node.json`: where the running node of a data directory answers.
 *
 * It holds the operator's token, so it is its owner's only. A file that is left
 * over from a killed node is not believed: the lock says whether one runs.
 */
import { Schema } from "effect";
import { readIfThere, removeIfThere, writeWhole } from "../local/files.ts";
import { isHeld, layOut } from "../local/data_directory.ts";

const NodeFile = Schema.fromJsonString(Schema.Struct({
  pid: Schema.Int,
  url: Schema.String,
  token: Schema.String,
  started: Schema.String,
}));
export type NodeFile = typeof NodeFile.Type;

export function writeNodeFile(data: string, about: NodeFile): void {
  writeWhole(
    layOut(data).nodeFile,
    new TextEncoder().encode(JSON.stringify(about, null, 2) + "\n"),
  );
}

export function removeNodeFile(data: string): void {
  removeIfThere(layOut(data).nodeFile);
}

/** The node that holds the directory now, if one does and has said where. */
export function runningNode(data: string): NodeFile | undefined {
  if (!isHeld(data)) return undefined;
  const octets = readIfThere(layOut(data).nodeFile);
  if (octets === undefined) return undefined;
  const decoded = Schema.decodeUnknownOption(NodeFile)(
    new TextDecoder().decode(octets),
  );
  return decoded._tag === "Some" ? decoded.value : undefined;
}

/** A new operator's token: 32 octets of chance in hexadecimal. */
export function newToken(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}
