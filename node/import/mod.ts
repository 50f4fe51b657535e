/**
 * Opens something to import and gives its links as batches.
 *
 * One door for every format: `openImport` looks at the path, `batches` streams
 * in bounded memory. Apply each batch whole; keep `bookmark(batch)` in the same
 * atomic write, and `resumeFrom` the stored value finds the place to go on.
 * Every failure is an `ImportRefusal`.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { resolve } from "node:path";
import type { Batch, ImportOptions } from "./batch.ts";
import { bookmarkKey, bookmarkValue, parseBookmark } from "./bookmark.ts";
import { parsePosition } from "./batch.ts";
import { importEdges } from "./edges.ts";
import { importMarkdown } from "./markdown.ts";
import { noteFolder } from "./note_folder.ts";
import { importNTriples } from "./ntriples.ts";
import { importPackages } from "./packages.ts";
import { ImportRefusal } from "./refusal.ts";
import { fileSource, type OctetSource, pipeSource } from "./source.ts";
import { importTsv } from "./tsv.ts";

export type { Batch, ImportOptions } from "./batch.ts";
export {
  type BadRecord,
  describeBad,
  ImportRefusal,
  Tally,
} from "./refusal.ts";

export const IMPORT_FORMATS = [
  "tsv",
  "packages",
  "ntriples",
  "el",
  "wel",
  "markdown",
] as const;
export type ImportFormat = typeof IMPORT_FORMATS[number];

/** Octets of a source, read and in all; `total` is unknown for a pipe. */
export interface Progress {
  readonly done: number;
  readonly total: number | undefined;
}

export interface Import {
  readonly format: ImportFormat;
  /** Under which key the bookmark is kept; undefined: it cannot resume. */
  readonly bookmarkKey: string | undefined;
  /** What to store under the key together with a batch. */
  bookmark(batch: Batch): string;
  /** The stored value as `resume`, if it is about this very source. */
  resumeFrom(stored: string | undefined): string | undefined;
  /** Notes of a folder, stored octets of a file. */
  progress(): Progress;
  /** The batches; to be called once. */
  batches(options: ImportOptions): AsyncGenerator<Batch>;
}

/** Whether `name` is one of `IMPORT_FORMATS`. */
export function isImportFormat(name: string): name is ImportFormat {
  return (IMPORT_FORMATS as readonly string[]).includes(name);
}

/** Guesses a format from a path; undefined where it takes the user to say. */
export function formatOf(path: string): ImportFormat | undefined {
  const name = path.toLowerCase().replace(/\.gz$/, "");
  if (name.endsWith(".tsv")) return "tsv";
  if (name.endsWith(".el")) return "el";
  if (name.endsWith(".wel")) return "wel";
  if (name.endsWith(".nt") || name.endsWith(".ntriples")) return "ntriples";
  return /(^|[/_])packages$/.test(name) ? "packages" : undefined;
}

/** Opens a file (a folder for `markdown`, `-` for standard input). */
export async function openImport(
  format: ImportFormat,
  path: string,
): Promise<Import> {
  if (format === "markdown") return await openNotes(path);
  const source = path === "-"
    ? pipeSource(Deno.stdin.readable)
    : await fileSource(path);
  const key = source.fingerprint(0) === undefined
    ? undefined
    : bookmarkKey(resolve(path));
  return {
    ...marks(format, (offset) => source.fingerprint(offset) ?? "pipe", key),
    progress: () => ({ done: source.taken, total: source.size }),
    batches: (options) => streamed(format, source, key ?? "", options),
  };
}

function streamed(
  format: Exclude<ImportFormat, "markdown">,
  source: OctetSource,
  key: string,
  options: ImportOptions,
): AsyncGenerator<Batch> {
  const octets = source.open(parsePosition(options.resume).offset);
  if (format === "tsv") return importTsv(octets, options);
  if (format === "packages") return importPackages(octets, options);
  if (format === "el" || format === "wel") {
    return importEdges(octets, format === "wel", options);
  }
  // Blank nodes are a document's own; a document is what lies at one path.
  const scope = key.split(" ")[1] ?? "";
  return importNTriples(octets, { ...options, scope: scope.slice(0, 16) });
}

async function openNotes(path: string): Promise<Import> {
  if (path === "-") throw new ImportRefusal("markdown wants a folder, not -");
  const folder = await noteFolder(path);
  const names = new TextEncoder().encode(folder.paths.join("\n"));
  const fingerprint = `${folder.paths.length}:${blake3(names).toHex()}`;
  let done = 0;
  return {
    ...marks("markdown", () => fingerprint, bookmarkKey(resolve(path))),
    progress: () => ({ done, total: folder.paths.length }),
    async *batches(options) {
      for await (const batch of importMarkdown(folder, options)) {
        done = batch.offset;
        yield batch;
      }
    },
  };
}

function marks(
  format: ImportFormat,
  fingerprint: (offset: number) => string,
  key: string | undefined,
): Pick<Import, "format" | "bookmarkKey" | "bookmark" | "resumeFrom"> {
  return {
    format,
    bookmarkKey: key,
    bookmark: ({ position }) =>
      bookmarkValue({
        format,
        fingerprint: fingerprint(parsePosition(position).offset),
        position,
      }),
    resumeFrom: (stored) => {
      const known = stored === undefined ? undefined : parseBookmark(stored);
      if (known?.format !== format) return undefined;
      const { offset } = parsePosition(known.position);
      return known.fingerprint === fingerprint(offset)
        ? known.position
        : undefined;
    },
  };
}
