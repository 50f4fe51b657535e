/** The rewriter: bounded, strict, out of reach of what it rewrites. */
import {
  deepStrictEqual,
  fail,
  match,
  ok,
  strictEqual,
} from "node:assert/strict";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { DEADLINE_TICKS_MAX } from "../limits.ts";
import {
  damaged,
  randomOctets,
  seeded,
} from "../../../conformance/kernel/engine/chance.ts";
import { probeText } from "../../../conformance/kernel/engine/probe.ts";
import { allOpcodes, type Feature } from "./opcodes.ts";
import { ModuleRefusal } from "./refusal.ts";
import {
  COUNTDOWN_IMPORT,
  ENGINE_MODULE,
  rewrite,
  type RewriteOptions,
} from "./rewrite.ts";

const SEED = 20_261_121;
const ROUNDS = 500;

const OPTIONS: RewriteOptions = {
  mode: "trap",
  memoryPagesMax: 16,
  tableEntriesMax: 100,
  refuse: new Set<Feature>(["relaxed-simd", "gc"]),
};

async function module(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await parse(text));
}

function refusalOf(
  octets: Uint8Array,
  options: Partial<RewriteOptions> = {},
): ModuleRefusal {
  try {
    rewrite(octets, { ...OPTIONS, ...options });
  } catch (error) {
    if (error instanceof ModuleRefusal) return error;
    throw error;
  }
  fail("it was not refused");
}

/** A module from sections: [id, octets]. */
function sections(...parts: [number, number[]][]): Uint8Array {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return Uint8Array.from([
    ...header,
    ...parts.flatMap(([id, content]) => [id, content.length, ...content]),
  ]);
}

const CHECKS: Record<string, [number, string]> = {
  "a function without loop and call": [0, "(func (nop))"],
  "a loop": [1, "(func (loop (nop)))"],
  "nested loops": [2, "(func (loop (loop (nop))))"],
  "a call": [1, "(func $f (call $f))"],
  "a call through a table": [
    1,
    "(table 1 funcref) (func (call_indirect (i32.const 0)))",
  ],
  "a call in a loop": [1, "(func $f (loop (call $f)))"],
  "a tail call": [1, "(func $f (return_call $f))"],
  "a loop that takes operands": [
    1,
    "(func (i32.const 1) (loop (param i32) (drop)))",
  ],
};

for (const [what, [checks, text]] of Object.entries(CHECKS)) {
  Deno.test(`rewriter: checks for ${what}: ${checks}`, async () => {
    const octets = await module(`(module ${text})`);
    const rewritten = rewrite(octets, OPTIONS);
    strictEqual(rewritten.checks, checks);
    ok(WebAssembly.validate(rewritten.octets));
    const none = rewrite(octets, { ...OPTIONS, mode: "none" });
    deepStrictEqual([none.checks, none.hasCountdown], [0, false]);
    ok(WebAssembly.validate(none.octets));
  });
}

Deno.test("rewriter: code runs while the countdown is not negative only", async () => {
  const octets = await module(`(module (memory 1)
    (func (export "sum") (param $n i32) (result i32) (local $s i32)
      (loop $next
        (local.set $s (i32.add (local.get $s) (local.get $n)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $s)))`);
  const rewritten = rewrite(octets, OPTIONS);
  const countdown = new WebAssembly.Memory({
    initial: 1,
    maximum: 1,
    shared: true,
  });
  const words = new Int32Array(countdown.buffer);
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(rewritten.octets),
    {
      [ENGINE_MODULE]: {
        [COUNTDOWN_IMPORT]: countdown,
        "memory-0": new WebAssembly.Memory({ initial: 1, maximum: 16 }),
      },
    },
  );
  const sum = exports.sum as (n: number) => number;
  for (const left of [0, 1, DEADLINE_TICKS_MAX]) {
    words[0] = left;
    strictEqual(sum(100), 5_050);
    deepStrictEqual([...words.slice(0, 2)], [left, 0]);
  }
  for (const over of [-1, -2, -DEADLINE_TICKS_MAX, -(2 ** 24), -(2 ** 31)]) {
    words.set([over, 0]);
    try {
      sum(100);
      fail("it ran on");
    } catch (error) {
      ok(error instanceof WebAssembly.RuntimeError);
    }
    strictEqual(words[1], 1, "the stop is noted");
  }
});

Deno.test("rewriter: memories and tables are clamped to what is granted", async () => {
  const rewritten = rewrite(
    await module("(module (memory 2 100) (table 3 1000 funcref))"),
    OPTIONS,
  );
  deepStrictEqual(
    rewritten.memories.map(({ minimum, maximum }) => [minimum, maximum]),
    [[2, 16]],
  );
  const memory = await module("(module (memory 17))");
  match(refusalOf(memory).message, /starts with 17 pages.*granted are 16/);
  const table = await module("(module (table 101 funcref))");
  match(refusalOf(table).message, /101 table entries.*granted are 100/);
});

Deno.test("rewriter: what it adds cannot be named by the module", () => {
  const type: [number, number[]] = [1, [1, 0x60, 0, 0]];
  const func: [number, number[]] = [3, [1, 0]];
  const memory: [number, number[]] = [5, [1, 0, 1]];
  const body = (...code: number[]): [number, number[]] => [
    10,
    [1, code.length + 2, 0, ...code, 0x0b],
  ];
  // Stores into memory 1, where the countdown will be.
  const store = [0x41, 0, 0x41, 0x7f, 0x36, 0x42, 1, 0];
  match(
    refusalOf(sections(type, func, memory, body(...store))).message,
    /no memory 1/,
  );
  const fill = [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 11, 1];
  match(
    refusalOf(sections(type, func, memory, body(...fill))).message,
    /no memory 1/,
  );
  // Without a memory of its own the countdown will be memory 0.
  const load = [0x41, 0, 0x28, 2, 0, 0x1a];
  match(refusalOf(sections(type, func, body(...load))).message, /no memory 0/);
  match(
    refusalOf(sections(type, func, body(0x10, 1))).message,
    /no function 1/,
  );
  // A type behind the module's own: where used, and how.
  const uses: [string, [number, number[]][]][] = [
    ["function", [type, [3, [1, 1]], body()]],
    ["block", [type, func, body(0x02, 1, 0x0b)]],
    ["local", [type, func, [10, [1, 5, 1, 1, 0x63, 1, 0x0b]]]],
    ["call_ref", [type, func, body(0x00, 0x14, 1)]],
    ["import", [type, [2, [1, 1, 0x6d, 1, 0x66, 0, 1]]]],
    ["parameter", [[1, [1, 0x60, 1, 0x63, 1, 0]], func, body()]],
  ];
  for (const [what, parts] of uses) {
    match(refusalOf(sections(...parts)).message, /no type 1 /, what);
  }
  const data: [number, number[]] = [11, [1, 2, 1, 0x41, 0, 0x0b, 1, 9]];
  match(refusalOf(sections(memory, data)).message, /no memory 1/);
  const exported: [number, number[]] = [7, [1, 1, 0x63, 2, 1]];
  match(refusalOf(sections(memory, exported)).message, /no memory 1/);
});

Deno.test("rewriter: the engine's own import cannot be taken", async () => {
  const octets = await module(
    `(module (import "${ENGINE_MODULE}" "${COUNTDOWN_IMPORT}"
      (memory 1 1 shared)))`,
  );
  match(refusalOf(octets).message, /engine's own/);
});

Deno.test("rewriter: a refused instruction is named with its place", async () => {
  const relaxed = await module(`(module (func (param v128 v128) (result v128)
    (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))`);
  const refusal = refusalOf(relaxed);
  strictEqual(refusal.kind, "unsupported");
  match(refusal.message, /i8x16\.relaxed_swizzle is refused.*at octet \d+/);
  ok(rewrite(relaxed, { ...OPTIONS, refuse: new Set() }).octets.length > 0);

  // Also where a constant allocates, which runs at instantiation.
  const constant = await module(`(module (type $a (array i32))
    (global (ref $a) (array.new_default $a (i32.const 1000000000))))`);
  match(refusalOf(constant).message, /array\.new_default is refused/);

  const unknown = (...code: number[]) =>
    refusalOf(sections(
      [1, [1, 0x60, 0, 0]],
      [3, [1, 0]],
      [10, [1, code.length + 2, 0, ...code, 0x0b]],
    )).message;
  match(unknown(0xfd, 0xff, 0x0b), /unknown opcode 0xfd 0x5ff/);
  match(unknown(0x27), /unknown opcode 0x27/);
  // A number that would run into the next prefix: 0xfb + 0x10009 is no 0xfc 9.
  match(unknown(0xfb, 0x89, 0x80, 0x04, 0), /unknown opcode 0xfb 0x10009/);
});

Deno.test("rewriter: the table of instructions has no name twice", () => {
  const names = new Map<string, number>();
  for (const [code, { name }] of allOpcodes()) {
    const known = names.get(name);
    ok(known === undefined || name === "select", `${name} ${code} ${known}`);
    names.set(name, code);
  }
});

Deno.test("rewriter: every prefix of a module is refused or whole", async () => {
  const whole = await module(probeText({ start: "(start $spin)" }));
  let accepted = 0;
  for (let length = 0; length < whole.length; length++) {
    const part = whole.slice(0, length);
    try {
      const { octets } = rewrite(part, OPTIONS);
      if (WebAssembly.validate(part)) ok(WebAssembly.validate(octets));
      accepted += 1;
    } catch (error) {
      ok(error instanceof ModuleRefusal, `length ${length}: ${error}`);
      ok(error.offset <= length);
    }
  }
  ok(accepted < whole.length / 10);
});

Deno.test("rewriter: damaged and random octets give a refusal or a module", async () => {
  const whole = await module(probeText({ start: "(start $spin)" }));
  const chance = seeded(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const octets = new Uint8Array(
      round % 4 === 0
        ? sections([10, [...randomOctets(chance() * 100, chance)]])
        : damaged(whole, chance),
    );
    for (const mode of ["trap", "fuel"] as const) {
      try {
        const rewritten = rewrite(octets, { ...OPTIONS, mode });
        if (WebAssembly.validate(octets)) {
          ok(WebAssembly.validate(rewritten.octets));
        }
      } catch (error) {
        ok(
          error instanceof ModuleRefusal,
          `seed ${SEED}, round ${round}, ${mode}: ${error}`,
        );
      }
    }
  }
});

Deno.test("rewriter: a lying count allocates nothing", () => {
  const billion = [0xff, 0xff, 0xff, 0xff, 0x03];
  for (const id of [1, 2, 3, 4, 5, 6, 7, 9, 10, 11]) {
    const refusal = refusalOf(sections([id, billion]));
    ok(["malformed", "too-large"].includes(refusal.kind), `section ${id}`);
  }
});
