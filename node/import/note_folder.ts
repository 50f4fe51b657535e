/**
 * A folder of Markdown notes on disk: which there are, and their octets.
 *
 * Paths are relative, with `/`, in one order on every machine. What is hidden
 * (a name that begins with a dot) and every symbolic link is left out, so no
 * note outside the folder is ever read.
 */
import { NOTE_DEPTH_MAX, NOTE_OCTETS_MAX, NOTES_MAX } from "./limits.ts";
import { ImportRefusal } from "./refusal.ts";
import { refusalOf } from "./source.ts";

/** What the importer needs of a folder. */
export interface NoteFolder {
  /** Paths in order. */
  readonly paths: readonly string[];
  /** A note's octets, at most `NOTE_OCTETS_MAX`. */
  read(path: string): Promise<Uint8Array>;
}

const NOTE_NAME = /\.(md|markdown)$/i;

/** Lists the notes of a folder. */
export async function noteFolder(root: string): Promise<NoteFolder> {
  const paths: string[] = [];
  await list(root, "", 0, paths);
  paths.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return { paths, read: (path) => readNote(`${root}/${path}`) };
}

async function list(
  root: string,
  prefix: string,
  depth: number,
  paths: string[],
): Promise<void> {
  const folder = prefix === "" ? root : `${root}/${prefix}`;
  if (depth > NOTE_DEPTH_MAX) {
    throw new ImportRefusal(`${folder} lies deeper than ${NOTE_DEPTH_MAX}`);
  }
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.name.startsWith(".") || entry.isSymlink) continue;
      const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory) await list(root, path, depth + 1, paths);
      else if (entry.isFile && NOTE_NAME.test(entry.name)) paths.push(path);
      if (paths.length > NOTES_MAX) {
        throw new ImportRefusal(`${root} has more than ${NOTES_MAX} notes`);
      }
    }
  } catch (error) {
    throw refusalOf(folder, error);
  }
}

async function readNote(path: string): Promise<Uint8Array> {
  try {
    const { size } = await Deno.lstat(path);
    if (size > NOTE_OCTETS_MAX) {
      throw new ImportRefusal(
        `${path} is larger than ${NOTE_OCTETS_MAX} octets`,
      );
    }
    return await Deno.readFile(path);
  } catch (error) {
    throw refusalOf(path, error);
  }
}
