/**
 * Text in terminal cells: how wide it is, and how to cut it.
 *
 * Counts what a terminal shows, not code units: a grapheme is 1 or 2 cells.
 * Text from the graph is made harmless first: control characters could move the
 * cursor or recolour the screen.
 */

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const WIDE =
  /^(?:\p{Emoji_Presentation}|.\uFE0F|[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}])/u;
const PLAIN = /^[\x20-\x7e]*$/;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

/** One line without control or direction-changing characters. */
export function printable(text: string): string {
  return text.replaceAll(/\s+/gu, " ").replaceAll(
    /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu,
    "\ufffd",
  ).trim();
}

/** Columns of a terminal that the text takes. */
export function width(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let cells = 0;
  for (const { segment } of segmenter.segment(text)) cells += cellsOf(segment);
  return cells;
}

function cellsOf(grapheme: string): number {
  if (ZERO.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** The text in at most `cells` columns, with an ellipsis where it is cut. */
export function cut(text: string, cells: number): string {
  if (width(text) <= cells) return text;
  if (cells <= 0) return "";
  let kept = "";
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    const more = cellsOf(segment);
    if (used + more > cells - 1) break;
    kept += segment;
    used += more;
  }
  return `${kept}…`;
}

/** The text in exactly `cells` columns. */
export function pad(text: string, cells: number, right = false): string {
  const fitted = cut(text, cells);
  const space = " ".repeat(Math.max(0, cells - width(fitted)));
  return right ? space + fitted : fitted + space;
}
