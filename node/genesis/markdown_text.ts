/**
 * Reads the plain Markdown of our own documents: headings and paragraphs.
 *
 * A list item and a table row are paragraphs of their own; code blocks, images
 * and rules are left out; markup inside a line is taken off. Pure.
 */

/** A heading, and what stands under it up to the next one. */
export interface Section {
  /** 1 to 6; 0 for what stands before the first heading. */
  readonly level: number;
  readonly heading: string;
  readonly paragraphs: readonly string[];
}

/** A link to another file, as it is written. */
const LINK = /!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)/g;
const FENCE = /^\s*(```|~~~)/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/;
const RULE = /^\s*([-*_]\s*){3,}$/;
const TABLE_RULE = /^\s*\|?[\s:|-]+\|?\s*$/;

/** Sections in order. */
export function sections(text: string): Section[] {
  const found: { level: number; heading: string; paragraphs: string[] }[] = [
    { level: 0, heading: "", paragraphs: [] },
  ];
  let open: string[] = [];
  let fence: string | undefined;
  const close = () => {
    const paragraph = plain(open.join(" "));
    if (paragraph !== "") found.at(-1)?.paragraphs.push(paragraph);
    open = [];
  };
  for (const line of text.split(/\r?\n/)) {
    const mark = FENCE.exec(line)?.[1];
    if (fence !== undefined || mark !== undefined) {
      close();
      if (fence === undefined) fence = mark;
      else if (mark === fence) fence = undefined;
      continue;
    }
    const heading = HEADING.exec(line);
    const row = line.trimStart().startsWith("|");
    if (line.trim() === "" || RULE.test(line) || heading || row) close();
    if (heading !== null) {
      found.push({
        level: heading[1]?.length ?? 1,
        heading: plain(heading[2] ?? ""),
        paragraphs: [],
      });
    } else if (row) {
      if (!TABLE_RULE.test(line)) open.push(cells(line).join(" · "));
      close();
    } else if (!RULE.test(line)) {
      if (ITEM.test(line)) close();
      open.push(line.replace(ITEM, ""));
    }
  }
  close();
  return found.filter(({ level, paragraphs }) =>
    level > 0 || paragraphs.length > 0
  );
}

/** Relative addresses that a text links to, without fragments. */
export function relativeLinks(text: string): string[] {
  return [...text.matchAll(LINK)]
    .map((match) => (match[2] ?? "").split("#", 1)[0] ?? "")
    .filter((address) => address !== "" && !/^[a-z]+:/i.test(address));
}

/** A line without its markup. */
export function plain(line: string): string {
  return line
    .replace(LINK, "$1")
    .replace(/(\*\*|__)(.+?)\1/g, "$2")
    .replace(/(?<![\w*])[*_]([^*_\s][^*_]*)[*_](?![\w*])/g, "$1")
    .replace(/`+([^`]*)`+/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}

/** The cells of a table row. */
export function cells(row: string): string[] {
  return row.trim().replace(/^\||\|$/g, "").split("|")
    .map((cell) => cell.trim())
    .filter((cell) => cell !== "");
}
