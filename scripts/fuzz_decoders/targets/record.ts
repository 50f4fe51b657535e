/**
 * kernel/record: values, questions, frames and whole recordings.
 *
 * Frames are also put into a chunk with the right link after they were changed.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { concatOctets, Writer } from "../../../kernel/crypto/mod.ts";
import {
  ChunkReader,
  ChunkWriter,
  RecordDamaged,
} from "../../../kernel/record/chunk.ts";
import {
  bodyOf,
  Breaking,
  ComponentBody,
  Disposed,
  type Frame,
  LifeHead,
  readCall,
  readQuestion,
  Reason,
  writeHead,
  writeQuestion,
} from "../../../kernel/record/frame.ts";
import {
  RECORD_OCTETS_MIN,
  VALUE_DEPTH_MAX,
} from "../../../kernel/record/limits.ts";
import {
  Misread,
  OctetReader,
  OctetWriter,
} from "../../../kernel/record/octets.ts";
import { inWords } from "../../../kernel/record/script.ts";
import { readValue, writeValue } from "../../../kernel/record/value.ts";
import {
  isCanonical,
  octetsTarget,
  type Target,
  type Verdict,
} from "../target.ts";

const OCTETS_MAX = 2 ** 24;
const HEAD_OCTETS = 12;
const LINK_OCTETS = 16;

const VALUES: readonly unknown[] = [
  undefined,
  true,
  -7,
  0.5,
  2 ** 53 - 1,
  (1n << 64n) - 1n,
  -5n,
  "text ✓",
  Uint8Array.of(1, 2, 3, 0, 0),
  Float64Array.of(1, 2),
  BigUint64Array.of(3n),
  [1, [2, { tag: "ok", val: { a: [], b: "c" } }]],
  { hash: "00", octets: Uint8Array.of(1) },
  {
    cell: "rank",
    generation: 1,
    hash: "00",
    memoryMib: 16,
    startMs: 500,
    contracts: ["a", "b"],
  },
];

/** One list in another, almost as deep as values may nest. */
const deep = (depth: number): unknown => depth === 0 ? [] : [deep(depth - 1)];

const HEAD = {
  cell: "rank",
  generation: 1,
  hash: "00",
  memoryMib: 16,
  startMs: 500,
  contracts: ["karyon:graph/reads@0.1.0"],
};

function written(write: (out: OctetWriter) => void): Uint8Array {
  const out = new OctetWriter(OCTETS_MAX);
  write(out);
  return out.written.slice();
}

function refusing(
  run: () => void,
  kinds: readonly (new (...args: never[]) => Error)[],
): Verdict {
  try {
    run();
    return "taken";
  } catch (error) {
    if (kinds.some((kind) => error instanceof kind)) return "refused";
    throw error;
  }
}

/** Values have one spelling; reading is lenient, writing is not. */
function checkValue(value: unknown): void {
  const once = written((out) => writeValue(out, value));
  const again = readValue(new OctetReader(once));
  isCanonical(once, written((out) => writeValue(out, again)));
}

const question = (out: OctetWriter) =>
  writeQuestion(
    out,
    written((head) => writeHead(head, "karyon:graph/reads@0.1.0", "scan")),
    [0n, 65_536],
  );

function someRecording(): Uint8Array {
  const parts: Uint8Array[] = [];
  const writer = new ChunkWriter(
    (octets) => parts.push(octets.slice()),
    RECORD_OCTETS_MIN,
  );
  const value = (given: unknown) => (out: OctetWriter) =>
    writeValue(out, given);
  writer.frame(
    "component",
    0,
    value({ hash: "00", octets: new Uint8Array(9) }),
  );
  writer.frame("life", 1, value(HEAD));
  writer.frame("ready", 1, () => {});
  writer.flush();
  writer.frame("call", 1, (out) => {
    out.f64(100);
    question(out);
  });
  writer.frame("asked", 1, question);
  writer.frame("told", 1, value({ tag: "ok", val: [1, 2] }));
  writer.frame("threw", 1, value({ kind: "RangeError", reason: "no" }));
  writer.frame("answered", 1, value(VALUES.slice(0, 12)));
  writer.frame("ended", 1, value({ kind: "trap", reason: "unreachable" }));
  writer.frame("disposed", 1, value({ memoryOctets: 65_536 }));
  writer.frame("lost", 1, value({ reason: "resources" }));
  writer.close("done");
  return concatOctets(parts);
}

/** What a replay reads of a frame. */
function lookInto(frame: Frame): void {
  switch (frame.kind) {
    case "component":
      return void bodyOf(frame, ComponentBody);
    case "life":
      return void bodyOf(frame, LifeHead);
    case "call":
      return void readCall(frame);
    case "threw":
      return void bodyOf(frame, Breaking);
    case "disposed":
      return void bodyOf(frame, Disposed);
    case "lost":
    case "closed":
      return void bodyOf(frame, Reason);
    default:
      return void inWords(frame);
  }
}

/** Reads all of it, each frame to its end. */
function readRecording(octets: Uint8Array): Verdict {
  let at = 0;
  return refusing(() => {
    const reader = new ChunkReader((length) => {
      const taken = octets.subarray(at, at + length);
      at += taken.length;
      return taken;
    });
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      next.forEach(lookInto);
    }
  }, [RecordDamaged, Misread]);
}

/** Frames as one chunk whose link is right. */
function chunked(frames: Uint8Array): Uint8Array {
  const head = someRecording().slice(0, HEAD_OCTETS);
  const first = sha256(head).subarray(0, LINK_OCTETS);
  const link = sha256(concatOctets([first, frames])).subarray(0, LINK_OCTETS);
  const { length } = frames;
  return concatOctets([
    head,
    new Writer().u32(length).u32(~length >>> 0).done(),
    link,
    frames,
  ]);
}

/** The frames of the recording without heads of chunks. */
function someFrames(): Uint8Array {
  const octets = someRecording();
  const view = new DataView(octets.buffer);
  const parts: Uint8Array[] = [];
  for (let at = HEAD_OCTETS; at < octets.length;) {
    const from = at + 8 + LINK_OCTETS;
    const to = from + view.getUint32(at, true);
    parts.push(octets.subarray(from, to));
    at = to;
  }
  return concatOctets(parts);
}

export const RECORD: readonly Target[] = [
  octetsTarget({
    name: "record-value",
    about: "a value of a contract on a recording",
    seeds: () =>
      [...VALUES, deep(VALUE_DEPTH_MAX - 1)].map((value) =>
        written((out) => writeValue(out, value))
      ),
    run: (octets) =>
      refusing(
        () => checkValue(readValue(new OctetReader(octets))),
        [Misread],
      ),
  }),
  octetsTarget({
    name: "record-question",
    about: "a call with its arguments on a recording",
    seeds: () => [written(question)],
    run: (octets) => refusing(() => void readQuestion(octets), [Misread]),
  }),
  octetsTarget({
    name: "record-frames",
    about: "frames, their chain made right after they were changed",
    seeds: () => [someFrames()],
    run: (octets) => readRecording(chunked(octets)),
  }),
  octetsTarget({
    name: "recording",
    about: "a whole recording, changed after it was written",
    seeds: () => [someRecording()],
    run: readRecording,
  }),
];
