import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  LOG_LINE_OCTETS_MAX,
  LOG_LINES_KEPT,
  LOG_LINES_PER_SECOND,
} from "../limits.ts";
import { Diary } from "./diary.ts";
import { cutToOctets, logFor, type LogLine, type LogSink } from "./services.ts";

const octetsOf = (text: string) => new TextEncoder().encode(text).length;

Deno.test("control: a text that fits is not cut", () => {
  for (const text of ["", "plain", "grün", "😀".repeat(1_024)]) {
    strictEqual(cutToOctets(text, LOG_LINE_OCTETS_MAX), text);
  }
});

Deno.test("a text is cut by octets of UTF-8, never inside a character", () => {
  for (const letter of ["a", "ü", "中", "😀"]) {
    const cut = cutToOctets(letter.repeat(5_000), LOG_LINE_OCTETS_MAX);
    const width = octetsOf(letter);
    strictEqual(cut, letter.repeat(Math.floor(LOG_LINE_OCTETS_MAX / width)));
    strictEqual(cutToOctets(`a${letter}`, width), "a");
  }
});

function log(sink?: LogSink) {
  let nowMs = 0;
  const lines: LogLine[] = [];
  const diary = new Diary();
  const times = { monotonicMs: () => nowMs, wallMs: () => 7 };
  const who = { cell: "a", generation: 3 };
  return {
    lines,
    diary,
    pass: (ms: number) => nowMs += ms,
    log: logFor(who, diary, times, sink ?? ((line) => lines.push(line))),
  };
}

Deno.test("a line carries cell, generation and time", () => {
  const { log: { write }, lines, diary } = log();
  write("warn", "careful");
  deepStrictEqual(lines, [{
    cell: "a",
    generation: 3,
    severity: "warn",
    message: "careful",
    wallMs: 7,
  }]);
  deepStrictEqual(diary.lines, ["warn: careful"]);
});

Deno.test("lines past the rate are dropped, and the next second says so", () => {
  const { log: { write }, lines, pass } = log();
  for (let i = 0; i < LOG_LINES_PER_SECOND + 50; i += 1) write("info", `${i}`);
  strictEqual(lines.length, LOG_LINES_PER_SECOND);
  pass(1_000);
  write("info", "again");
  deepStrictEqual(lines.slice(-2).map(({ message }) => message), [
    "50 lines were dropped",
    "again",
  ]);
});

Deno.test("a diary keeps the last lines, and one generation's only", () => {
  const { log: { write }, diary } = log();
  const before = diary.lines;
  for (let i = 0; i < LOG_LINES_KEPT + 5; i += 1) write("info", `${i}`);
  strictEqual(diary.lines.length, LOG_LINES_KEPT);
  strictEqual(diary.lines[0], "info: 5");
  deepStrictEqual(before, []);
});

Deno.test("a sink that throws is not the cell's fault", () => {
  const { log: { write }, diary } = log(() => {
    throw new Error("the terminal is gone");
  });
  write("info", "still here");
  ok(diary.lines.includes("info: still here"));
});
