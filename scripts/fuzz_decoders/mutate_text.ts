/**
 * Changes of JSON and of line formats, where octets alone seldom get far.
 *
 * Texts are handled as one character for each octet, so that octets which are no
 * UTF-8 pass through as they are.
 */
import { Buffer } from "node:buffer";
import { below, type Change, CHANGES, pick } from "./mutate.ts";
import type { Chance } from "./target.ts";

const TOKEN =
  /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/g;
const MEMBER = /"(?:[^"\\]|\\.)*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[\w.+-]+)/g;
const BASE64 =
  /^"(?:[A-Za-z0-9+/]{4}){2,}(?:[A-Za-z0-9+/]{2}[A-Za-z0-9+/=]=)?"$/;

const latin1 = (octets: Uint8Array) => Buffer.from(octets).toString("latin1");
const octetsOf = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const utf8 = (text: string) => latin1(new TextEncoder().encode(text));

const ODD_NUMBERS = [
  "0",
  "-0",
  "-1",
  "1e999",
  "-1e999",
  "1e-999",
  "0.5",
  "1E0",
  "00",
  "0x10",
  "9007199254740993",
  "18446744073709551616",
  "281474976710656",
  "2147483648",
  "9".repeat(400),
  `0.${"0".repeat(400)}1`,
  "NaN",
  "Infinity",
];
/** As octets: wrong UTF-8 is among them. */
const ODD_TEXTS = [
  "\0",
  "\r",
  "\t",
  "\n",
  "\x7f",
  "\x1b[31m",
  utf8("\ufeff"),
  utf8("\u202e"),
  utf8("e\u0301"),
  utf8("\u0085"),
  utf8("\u2028"),
  utf8("😀"),
  utf8("\ufffd"),
  utf8("İ"),
  utf8("ﷺ"),
  "\xc0\x80",
  "\xed\xa0\x80",
  "\xf4\x90\x80\x80",
  "\xff",
  "\xe2\x82",
];
const ODD_ESCAPES = [
  "\\ud800",
  "\\udc00",
  "\\u0000",
  "\\u202e",
  "\\ud83d\\ude00",
  "\\u00",
  "\\x",
  "\\",
  "__proto__",
  "constructor",
  "../..",
  "%00",
];
const ODD_KEYS = ['"__proto__"', '"constructor"', '"toString"', '""', '"0"'];
const ODD_VALUES = ["null", "true", "{}", "[]", '""', '"0"', "[[]]", "[{}]"];
const DEPTHS = [1, 31, 32, 33, 63, 64, 65, 1000, 20_000];

type TextChange = (text: string, chance: Chance, octetsMax: number) => string;

const put = (text: string, at: number, length: number, piece: string) =>
  text.slice(0, at) + piece + text.slice(at + length);

function inserted(text: string, chance: Chance, piece: string): string {
  return put(text, below(text.length + 1, chance), 0, piece);
}

/** Replaces one match of a pattern by what is made of it. */
function atMatch(
  text: string,
  pattern: RegExp,
  chance: Chance,
  made: (match: string) => string,
): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const { 0: match, index } = pick(found, chance);
  return put(text, index, match.length, made(match));
}

const isValue = (token: string) => !/^[{}[\],:]$/.test(token);

function changedToken(token: string, chance: Chance): string {
  const kind = below(5, chance);
  if (!isValue(token)) return kind === 0 ? "" : token + token;
  if (BASE64.test(token) && kind < 3) return changedBase64(token, chance);
  if (token.startsWith('"') && kind < 3) {
    const at = 1 + below(token.length - 1, chance);
    return put(token, at, 0, pick([...ODD_TEXTS, ...ODD_ESCAPES], chance));
  }
  if (kind === 3) {
    const depth = pick(DEPTHS, chance);
    const [open, close] = chance() < 0.5 ? ["[", "]"] : ['{"a":', "}"];
    return open.repeat(depth) + token + close.repeat(depth);
  }
  return pick([...ODD_NUMBERS, ...ODD_VALUES], chance);
}

/** The octets behind a base64 text, changed. */
function changedBase64(token: string, chance: Chance): string {
  const octets = new Uint8Array(Buffer.from(token.slice(1, -1), "base64"));
  const change = pick(CHANGES, chance);
  const changed = change(octets, chance, [octets], octets.length);
  return `"${Buffer.from(changed).toString("base64")}"`;
}

const JSON_CHANGES: readonly TextChange[] = [
  (text, chance) =>
    atMatch(text, TOKEN, chance, (token) => changedToken(token, chance)),
  (text, chance) =>
    atMatch(text, TOKEN, chance, (token) => changedToken(token, chance)),
  (text, chance) =>
    atMatch(text, MEMBER, chance, (member) => `${member},${member}`),
  (text, chance) =>
    atMatch(
      text,
      MEMBER,
      chance,
      (member) =>
        `${pick(ODD_KEYS, chance)}:${pick(ODD_VALUES, chance)},${member}`,
    ),
  function swappedTokens(text, chance) {
    const found = [...text.matchAll(TOKEN)].filter(([token]) => isValue(token));
    if (found.length < 2) return text;
    const [a, b] = [pick(found, chance), pick(found, chance)]
      .sort((one, other) => one.index - other.index);
    if (a === undefined || b === undefined || a === b) return text;
    return put(
      put(text, b.index, b[0].length, a[0]),
      a.index,
      a[0].length,
      b[0],
    );
  },
  (text, chance) => inserted(text, chance, pick(ODD_TEXTS, chance)),
  /** Many members or items. */
  function many(text, chance, octetsMax) {
    const room = octetsMax - text.length;
    return atMatch(text, MEMBER, chance, (member) => {
      const times = below(Math.floor(room / (member.length + 8)), chance);
      const key = member.slice(0, member.indexOf('"', 1));
      const rest = member.slice(key.length);
      const more = Array.from({ length: times }, (_, i) => `${key}${i}${rest}`);
      return [member, ...more].join(",");
    });
  },
];

const SEPARATORS = ["\t", " ", "|", ":", ",", "[[", "](", "`", "<", '"', "\\"];

const LINE_CHANGES: readonly TextChange[] = [
  (text, chance) => inserted(text, chance, pick(ODD_TEXTS, chance)),
  (text, chance) => inserted(text, chance, pick(SEPARATORS, chance)),
  (text, chance) =>
    inserted(text, chance, pick(["\n", "\r\n", "\r", "\n\n"], chance)),
  (text, chance) =>
    atMatch(text, /\d+/g, chance, () => pick(ODD_NUMBERS, chance)),
  (text, chance) => atMatch(text, /\r?\n/g, chance, () => ""),
  (text, chance) =>
    atMatch(
      text,
      /[^\n]*\n/g,
      chance,
      (line) => chance() < 0.5 ? "" : line + line,
    ),
  (text, chance) =>
    atMatch(text, /[^\t\n ]+/g, chance, (word) => word.slice(1)),
  (text, chance) => utf8("\ufeff") + inserted(text, chance, ""),
  (text, chance) => text.replace(/\n$/, "") + inserted("", chance, ""),
  /** A long line, or many lines. */
  function long(text, chance, octetsMax) {
    const room = Math.max(0, octetsMax - text.length);
    const piece = pick(
      ["x", "[[a", "](b", "\t", "`", "é", "\n", " .\n"],
      chance,
    );
    const times = below(Math.floor(room / piece.length) + 1, chance);
    return inserted(text, chance, utf8(piece.repeat(times)));
  },
];

const changing = (changes: readonly TextChange[]): Change =>
(
  octets,
  chance,
  _,
  octetsMax,
) => octetsOf(pick(changes, chance)(latin1(octets), chance, octetsMax));

export const changeJson = changing(JSON_CHANGES);
export const changeLines = changing(LINE_CHANGES);
