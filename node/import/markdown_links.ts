/**
 * Finds the links in one Markdown note.
 *
 * Wiki links `[[Note]]`, `[[Note|alias]]`, `[[Note#heading]]`, and inline and
 * reference links to relative addresses, in order, each target once. Nothing
 * inside fenced code blocks and code spans counts. Linear in the text.
 *
 * Deliberately absent: links by absolute address, and blocks of code that are
 * only indented (an indented line may as well belong to a list).
 */

/** A wiki link's name, or a relative address, without fragment. */
export interface NoteLink {
  readonly kind: "wiki" | "path";
  readonly target: string;
}

/** A link's target is at most this many characters. */
const TARGET_MAX = 1024;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const DEFINITION = /^ {0,3}\[[^\]]{1,999}\]: {0,9}(\S+)/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;

export function noteLinks(text: string): NoteLink[] {
  const found = new Map<string, NoteLink>();
  const add = (link: NoteLink | undefined) => {
    if (link !== undefined) found.set(`${link.kind} ${link.target}`, link);
  };
  for (const line of prose(text)) {
    const definition = DEFINITION.exec(line)?.[1];
    if (definition !== undefined) add(pathLink(definition));
    for (let at = 0; (at = line.indexOf("[", at)) >= 0; at++) {
      if (line[at + 1] === "[") add(wikiLink(line, at + 2));
    }
    for (const address of inlineAddresses(line)) add(pathLink(address));
  }
  return [...found.values()];
}

/** Lines outside fenced code, with code spans blanked out. */
function* prose(text: string): Generator<string> {
  let fence: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const mark = FENCE.exec(line)?.[1];
    if (fence !== undefined) {
      const closes = mark !== undefined && mark[0] === fence[0] &&
        mark.length >= fence.length && line.trim() === mark;
      if (closes) fence = undefined;
    } else if (mark !== undefined) fence = mark;
    else yield withoutSpans(line);
  }
}

/** Blanks each `code span`: a run of back-ticks up to a run of that length. */
function withoutSpans(line: string): string {
  if (!line.includes("`")) return line;
  const runs = [...line.matchAll(/`+/g)];
  const lastOf = new Map(runs.map((run, i) => [run[0].length, i]));
  let kept = "";
  let at = 0;
  for (let i = 0; i < runs.length; i++) {
    const open = runs[i];
    const length = open?.[0].length ?? 0;
    if (open === undefined || (lastOf.get(length) ?? 0) <= i) continue;
    let close = i + 1;
    while (runs[close]?.[0].length !== length) close++;
    kept += line.slice(at, open.index) + " ";
    at = (runs[close]?.index ?? 0) + length;
    i = close;
  }
  return kept + line.slice(at);
}

function wikiLink(line: string, start: number): NoteLink | undefined {
  const inside = line.slice(start, start + TARGET_MAX);
  const end = inside.search(/\]\]|\[|\n/);
  if (end < 0 || inside[end] !== "]") return undefined;
  const target = (inside.slice(0, end).split(/[|#^]/, 1)[0] ?? "").trim();
  // `[[#heading]]` stays inside its note.
  return target === "" ? undefined : { kind: "wiki", target };
}

/**
 * Addresses behind `](`, in their order. What lies inside of an address is no
 * link, so all of them together are no longer than the line.
 */
function* inlineAddresses(line: string): Generator<string> {
  if (!line.includes("](")) return;
  const ends = addressEnds(line);
  for (let at = 0; (at = line.indexOf("](", at)) >= 0;) {
    const from = at + 2;
    const isQuoted = line[from] === "<";
    const end = isQuoted
      ? line.slice(from, from + TARGET_MAX).indexOf(">") + from
      : ends.get(from) ?? from - 1;
    at = from;
    if (end < from + (isQuoted ? 1 : 0) || end - from >= TARGET_MAX) continue;
    yield line.slice(isQuoted ? from + 1 : from, end);
    at = end;
  }
}

/**
 * By where an address begins, where it ends: at the first space, or at the
 * parenthesis that closes it. One pass, however many are open at once.
 */
function addressEnds(line: string): Map<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (let at = line.indexOf("]("); at < line.length; at++) {
    const c = line[at];
    if (c === "(") open.push(at + 1);
    else if (c === ")") {
      const from = open.pop();
      if (from !== undefined) ends.set(from, at);
    } else if (c === " ") {
      for (const from of open.splice(0)) ends.set(from, at);
    }
  }
  return ends;
}

function pathLink(address: string): NoteLink | undefined {
  if (SCHEME.test(address) || address.startsWith("//")) return undefined;
  const path = address.split(/[?#]/, 1)[0] ?? "";
  try {
    const target = decodeURIComponent(path.replace(/^<|>$/g, ""));
    return target === "" || target.length > TARGET_MAX
      ? undefined
      : { kind: "path", target };
  } catch {
    // A stray `%` is no address.
    return undefined;
  }
}
