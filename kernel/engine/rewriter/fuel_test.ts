/** Fuel and stack: every rule of FUEL.md as a module whose cost is known. */
import {
  deepStrictEqual,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { STACK_OCTETS_MAX } from "../limits.ts";
import { CALLS, FREE, MEASURED, TAIL_CALLS } from "./costs.ts";
import { STOPPED_BY } from "./fuel.ts";
import { allOpcodes } from "./opcodes.ts";
import { ModuleRefusal } from "./refusal.ts";
import {
  ENGINE_MODULE,
  FUEL_EXPORT,
  rewrite,
  STACK_EXPORT,
  START_EXPORT,
  STOP_EXPORT,
} from "./rewrite.ts";

const PLENTY = 10_000_000n;

async function rewritten(text: string) {
  return rewrite(await parse(`(module ${text})`), {
    mode: "fuel",
    memoryPagesMax: 16,
    tableEntriesMax: 100,
    stackOctetsMax: STACK_OCTETS_MAX,
    refuse: new Set(),
  });
}

/** One instance with fuel; `run` answers what it used and why it stopped. */
async function metered(text: string) {
  const { octets, memories } = await rewritten(text);
  const own = Object.fromEntries(
    memories.map(({ minimum, maximum, is64 }, index) => [
      `memory-${index}`,
      new WebAssembly.Memory(
        is64
          ? {
            address: "i64",
            initial: BigInt(minimum),
            maximum: BigInt(maximum),
          } as unknown as WebAssembly.MemoryDescriptor
          : { initial: minimum, maximum },
      ),
    ]),
  );
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(octets),
    { [ENGINE_MODULE]: own },
  );
  const fuel = exports[FUEL_EXPORT] as WebAssembly.Global;
  const stop = exports[STOP_EXPORT] as WebAssembly.Global;
  const stack = exports[STACK_EXPORT] as WebAssembly.Global;
  const run = (given = PLENTY, ...args: (number | bigint)[]) => {
    fuel.value = given;
    stop.value = 0;
    let error: unknown;
    try {
      (exports.run as (...args: unknown[]) => unknown)(...args);
    } catch (caught) {
      error = caught;
    }
    return { used: given - fuel.value, reason: stop.value, error };
  };
  return { run, exports, fuel, stack };
}

const COSTS: Record<string, [bigint, string]> = {
  "nothing": [0n, `(func (export "run"))`],
  "instructions": [3n, `(func (export "run") (drop (i32.eqz (i32.const 1))))`],
  "an empty block": [0n, `(func (export "run") (block) (loop))`],
  "one local": [1n, `(func (export "run") (local i32))`],
  "16 locals": [1n, `(func (export "run") (local${" i64".repeat(16)}))`],
  "17 locals": [2n, `(func (export "run") (local${" i64".repeat(17)}))`],
  "a loop of seven instructions, five times": [
    1n + 5n * 7n,
    `(func (export "run") (local $n i32) (loop $l
      (br_if $l (i32.lt_u
        (local.tee $n (i32.add (local.get $n) (i32.const 1)))
        (i32.const 5)))))`,
  ],
  "the arm that is taken": [
    2n + 1n,
    `(func (export "run") (if (i32.const 1) (then nop) (else nop nop nop)))`,
  ],
  "the other arm": [
    2n + 3n,
    `(func (export "run") (if (i32.const 0) (then nop) (else nop nop nop)))`,
  ],
  "no arm": [2n, `(func (export "run") (if (i32.const 0) (then nop)))`],
  "code that a branch passes over, to the end of its block": [
    1n + 3n + 2n,
    `(func (export "run") (block $b br $b nop nop nop) nop nop)`,
  ],
  "code behind a loop, once": [
    1n + 3n + 3n * 6n,
    `(func (export "run") (local $n i32)
      (local.set $n (i32.const 3)) (loop $l nop
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) nop)`,
  ],
  "a call and what is called": [
    1n + 2n,
    `(func $f nop nop) (func (export "run") call $f)`,
  ],
  "a fill of 1000 octets": [
    4n + 62n,
    `(memory 1) (func (export "run")
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 1000)))`,
  ],
  "a fill by 64-bit addresses": [
    4n + 62n,
    `(memory i64 1) (func (export "run")
      (memory.fill (i64.const 0) (i32.const 1) (i64.const 1000)))`,
  ],
  "a copy between memories of two widths": [
    4n + 62n,
    `(memory $a i64 1) (memory $b 1) (func (export "run")
      (memory.copy $a $b (i64.const 0) (i32.const 1) (i32.const 1000)))`,
  ],
  "two pages": [
    3n + 2n * 4_096n,
    `(memory 1) (func (export "run") (drop (memory.grow (i32.const 2))))`,
  ],
  "ten entries of a table": [
    4n + 10n,
    `(table 10 funcref) (func (export "run")
      (table.fill (i32.const 0) (ref.null func) (i32.const 10)))`,
  ],
  "items of an array": [
    3n + 100n,
    `(type $a (array i32)) (func (export "run")
      (drop (array.new_default $a (i32.const 100))))`,
  ],
};
for (const [what, [cost, text]] of Object.entries(COSTS)) {
  Deno.test(`fuel: ${what}: ${cost}`, async () => {
    const { run } = await metered(text);
    deepStrictEqual(run(), { used: cost, reason: 0, error: undefined });
    deepStrictEqual(run(cost), { used: cost, reason: 0, error: undefined });
    if (cost === 0n) return;
    const short = run(cost - 1n);
    ok(short.error instanceof WebAssembly.RuntimeError);
    ok(short.used < cost);
    strictEqual(short.reason, STOPPED_BY.fuel);
  });
}

Deno.test("fuel: a length that no memory has costs its fuel or all of it", async () => {
  const grow = await metered(
    `(memory i64 1) (func (export "run") (drop (memory.grow (i64.const -1))))`,
  );
  strictEqual(grow.run().reason, STOPPED_BY.fuel);
  const whole = 3n + 2n ** 52n;
  strictEqual(grow.run(2n ** 53n).used, whole);
  const fill = await metered(`(memory 1) (func (export "run")
    (memory.fill (i32.const 0) (i32.const 1) (i32.const -1)))`);
  const { used, reason, error } = fill.run(2n ** 40n);
  deepStrictEqual([used, reason], [4n + (2n ** 32n - 1n) / 16n, 0]);
  ok(error instanceof WebAssembly.RuntimeError, "it trapped by itself");
});

Deno.test("fuel: an endless loop stops at the same count each time", async () => {
  const text = `(global $n (export "n") (mut i64) (i64.const 0))
    (func (export "run") (loop $l
      (global.set $n (i64.add (global.get $n) (i64.const 1))) (br $l)))`;
  const rounds: unknown[] = [];
  // The later rounds run in V8's optimised code.
  for (const given of [1_003n, 5_000_004n, 1_003n, 5_000_004n, 0n, 4n]) {
    const { run, exports } = await metered(text);
    const { used, reason } = run(given);
    const { value } = exports.n as WebAssembly.Global;
    rounds.push([used, reason, value]);
  }
  const { fuel } = STOPPED_BY;
  deepStrictEqual(rounds, [
    [1_000n, fuel, 200n],
    [5_000_000n, fuel, 1_000_000n],
    [1_000n, fuel, 200n],
    [5_000_000n, fuel, 1_000_000n],
    [0n, fuel, 0n],
    [0n, fuel, 0n],
  ]);
});

Deno.test("fuel: a start function waits for its fuel", async () => {
  const text = `(memory 1) (global $x (export "x") (mut i32) (i32.const 1))
    (data (i32.const 0) "\\2a")
    (func $begin (global.set $x (i32.load8_u (i32.const 0)))) (start $begin)`;
  const { exports, fuel } = await metered(text);
  const x = exports.x as WebAssembly.Global;
  strictEqual(x.value, 1);
  fuel.value = 3n;
  (exports[START_EXPORT] as () => void)();
  deepStrictEqual([x.value, fuel.value], [42, 0n]);
});

Deno.test("fuel: a module can neither name the counters nor take their names", async () => {
  for (const name of [FUEL_EXPORT, STOP_EXPORT, `${ENGINE_MODULE}/`]) {
    let error: unknown;
    try {
      await rewritten(`(func (export "${name}"))`);
    } catch (caught) {
      error = caught;
    }
    ok(error instanceof ModuleRefusal);
    match(error.message, /engine's own/);
  }
  // global.set 0 and global.get 0 where the module has no global.
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const [type, func] = [[1, 4, 1, 0x60, 0, 0], [3, 2, 1, 0]];
  for (const code of [[0x42, 1, 0x24, 0], [0x23, 0, 0x1a]]) {
    const size = code.length + 2;
    const body = [10, size + 2, 1, size, 0, ...code, 0x0b];
    const octets = Uint8Array.from([...header, ...type, ...func, ...body]);
    throws(
      () =>
        rewrite(octets, {
          mode: "fuel",
          memoryPagesMax: 1,
          tableEntriesMax: 1,
          refuse: new Set(),
        }),
      /no global 0/,
    );
  }
});

Deno.test("fuel: every instruction that a rule names is in the table", () => {
  const known = new Set([...allOpcodes()].map(([, { name }]) => name));
  for (const name of [...CALLS, ...TAIL_CALLS, ...FREE, ...MEASURED.keys()]) {
    ok(known.has(name), name);
  }
});

const FRAMES: Record<string, [number, string]> = {
  "no locals": [0, ""],
  "10 words": [10, "(local i32 i32 i32 i32 i32 i64 i64 i64 f64 f64)"],
  "200 words": [200, `(local${" i64".repeat(200)})`],
  "100 vectors": [200, `(local${" v128".repeat(100)})`],
  "20 parameters": [20, `(param${" i64".repeat(20)})`],
  "1,000 words": [1_000, `(local${" f64".repeat(1_000)})`],
};

for (const [what, [words, declared]] of Object.entries(FRAMES)) {
  Deno.test(`stack: recursion with ${what} ends before V8's stack does`, async () => {
    const given = /param/.test(declared) ? " (i64.const 1)".repeat(20) : "";
    const { run, exports, stack } = await metered(`
      (global $depth (export "depth") (mut i32) (i32.const 0))
      (func $down ${declared}
        (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
        (call $down${given}) (global.set $depth (i32.const -1)))
      (func (export "run") (call $down${given}))`);
    const depth = exports.depth as WebAssembly.Global;
    const expected = 1 + Math.floor(
      (STACK_OCTETS_MAX - 64) / (64 + 8 * words),
    );
    for (let round = 0; round < 3; round++) {
      depth.value = 0;
      stack.value = STACK_OCTETS_MAX;
      const { reason, error } = run(2n ** 40n);
      ok(error instanceof WebAssembly.RuntimeError, String(error));
      deepStrictEqual([reason, depth.value], [STOPPED_BY.stack, expected]);
    }
  });
}

Deno.test("stack: calls that return give it back, tail calls take none", async () => {
  const { run, stack } = await metered(`
    (func $leaf (param $n i32) (result i32) (local.get $n))
    (func $far (param $n i32)
      (drop (call $leaf (local.get $n)))
      (if (local.get $n)
        (then (return_call $far (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "run") (call $far (i32.const 100000)))`);
  deepStrictEqual([run().reason, stack.value], [0, STACK_OCTETS_MAX]);
});
