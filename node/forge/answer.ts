/**
 * What a model answered: files of a driver, or why it is no such thing.
 *
 * A file is a line `FILE name.ts` and a fenced block. Names are plain, sizes are
 * bounded, and imports lead to the driver's own files, the bindings or the SDK.
 * The check of imports is for a clear word; the compiler is given a table of
 * texts, and can read nothing else whatever this lets pass.
 *
 * Deliberately absent: guessing. An answer in another form is refused as a whole.
 */
import { FILE_OCTETS_MAX, FILES_MAX, SOURCE_OCTETS_MAX } from "./limits.ts";

/** Texts by file name. */
export type Sources = ReadonlyMap<string, string>;

/** The answer is no driver; the message is told to the model. */
export class BadAnswer extends Error {
  override readonly name = "BadAnswer";
}

const NAME = /^[a-z][a-z0-9_]{0,39}\.ts$/;
const HEAD = /^[#*`\s]*FILE[:\s]+`?([^\s`*]+)`?[*`\s]*$/;
const FENCE = /^\s*(`{3,})([\w-]*)\s*$/;
const IMPORT =
  /(?:\bfrom|\bimport)\s*(?:\(\s*)?(?:"([^"\n]*)"|'([^'\n]*)'|`([^`\n]*)`)/g;
/** Where the SDK is, seen from the driver's folder. */
const SDK = "../../../../cells/sdk/assembly/";
const PLAIN = /^[a-z][a-z0-9_]*(\.ts)?$/;

/** The files in the text, checked; an empty one is to be removed. */
export function filesOf(text: string): Sources {
  const files = new Map<string, string>();
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const [, name] = HEAD.exec(lines[at] ?? "") ?? [];
    if (name === undefined) continue;
    while ((lines[at + 1] ?? "-").trim() === "") at++;
    const [, fence] = FENCE.exec(lines[at + 1] ?? "") ?? [];
    if (fence === undefined) {
      throw new BadAnswer(
        `after "FILE ${shown(name)}" a fenced block must follow`,
      );
    }
    const from = at + 2;
    let to = from;
    while (to < lines.length && (lines[to] ?? "").trim() !== fence) to++;
    if (to === lines.length) {
      throw new BadAnswer(
        `the block of ${
          shown(name)
        } does not end; the answer may have been cut short`,
      );
    }
    if (files.has(name)) throw new BadAnswer(`${shown(name)} is there twice`);
    const body = lines.slice(from, to).join("\n");
    files.set(name, body.trim() === "" ? "" : `${body}\n`);
    if (files.size > FILES_MAX) {
      throw new BadAnswer(`over ${FILES_MAX} files`);
    }
    at = to;
  }
  if (files.size === 0) {
    throw new BadAnswer(
      'there is no file in it; write a line "FILE name.ts", then a fenced block with the whole file',
    );
  }
  checkFiles(files);
  return files;
}

/** The files that there are after an answer; empty ones are removed. */
export function merged(before: Sources, answer: Sources): Sources {
  const all = new Map([...before, ...answer]);
  for (const [name, text] of all) if (text === "") all.delete(name);
  checkFiles(all);
  return all;
}

/** Throws `BadAnswer` if these cannot be the files of a driver. */
export function checkFiles(files: Sources): void {
  if (files.size > FILES_MAX) {
    throw new BadAnswer(`${files.size} files; at most ${FILES_MAX}`);
  }
  let whole = 0;
  for (const [name, text] of files) {
    if (!NAME.test(name)) {
      throw new BadAnswer(
        `${
          shown(name)
        } is no file name: lower case letters, digits and _, then .ts; no folder`,
      );
    }
    const octets = new TextEncoder().encode(text).length;
    if (octets > FILE_OCTETS_MAX) {
      throw new BadAnswer(`${name} has over ${FILE_OCTETS_MAX} octets`);
    }
    whole += octets;
    if (text.includes("\0")) throw new BadAnswer(`${name} has a zero octet`);
    checkImports(name, text);
  }
  if (whole > SOURCE_OCTETS_MAX) {
    throw new BadAnswer(`the files have over ${SOURCE_OCTETS_MAX} octets`);
  }
}

function checkImports(file: string, text: string): void {
  if (/@\s*external\b/.test(text)) {
    throw new BadAnswer(
      `${file} has @external; what there is to import is in "./gen/"`,
    );
  }
  for (const [, double, single, back] of text.matchAll(IMPORT)) {
    const path = double ?? single ?? back ?? "";
    const inside = ["./gen/", "./", SDK].find((start) =>
      path.startsWith(start) && PLAIN.test(path.slice(start.length))
    );
    if (inside !== undefined) continue;
    throw new BadAnswer(
      `${file} imports ${
        shown(path)
      }; it may import "./name" and "./gen/name", and "${SDK}name"`,
    );
  }
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
