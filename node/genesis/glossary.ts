/**
 * Reads a glossary, and finds its terms in other texts.
 *
 * An entry is a paragraph `**term** — definition`, or a table row of term and
 * definition. Other paragraphs are introduction. Pure.
 */
import { cells, plain } from "./markdown_text.ts";

export interface Entry {
  readonly term: string;
  readonly definition: string;
  /** Line on which the entry begins, from 1. */
  readonly line: number;
}

const ENTRY = /^\*\*([^*]+)\*\*\s+[—–-]\s+(\S[^]*)$/;
const TABLE_RULE = /^\|[\s:|-]+\|$/;

/** Entries in order. */
export function parseGlossary(text: string): Entry[] {
  const entries: Entry[] = [];
  const lines = text.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const first = lines[i]?.trim() ?? "";
    const line = i + 1;
    if (first.startsWith("|")) {
      const [term, definition] = cells(first).map(plain);
      // The row above a rule is the table's heading.
      const heads = TABLE_RULE.test(lines[i + 1]?.trim() ?? "");
      if (!heads && !TABLE_RULE.test(first) && term && definition) {
        entries.push({ term, definition, line });
      }
      continue;
    }
    let paragraph = first;
    while (paragraph !== "" && (lines[i + 1]?.trim() ?? "") !== "") {
      paragraph += ` ${lines[++i]?.trim()}`;
    }
    const match = ENTRY.exec(paragraph);
    if (match !== null) {
      const term = plain(match[1] ?? "");
      entries.push({ term, definition: plain(match[2] ?? ""), line });
    }
  }
  return entries;
}

/** Finds which of some terms a text mentions, whole words, in any case. */
export class Mentions {
  readonly #pattern: RegExp | undefined;
  readonly #terms: ReadonlyMap<string, string>;

  constructor(terms: readonly string[]) {
    this.#terms = new Map(terms.map((term) => [term.toLowerCase(), term]));
    // Longer terms first, so that "hot swap" is not only "swap".
    const sorted = [...this.#terms.keys()].sort((a, b) => b.length - a.length);
    this.#pattern = sorted.length === 0 ? undefined : new RegExp(
      `(?<![\\p{L}\\p{N}])(${
        sorted.map(RegExp.escape).join("|")
      })(?:s|es)?(?![\\p{L}\\p{N}])`,
      "giu",
    );
  }

  /** Terms in the order in which the text first mentions them. */
  in(text: string): string[] {
    if (this.#pattern === undefined) return [];
    const found = new Set<string>();
    for (const match of text.matchAll(this.#pattern)) {
      const term = this.#terms.get((match[1] ?? "").toLowerCase());
      if (term !== undefined) found.add(term);
    }
    return [...found];
  }
}
