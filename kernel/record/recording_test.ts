/** The engine's suite with everything on the recording: nobody may see that. */
import { ok, strictEqual } from "node:assert/strict";
import { engineSuite } from "../../conformance/kernel/engine/engine_suite.ts";
import { type CompileCache, v8Engine } from "../engine/v8/engine.ts";
import { v8Threads } from "../host/v8_threads.ts";
import { RECORD_OCTETS_MIN } from "./limits.ts";
import { Recorder } from "./recorder.ts";
import { recording } from "./recording.ts";

let octets = 0;
const recorder = new Recorder({
  sink: (part) => {
    octets += part.length;
  },
  octetsMax: 2 ** 32,
  onStopped: (reason) => {
    throw new Error(reason);
  },
});

/** Cases share what is compiled. */
const compiled = new Map<string, Uint8Array>();
const cache: CompileCache = {
  get: (key) => Promise.resolve(compiled.get(key)),
  put: (key, part) => {
    compiled.set(key, part.slice());
    return Promise.resolve();
  },
};

engineSuite(
  "v8 on the recording",
  recording(v8Engine({ ...v8Threads, cache }), recorder),
);

Deno.test("record: the suite before was recorded", () => {
  recorder.close("the suite is over");
  ok(octets > 1_000, `${octets} octets`);
});

const HEAD = {
  cell: "some",
  generation: 1,
  hash: "ab",
  memoryMib: 1,
  startMs: 1,
  contracts: [],
};

Deno.test("record: a sink that throws ends the recording, and nothing else", () => {
  const reasons: string[] = [];
  let isBroken = false;
  const broken = new Recorder({
    sink: () => {
      if (isBroken) throw new Error("no space left");
    },
    octetsMax: RECORD_OCTETS_MIN,
    onStopped: (reason) => reasons.push(reason),
  });
  const life = broken.begin(HEAD, new Uint8Array([1]));
  ok(life !== undefined);
  isBroken = true;
  broken.flush();
  for (let at = 0; at < 3; at++) life.told("more");
  life.disposed(0);
  broken.close("too late");
  strictEqual(reasons.join(), "the recording cannot be written: no space left");
  strictEqual(broken.begin(HEAD, new Uint8Array()), undefined);
});

Deno.test("record: one that is full says so once, and is closed", () => {
  const reasons: string[] = [];
  let written = 0;
  const full = new Recorder({
    sink: (part) => written += part.length,
    octetsMax: RECORD_OCTETS_MIN,
    onStopped: (reason) => reasons.push(reason),
  });
  const life = full.begin(HEAD, new Uint8Array([1]));
  const value = new Uint8Array(10_000).fill(1);
  for (let at = 0; at < 1_000; at++) life?.told(value);
  strictEqual(reasons.length, 1);
  ok(written <= RECORD_OCTETS_MIN && written > RECORD_OCTETS_MIN / 2);
});
