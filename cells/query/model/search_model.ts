/**
 * Search as slowly and plainly as it can be written, to compare the cell with.
 *
 * Written from the definition (README.md), not from the cell's code: terms by
 * regular expressions, statistics by counting over all texts for each query.
 */

export interface ModelText {
  particle: number;
  octets: Uint8Array;
}

export interface ModelHit {
  particle: number;
  score: number;
}

export interface ModelHits {
  items: ModelHit[];
  matches: number;
}

const OCTETS_MAX = 4096;
const TERM_OCTETS_MAX = 64;
const encoder = new TextEncoder();

/** Terms of a text in order, with repetitions. */
export function termsOf(text: string): string[] {
  const words = text.match(
    /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]|[[\p{L}\p{N}\p{M}]--[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]]+/gv,
  ) ?? [];
  return words.map((word) => cutAt(foldText(word), TERM_OCTETS_MAX));
}

/** The text that is indexed of a content; undefined if it is not UTF-8. */
export function indexedText(octets: Uint8Array): string | undefined {
  const decode = (part: Uint8Array) =>
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(part);
  const whole = octets.length <= OCTETS_MAX;
  for (let cut = 0; cut < (whole ? 1 : 4); cut++) {
    try {
      return decode(octets.subarray(0, OCTETS_MAX - cut));
    } catch {
      continue;
    }
  }
  return undefined;
}

/** The best `limit` for the query, given each particle's focus. */
export function searchModel(
  texts: readonly ModelText[],
  query: string,
  limit: number,
  focuses: ReadonlyMap<number, number>,
): ModelHits {
  const documents = texts.flatMap(({ particle, octets }) => {
    const text = indexedText(octets);
    const terms = text === undefined ? [] : termsOf(text);
    return terms.length === 0 ? [] : [{ particle, terms, text }];
  });
  const mean = documents.reduce((sum, d) => sum + d.terms.length, 0) /
    documents.length;
  const wanted = [...new Set(termsOf(query))];
  const frequency = new Map(
    wanted.map((
      term,
    ) => [term, documents.filter((d) => d.terms.includes(term)).length]),
  );
  const scored = documents.flatMap(({ particle, terms, text }) => {
    let relevance = 0;
    for (const term of wanted) {
      const tf = terms.filter((t) => t === term).length;
      if (tf === 0) continue;
      const n = frequency.get(term) ?? 0;
      const idf = Math.log(1 + (documents.length - n + 0.5) / (n + 0.5));
      const norm = 1.2 * (1 - 0.75 + 0.75 * terms.length / mean);
      relevance += idf * tf * 2.2 / (tf + norm);
    }
    if (relevance === 0) return [];
    const score = relevance * focusFactor(particle, focuses);
    return [{ particle, score, exact: text === query }];
  });
  scored.sort((a, b) => b.score - a.score || a.particle - b.particle);
  const rest = scored.filter((hit) => !hit.exact);
  const best = rest[0]?.score ?? 0;
  const exact = scored.filter((hit) => hit.exact)
    .map((hit) => ({ ...hit, score: hit.score + best }));
  return {
    items: [...exact, ...rest].slice(0, limit)
      .map(({ particle, score }) => ({ particle, score })),
    matches: scored.length,
  };
}

function focusFactor(
  particle: number,
  focuses: ReadonlyMap<number, number>,
): number {
  const n = focuses.size;
  if (n === 0) return 1;
  const multiple = (focuses.get(particle) ?? 0) * n;
  return 1 + Math.log(1 + multiple) / Math.log(1 + n);
}

function foldText(text: string): string {
  return Array.from(text, (char) => {
    const lower = char.toLowerCase();
    return [...lower].length > 1 ? char : lower === "ς" ? "σ" : lower;
  }).join("");
}

function cutAt(text: string, octetsMax: number): string {
  let cut = "";
  let octets = 0;
  for (const char of text) {
    octets += encoder.encode(char).length;
    if (octets > octetsMax) break;
    cut += char;
  }
  return cut;
}
