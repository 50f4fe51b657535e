/** Recordings as octets: whole, torn, damaged, full. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { ChunkReader, ChunkWriter, RecordDamaged } from "./chunk.ts";
import type { Frame } from "./frame.ts";
import { CHUNK_OCTETS, RECORD_OCTETS_MIN } from "./limits.ts";

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** A recording of `count` frames, `perChunk` to a chunk. */
function recordOf(count: number, perChunk: number): Uint8Array {
  const parts: Uint8Array[] = [];
  const writer = new ChunkWriter(
    (octets) => parts.push(octets.slice()),
    RECORD_OCTETS_MIN,
  );
  for (let at = 1; at <= count; at++) {
    writer.frame("answered", at, (out) => out.text(`answer ${at}`));
    if (at % perChunk === 0) writer.flush();
  }
  writer.close("done");
  return joined(parts);
}

interface Read {
  readonly frames: readonly Frame[];
  readonly torn: number;
  readonly damage?: string;
}

function read(octets: Uint8Array): Read {
  let at = 0;
  const frames: Frame[] = [];
  let torn = 0;
  try {
    const reader = new ChunkReader((length) => {
      const taken = octets.subarray(at, at + length);
      at += taken.length;
      return taken;
    });
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      frames.push(...next);
    }
    torn = reader.torn;
  } catch (error) {
    if (!(error instanceof RecordDamaged)) throw error;
    return { frames, torn, damage: error.message };
  }
  return { frames, torn };
}

const WHOLE = recordOf(12, 3);

Deno.test("record: frames come back in order, numbered", () => {
  const { frames, torn, damage } = read(WHOLE);
  strictEqual(damage, undefined);
  strictEqual(torn, 0);
  deepStrictEqual(
    frames.map(({ number }) => number),
    [...frames.keys()].map(
      (at) => at + 1,
    ),
  );
  deepStrictEqual(
    frames.map(({ kind, life }) => `${kind} ${life}`),
    [
      ...Array.from({ length: 12 }, (_, at) => `answered ${at + 1}`),
      "closed 0",
    ],
  );
});

Deno.test("record: wherever it is cut off, what is whole is read", () => {
  for (let length = 0; length < WHOLE.length; length++) {
    const { frames, torn, damage } = read(WHOLE.slice(0, length));
    if (length < 12) {
      match(damage ?? "", length < 8 ? /no record/ : /its head ends/);
      continue;
    }
    strictEqual(damage, undefined, `cut at ${length}`);
    strictEqual(frames.length % 3, 0);
    ok(torn > 0 || frames.length <= 12);
  }
});

Deno.test("record: every changed octet is found, and where", () => {
  for (let at = 0; at < WHOLE.length; at++) {
    const spoilt = WHOLE.slice();
    spoilt[at] = (spoilt[at] ?? 0) ^ 1;
    const { frames, damage } = read(spoilt);
    match(damage ?? "", at < 12 ? /no recording|format/ : /octet \d+, behind/);
    strictEqual(frames.length % 3, 0, "whole chunks before it are read");
  }
});

Deno.test("record: a chunk left out or repeated breaks the chain", () => {
  // Both recordings begin alike: the same head and first chunk.
  const first = recordOf(3, 3);
  const start = [...first.keys()].find((at) => first[at] !== WHOLE[at]) ?? 0;
  ok(start > 12);
  const chunk = WHOLE.slice(12, start);
  match(read(joined([WHOLE, chunk])).damage ?? "", /chunk/);
  const without = joined([WHOLE.slice(0, 12), WHOLE.slice(start)]);
  match(read(without).damage ?? "", /chunk/);
});

Deno.test("record: a file of zeros behind the last chunk is damage", () => {
  match(read(joined([WHOLE, new Uint8Array(64)])).damage ?? "", /head of/);
});

Deno.test("record: it never grows past its bound, and says that it is full", () => {
  let octets = 0;
  const parts: Uint8Array[] = [];
  const writer = new ChunkWriter((part) => {
    octets += part.length;
    parts.push(part.slice());
  }, RECORD_OCTETS_MIN);
  const some = new Uint8Array(1_000).fill(7);
  let frames = 0;
  while (writer.frame("told", 1, (out) => out.octets(some))) frames += 1;
  writer.close("full");
  ok(octets <= RECORD_OCTETS_MIN);
  ok(octets > RECORD_OCTETS_MIN - 2 * CHUNK_OCTETS);
  strictEqual(read(joined(parts)).frames.length, frames + 1);
});

Deno.test("record: a frame that throws is not there", () => {
  const parts: Uint8Array[] = [];
  const writer = new ChunkWriter(
    (part) => parts.push(part.slice()),
    RECORD_OCTETS_MIN,
  );
  writer.frame("told", 1, (out) => out.text("kept"));
  try {
    writer.frame("told", 1, (out) => {
      out.text("not kept");
      throw new Error("half a frame");
    });
  } catch (error) {
    strictEqual(String(error), "Error: half a frame");
  }
  writer.close("");
  strictEqual(read(joined(parts)).frames.length, 2);
});
