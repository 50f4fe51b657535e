/**
 * Components for the engine's suite, made from text, and their contracts.
 *
 * The bindings are written by hand: the suite judges an engine, not a generator.
 */
import {
  componentEmbed,
  componentNew,
  parse,
} from "@bytecodealliance/jco-transpile/wasm-tools";
import type {
  CoreInstance,
  InterfaceBinding,
} from "../../../wit/abi/binding.ts";
import { Memory } from "../../../wit/abi/memory.ts";

const WIT = `package karyon:probe@0.1.0;
interface ear { ask: func(x: u32) -> u32; }
interface work {
  add: func(a: u32, b: u32) -> u32;
  sum: func(n: u32) -> u32;
  spin: func();
  recurse: func() -> u32;
  climb: func(depth: u32) -> u32;
  grow: func() -> u32;
  fill: func();
  fail: func();
  stray: func() -> u32;
  name: func(lie: u32) -> string;
  relay: func(x: u32) -> u32;
  count: func() -> u32;
}
world probe { import ear; export work; }
world quiet { export work; }`;

const WORK = "karyon:probe/work@0.1.0";
const EAR = "karyon:probe/ear@0.1.0";

/** What the probe exports; each function is one way to behave. */
export interface Work {
  add(a: number, b: number): number;
  /** 1 + … + n modulo 2^32, in a loop. */
  sum(n: number): number;
  spin(): void;
  recurse(): number;
  /** A tree of calls without a loop, 2^depth of them. */
  climb(depth: number): number;
  /** Grows the memory until it is told no; pages then. */
  grow(): number;
  /** The same, and traps. */
  fill(): void;
  fail(): void;
  /** Reads outside its memory. */
  stray(): number;
  /** 0 tells the truth; 1 lies in the pointer, 2 in the length, 3 in UTF-8. */
  name(lie: number): string;
  /** Asks the ear, then sums 1,000,000 numbers: answer of the ear. */
  relay(x: number): number;
  /** Calls of `count` so far. */
  count(): number;
}

export interface Ear {
  ask(x: number): number;
}

export interface ProbeText {
  /** Runs at instantiation. */
  readonly start?: string;
  /** Without it the probe does not import the ear. */
  readonly hasEar?: boolean;
  readonly memory?: string;
  /** Added to the module. */
  readonly more?: string;
}

/** The probe's core module as text. */
export function probeText(text: ProbeText = {}): string {
  const { start = "", hasEar = true, memory = "1", more = "" } = text;
  const named = (name: string) => `(export "${WORK}#${name}")`;
  return `(module
  ${
    hasEar
      ? `(import "${EAR}" "ask" (func $ask (param i32) (result i32)))`
      : ""
  }
  (memory (export "memory") ${memory})
  (global $count (mut i32) (i32.const 0))
  (data (i32.const 16) "probe\\ff")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    i32.const 1024)
  (func ${named("add")} (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func $sum ${named("sum")} (param $n i32) (result i32) (local $s i32)
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $n)))
      (local.set $s (i32.add (local.get $s) (local.get $n)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next)))
    (local.get $s))
  (func $spin ${named("spin")} (loop $again (br $again)))
  (func $recurse ${named("recurse")} (result i32)
    (i32.add (i32.const 1) (call $recurse)))
  (func $climb ${named("climb")} (param $d i32) (result i32)
    (if (result i32) (i32.eqz (local.get $d)) (then (i32.const 1)) (else
      (i32.add
        (call $climb (i32.sub (local.get $d) (i32.const 1)))
        (call $climb (i32.sub (local.get $d) (i32.const 1)))))))
  (func $grow ${named("grow")} (result i32)
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.size))
  (func ${named("fill")} (drop (call $grow)) unreachable)
  (func ${named("fail")} unreachable)
  (func ${named("stray")} (result i32) (i32.load (i32.const -8)))
  (func ${named("name")} (param $lie i32) (result i32)
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 5))
    (if (i32.eq (local.get $lie) (i32.const 1))
      (then (i32.store (i32.const 0) (i32.const 0xfffffff0))))
    (if (i32.eq (local.get $lie) (i32.const 2))
      (then (i32.store (i32.const 4) (i32.const 0x7fffffff))))
    (if (i32.eq (local.get $lie) (i32.const 3))
      (then (i32.store (i32.const 4) (i32.const 6))))
    (i32.const 0))
  (func ${named("relay")} (param i32) (result i32)
    ${hasEar ? "(call $ask (local.get 0))" : "(i32.const 0)"}
    (drop (call $sum (i32.const 1000000))))
  (func ${named("count")} (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (global.get $count))
  ${start}
  ${more})`;
}

/** The component around a core module's text. */
export async function componentOf(
  text: string,
  world: "probe" | "quiet" = "probe",
): Promise<Uint8Array> {
  const core = await componentEmbed({
    binary: await parse(text),
    witSource: WIT,
    world,
  });
  return await componentNew(core);
}

type CoreFunctions = Record<string, (...args: number[]) => number>;

export const work: InterfaceBinding<Work> = {
  name: WORK,
  signature: [
    "add: func(a: u32, b: u32) -> u32",
    "climb: func(depth: u32) -> u32",
    "count: func() -> u32",
    "fail: func()",
    "fill: func()",
    "grow: func() -> u32",
    "name: func(lie: u32) -> string",
    "recurse: func() -> u32",
    "relay: func(x: u32) -> u32",
    "spin: func()",
    "stray: func() -> u32",
    "sum: func(n: u32) -> u32",
  ].join("\n"),
  functions: [],
  bind: (core: CoreInstance) => {
    const memory = new Memory(core);
    const exports = core.exports as unknown as CoreFunctions;
    const call = (name: string) => {
      const found = exports[`${WORK}#${name}`];
      if (found === undefined) throw new Error(`no core export for ${name}`);
      return (...args: number[]) => found(...args) >>> 0;
    };
    const name = call("name");
    return {
      add: call("add"),
      sum: call("sum"),
      spin: call("spin"),
      recurse: call("recurse"),
      climb: call("climb"),
      grow: call("grow"),
      fill: call("fill"),
      fail: call("fail"),
      stray: call("stray"),
      name: (lie) => {
        const at = name(lie);
        memory.begin();
        const place = memory.region(at, 8, 4);
        return memory.liftString(
          memory.view.getUint32(place, true),
          memory.view.getUint32(place + 4, true),
        );
      },
      relay: call("relay"),
      count: call("count"),
    };
  },
  lower: () => ({}),
  exportIntrinsics: () => ({}),
  exportStages: () => {
    const stage = (name: string) => ({
      core: `${WORK}#${name}`,
      lower: (...args: number[]) => args,
      lift: (flat: number) => flat >>> 0,
    });
    return Object.fromEntries(
      ["add", "sum", "spin", "recurse", "climb", "fail", "relay", "count"]
        .map((name) => [name, stage(name)]),
    );
  },
};

export const ear: InterfaceBinding<Ear> = {
  name: EAR,
  signature: "ask: func(x: u32) -> u32",
  functions: [{ name: "ask", method: "ask", absence: false }],
  bind: () => {
    throw new Error("nobody exports the ear");
  },
  lower: (_core, host) => ({ ask: (x: number) => host.ask(x >>> 0) }),
  exportIntrinsics: () => ({}),
  importStages: () => ({
    ask: {
      method: "ask",
      params: ["i32"],
      results: ["i32"],
      lift: (x: number) => [x >>> 0],
      lower: (answer: number) => answer,
    },
  }),
};

/** The same name, another contract. */
export const otherEar: InterfaceBinding<Ear> = {
  ...ear,
  signature: "ask: func(x: u64) -> u32",
};
