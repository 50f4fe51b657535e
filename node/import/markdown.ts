/**
 * Links from a folder of Markdown notes.
 *
 * A note is a particle whose content is its whole text; its name (the file's
 * name without `.md`) is another. They link so:
 * - name -> note, so that whoever finds the name finds the note;
 * - note -> note, for each wiki or relative link, each target once;
 * - note -> name, for a wiki link to a note that is not there (yet).
 * A note over `CONTENT_OCTETS_MAX` is linked by its identity, without content.
 * An empty note is only its name. A relative link to anything else than a note
 * of the folder gives nothing.
 *
 * A wiki link `[[a/Note]]` means the path, `[[Note]]` a note of that name: in
 * the same folder, or else the first in order; case does not matter. The notes
 * are read twice (for identities, then for links); one that changes in between
 * ends the import.
 */
import { type Batch, formatPosition, parsePosition } from "./batch.ts";
import type { ImportOptions } from "./batch.ts";
import { DraftWriter } from "./draft.ts";
import { CONTENT_OCTETS_MAX, LINK_OVERHEAD_OCTETS } from "./limits.ts";
import { noteLinks } from "./markdown_links.ts";
import type { NoteFolder } from "./note_folder.ts";
import { identityOf } from "./ntriples.ts";
import { ImportRefusal, Tally } from "./refusal.ts";
import { utf8Fault } from "./utf8.ts";

/** Batches of the links in a folder of notes; positions count notes. */
export async function* importMarkdown(
  folder: NoteFolder,
  options: ImportOptions = {},
): AsyncGenerator<Batch> {
  const from = parsePosition(options.resume);
  const notes = await readNotes(folder);
  const run = new NotesRun(notes, options);
  for (let i = from.offset; i < folder.paths.length; i++) {
    const path = folder.paths[i] as string;
    const given = i === from.offset ? from.given : 0;
    yield* run.note(i, path, await folder.read(path), given);
  }
  yield* run.end(folder.paths.length);
}

/** The notes by path and by name. */
interface Notes {
  /** A note's identity by its path; undefined for one that is no document. */
  readonly identity: ReadonlyMap<string, Uint8Array | undefined>;
  /** Path by lower-case path without ending. */
  readonly byPath: ReadonlyMap<string, string>;
  /** The first path in order by lower-case name. */
  readonly byName: ReadonlyMap<string, string>;
}

async function readNotes(folder: NoteFolder): Promise<Notes> {
  const identity = new Map<string, Uint8Array | undefined>();
  const byPath = new Map<string, string>();
  const byName = new Map<string, string>();
  for (const path of folder.paths) {
    const octets = await folder.read(path);
    const sound = octets.length > 0 && utf8Fault(octets, 0, octets.length) < 0;
    identity.set(path, sound ? identityOf(octets) : undefined);
    const key = withoutEnding(path).toLowerCase();
    if (!byPath.has(key)) byPath.set(key, path);
    const name = nameOf(path).toLowerCase();
    if (!byName.has(name)) byName.set(name, path);
  }
  return { identity, byPath, byName };
}

/** One end of a link. */
type End = { content: Uint8Array } | { identity: Uint8Array };

class NotesRun {
  readonly #writer = new DraftWriter();
  readonly #tally: Tally;
  readonly #skipBad: boolean;

  constructor(readonly notes: Notes, options: ImportOptions) {
    this.#tally = options.tally ?? new Tally();
    this.#skipBad = options.skipBad ?? false;
  }

  /** Gives the links of note number `index`, after the first `given`. */
  *note(
    index: number,
    path: string,
    octets: Uint8Array,
    given: number,
  ): Generator<Batch> {
    const bad = utf8Fault(octets, 0, octets.length);
    if (bad >= 0) {
      const line = lineOf(octets, bad);
      this.#tally.bad({ file: path, line, reason: "not UTF-8" }, this.#skipBad);
    } else if (octets.length > 0) {
      const links = this.#links(path, octets);
      for (let i = given; i < links.length; i++) {
        const [from, to] = links[i] as [End, End];
        const room = LINK_OVERHEAD_OCTETS + sizeOf(from) + sizeOf(to);
        if (!this.#writer.fits(room, 1)) yield this.#take(index, i);
        this.#end(from);
        this.#end(to);
        this.#writer.finish();
      }
    }
    this.#tally.octets += octets.length;
    this.#tally.lines = index + 1;
  }

  *end(count: number): Generator<Batch> {
    if (this.#writer.links > 0) yield this.#take(count, 0);
  }

  #links(path: string, octets: Uint8Array): [End, End][] {
    const id = identityOf(octets);
    const known = this.notes.identity.get(path);
    if (known === undefined || known.toHex() !== id.toHex()) {
      throw new ImportRefusal(`${path} changed during the import`);
    }
    const self: End = { identity: id };
    const document: End = octets.length <= CONTENT_OCTETS_MAX
      ? { content: octets }
      : self;
    const links: [End, End][] = [[nameEnd(nameOf(path)), document]];
    const given = new Set<string>();
    for (const link of noteLinks(new TextDecoder().decode(octets))) {
      const target = link.kind === "wiki"
        ? this.#wiki(path, link.target)
        : this.#relative(path, link.target);
      const key = target === undefined ? "" : keyOf(target);
      if (target === undefined || given.has(key)) continue;
      given.add(key);
      links.push([self, target]);
    }
    return links;
  }

  #wiki(path: string, target: string): End {
    const { byPath, byName } = this.notes;
    const wanted = withoutEnding(target).toLowerCase();
    const beside = `${folderOf(path)}/${wanted}`.toLowerCase();
    const found = byPath.get(wanted) ?? byPath.get(beside) ??
      byName.get(wanted);
    return this.#document(found) ?? nameEnd(nameOf(target));
  }

  #relative(path: string, target: string): End | undefined {
    const at = resolve(folderOf(path), target);
    if (at === undefined) return undefined;
    const exact = this.notes.identity.has(at);
    const found = exact ? at : this.notes.byPath.get(at.toLowerCase());
    return this.#document(found) ??
      (found === undefined ? undefined : nameEnd(nameOf(found)));
  }

  #document(path: string | undefined): End | undefined {
    const identity = path === undefined
      ? undefined
      : this.notes.identity.get(path);
    return identity === undefined ? undefined : { identity };
  }

  #end(end: End): void {
    if ("content" in end) this.#writer.content(end.content);
    else this.#writer.identity(end.identity);
  }

  #take(index: number, given: number): Batch {
    const links = this.#writer.links;
    this.#tally.links += links;
    const position = formatPosition({ offset: index, line: index, given });
    const draft = this.#writer.take();
    return { draft, links, position, line: index, offset: index };
  }
}

function nameEnd(name: string): End {
  return { content: new TextEncoder().encode(name) };
}

function sizeOf(end: End): number {
  return "content" in end ? end.content.length : end.identity.length;
}

function keyOf(end: End): string {
  return "content" in end
    ? `content ${end.content.toHex()}`
    : end.identity.toHex();
}

function withoutEnding(path: string): string {
  return path.replace(/\.(md|markdown)$/i, "");
}

function nameOf(path: string): string {
  return withoutEnding(path.slice(path.lastIndexOf("/") + 1));
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** `target` seen from `folder`; undefined where it leaves the root. */
function resolve(folder: string, target: string): string | undefined {
  const parts = target.startsWith("/") || folder === ""
    ? []
    : folder.split("/");
  for (const part of target.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}

function lineOf(octets: Uint8Array, at: number): number {
  let line = 1;
  for (let i = 0; i < at; i++) if (octets[i] === 0x0a) line++;
  return line;
}
