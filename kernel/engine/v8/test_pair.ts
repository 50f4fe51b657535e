/**
 * A caller and a called cell made from text, and a link that records.
 *
 * Each does what a number orders: answer, trap, spin, or lie in one phase of a
 * call.
 */
import {
  componentEmbed,
  componentNew,
  parse,
} from "@bytecodealliance/jco-transpile/wasm-tools";
import { Effect } from "effect";
import type {
  CoreInstance,
  InterfaceBinding,
} from "../../../wit/abi/binding.ts";
import { leave } from "../../../wit/abi/memory.ts";
import { decodeEmbedded, embeddedSection } from "../../../wit/decode/world.ts";
import { definers } from "../../../wit/generator/as_dialect.ts";
import { bindingSource } from "../../../wit/generator/ts_binding.ts";
import { loadBinding } from "../../../wit/testing/instance.ts";
import { v8Threads } from "../../host/v8_threads.ts";
import {
  type CellInstance,
  type CellTrap,
  Engine,
  type Grants,
  type Link,
} from "../engine.ts";
import { type CheckMode } from "../rewriter/checks.ts";
import { PARK, RUNNING } from "../hart_words.ts";
import type { StartTicker } from "../ticker.ts";
import { v8Engine } from "./engine.ts";

const WIT = `package karyon:pair@0.1.0;
interface talk {
  enum absence { refused, gone }
  say: func(what: u32, text: string) -> result<string, absence>;
}
interface watch { look: func(); }
interface drive {
  go: func(what: u32, caller-lie: u32) -> u32;
  posts: func() -> u32;
}
world mouth { import watch; export talk; export drive; }
world ear { import talk; export drive; }`;

const TALK = "karyon:pair/talk@0.1.0";
const WATCH = "karyon:pair/watch@0.1.0";
const DRIVE = "karyon:pair/drive@0.1.0";
const LIMITS = { memoryMib: 1, startMs: 1_000 };
const LONG_MS = 20_000;

/** What the called cell does. */
export const WHAT = {
  answer: 0,
  trap: 1,
  spin: 2,
  recurse: 3,
  lieInResult: 4,
  lieInText: 5,
  trapInRealloc: 6,
  lieInRealloc: 7,
  trapInPost: 8,
  callInRealloc: 9,
  callInPost: 10,
} as const;

/** What the caller does wrong. */
export const LIE = {
  none: 0,
  pointer: 1,
  notUtf8: 2,
  returnPointer: 3,
  trapInRealloc: 4,
  lieInRealloc: 5,
  spinInRealloc: 6,
  callInRealloc: 7,
  /** So many calls deep it does nothing wrong. */
  dive: 1_000,
} as const;

const mouth = `(module
  (import "${WATCH}" "look" (func $look))
  (memory (export "memory") 1)
  (global $what (mut i32) (i32.const 0))
  (global $posts (mut i32) (i32.const 0))
  (data (i32.const 64) "well\\ff")
  (func $deep (result i32) (i32.add (i32.const 1) (call $deep)))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (if (i32.eq (global.get $what) (i32.const 6)) (then unreachable))
    (if (i32.eq (global.get $what) (i32.const 7)) (then
      (return (i32.const -16))))
    (if (i32.eq (global.get $what) (i32.const 9)) (then (call $look)))
    (i32.const 1024))
  (func (export "${TALK}#say") (param $what i32) (param i32 i32) (result i32)
    (call $look)
    (if (i32.eq (local.get $what) (i32.const 1)) (then unreachable))
    (if (i32.eq (local.get $what) (i32.const 2)) (then (loop $l (br $l))))
    (if (i32.eq (local.get $what) (i32.const 3)) (then (drop (call $deep))))
    (i32.store (i32.const 16) (i32.const 0))
    (i32.store (i32.const 20) (i32.const 64))
    (i32.store (i32.const 24) (i32.const 4))
    (if (i32.eq (local.get $what) (i32.const 4))
      (then (i32.store (i32.const 16) (i32.const 2))))
    (if (i32.eq (local.get $what) (i32.const 5))
      (then (i32.store (i32.const 24) (i32.const 5))))
    (i32.const 16))
  (func (export "cabi_post_${TALK}#say") (param i32)
    (global.set $posts (i32.add (global.get $posts) (i32.const 1)))
    (if (i32.eq (global.get $what) (i32.const 8)) (then unreachable))
    (if (i32.eq (global.get $what) (i32.const 10)) (then (call $look))))
  (func (export "${DRIVE}#go") (param i32 i32) (result i32)
    (global.set $what (local.get 0))
    (if (local.get 1) (then
      (call $look)
      (loop $l
        (local.set 1 (i32.sub (local.get 1) (i32.const 1)))
        (br_if $l (local.get 1)))))
    (i32.const 0))
  (func (export "${DRIVE}#posts") (result i32) (global.get $posts)))`;

const ear = `(module
  (import "${TALK}" "say" (func $say (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (global $lie (mut i32) (i32.const 0))
  (data (i32.const 64) "hello\\ff")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (if (i32.eq (global.get $lie) (i32.const 4)) (then unreachable))
    (if (i32.eq (global.get $lie) (i32.const 5)) (then
      (return (i32.const -16))))
    (if (i32.eq (global.get $lie) (i32.const 6)) (then (loop $l (br $l))))
    (if (i32.eq (global.get $lie) (i32.const 7)) (then
      (call $say (i32.const 0) (i32.const 64) (i32.const 5) (i32.const 32))))
    (i32.const 1024))
  (func $dive (param i32)
    (if (i32.eqz (local.get 0))
      (then (call $say (i32.const 0) (i32.const 64) (i32.const 5)
        (i32.const 32)))
      (else (call $dive (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "${DRIVE}#go") (param $what i32) (param $lie i32) (result i32)
    (if (i32.ge_u (local.get $lie) (i32.const ${LIE.dive})) (then
      (call $dive (i32.sub (local.get $lie) (i32.const ${LIE.dive})))
      (return (i32.add (i32.const 100) (i32.load (i32.const 40))))))
    (global.set $lie (local.get $lie))
    (call $say (local.get $what)
      (select (i32.const 65534) (i32.const 64)
        (i32.eq (local.get $lie) (i32.const 1)))
      (select (i32.const 6) (i32.const 5)
        (i32.eq (local.get $lie) (i32.const 2)))
      (select (i32.const 65532) (i32.const 32)
        (i32.eq (local.get $lie) (i32.const 3))))
    ;; 100 and the length, or the case of the absence.
    (if (result i32) (i32.load8_u (i32.const 32))
      (then (i32.load8_u (i32.const 36)))
      (else (i32.add (i32.const 100) (i32.load (i32.const 40))))))
  (func (export "${DRIVE}#posts") (result i32) (i32.const 0)))`;

async function componentOf(text: string, world: string): Promise<Uint8Array> {
  const binary = await parse(text);
  const core = await componentEmbed({ binary, witSource: WIT, world });
  return await componentNew(core);
}

async function talkBinding(): Promise<InterfaceBinding<unknown>> {
  const world = "mouth";
  const core = await componentEmbed({ witSource: WIT, dummy: true, world });
  const section = embeddedSection(core) ?? new Uint8Array();
  const { exports } = decodeEmbedded(section);
  const found = exports.find(({ name }) => name === TALK);
  if (found === undefined) throw new Error("no contract");
  const made = await loadBinding(
    bindingSource(found, definers(exports)),
    "talk",
  );
  // The kernel's own absence has this mark; the fixture's is its own enum.
  const functions = made.functions.map((info) => ({ ...info, absence: true }));
  return { ...made, functions } as InterfaceBinding<unknown>;
}

interface Drive {
  go(what: number, lie: number): number;
  posts(): number;
}

const drive: InterfaceBinding<Drive> = {
  name: DRIVE,
  signature: [
    "go: func(what: u32, caller-lie: u32) -> u32",
    "posts: func() -> u32",
  ].join("\n"),
  functions: [],
  bind: (core: CoreInstance) => {
    const call = (name: string) =>
      core.exports[`${DRIVE}#${name}`] as (...args: number[]) => number;
    return { go: call("go"), posts: call("posts") };
  },
  lower: () => ({}),
  exportIntrinsics: () => ({}),
  exportStages: () => ({
    go: {
      core: `${DRIVE}#go`,
      lower: (...flats: number[]) => flats,
      lift: (flat: number) => flat,
    },
  }),
};

const watch: InterfaceBinding<{ look(): void }> = {
  name: WATCH,
  signature: "look: func()",
  functions: [{ name: "look", method: "look", absence: false }],
  bind: () => {
    throw new Error("nobody exports it");
  },
  lower: (core, host) => ({
    look: () => {
      leave(core());
      host.look();
    },
  }),
  exportIntrinsics: () => ({}),
};

const parts = Promise.all([
  componentOf(mouth, "mouth"),
  componentOf(ear, "ear"),
  talkBinding(),
]);

class Recorder implements Link {
  readonly limitMs: number;
  now: CellInstance | undefined;
  isOpen = true;
  entered = 0;
  left = 0;
  readonly failures: { trap: CellTrap; isCallers: boolean; forMs: number }[] =
    [];

  constructor(limitMs: number) {
    this.limitMs = limitMs;
  }

  callee(): CellInstance | undefined {
    return this.now;
  }

  enter(callee: CellInstance): boolean {
    if (!this.isOpen || callee !== this.now) return false;
    this.entered += 1;
    return true;
  }

  leave(): void {
    this.left += 1;
  }

  failed(_: CellInstance, call: Recorder["failures"][number]): Error {
    this.left += 1;
    this.failures.push(call);
    return new Error("unwound");
  }
}

/** Run in the host's code. */
interface Hooks {
  /** When the called cell calls the host. */
  looked?: () => void;
}

interface Pair {
  readonly hooks: Hooks;
  readonly settle: () => void;
  readonly ear: CellInstance;
  readonly mouth: CellInstance;
  readonly another: () => CellInstance;
  readonly link: Recorder;
  /** Calls that took the host's own way. */
  readonly slow: () => number;
  readonly go: (what: number, lie?: number, deadlineMs?: number) => unknown;
  /** The same by another caller, made for it. */
  readonly hear: () => Pair["go"];
  /** The same in a call that may park. */
  readonly goParkable: (
    of: CellInstance,
    what: number,
    lie?: number,
  ) => Promise<unknown>;
  readonly posts: () => unknown;
  readonly tell: (what: number) => void;
  /** The words of the hart. */
  readonly words: Int32Array;
  /** What they were in the called cell, the last time. */
  readonly seen: () => Record<"park" | "running", number>;
}

export function withPair(
  body: (pair: Pair) => void | Promise<void>,
  { limitMs = LONG_MS, mode = "trap" }: {
    readonly limitMs?: number;
    readonly mode?: CheckMode;
  } = {},
): Promise<void> {
  let words: Int32Array = new Int32Array(0);
  const startTicker: StartTicker = (setup) => {
    words = setup.countdowns[0] ?? words;
    return v8Threads.startTicker(setup);
  };
  return Effect.runPromise(
    Effect.gen(function* () {
      const engine = yield* Engine;
      const [mouthBytes, earBytes, binding] = yield* Effect.promise(() =>
        parts
      );
      const speaker = yield* engine.compile(mouthBytes, LIMITS);
      const listener = yield* engine.compile(earBytes, LIMITS);
      const hooks: Hooks = {};
      let seen = { park: -1, running: -1 };
      const look = () => {
        seen = { park: words[PARK] ?? -1, running: words[RUNNING] ?? -1 };
        hooks.looked?.();
      };
      const watched: Grants = new Map([
        [WATCH, { binding: watch, host: { look } }],
      ]);
      const another = () =>
        Effect.runSync(engine.instantiate(speaker, watched, LIMITS));
      const link = new Recorder(limitMs);
      const mouth = another();
      link.now = mouth;
      let slow = 0;
      const host = {
        say: () => {
          slow += 1;
          return { tag: "ok", val: "by the host" };
        },
      };
      const grants: Grants = new Map([
        [TALK, { binding, host, parking: host, link }],
      ]);
      const hear = () =>
        Effect.runSync(engine.instantiate(listener, grants, LIMITS));
      const ear = hear();
      const far = mouth.bind(drive);
      const goOf = (caller: CellInstance): Pair["go"] => {
        const work = caller.bind(drive);
        return (what, lie = LIE.none, deadlineMs = LONG_MS) => {
          const done = caller.guard(deadlineMs, () => work.go(what, lie));
          return done.ok ? done.value : done.trap.kind;
        };
      };
      const made = body({
        ear,
        mouth,
        another,
        link,
        words,
        seen: () => seen,
        hooks,
        settle: engine.settle,
        slow: () => slow,
        go: goOf(ear),
        hear: () => goOf(hear()),
        goParkable: async (of, what, lie = LIE.none) => {
          const own = { binding: drive, method: "go" } as const;
          const call = of.parkable(own, [what, lie], LONG_MS, () => {});
          const slice = await call?.run(LONG_MS);
          if (slice === undefined || slice.parked) return "parked";
          const { guarded } = slice;
          return guarded.ok ? guarded.value : guarded.trap.kind;
        },
        posts: () => {
          const done = mouth.guard(LONG_MS, () => far.posts());
          return done.ok ? done.value : done.trap.kind;
        },
        tell: (what) => {
          mouth.guard(LONG_MS, () => far.go(what, 0));
        },
      });
      yield* Effect.promise(async () => await made);
    }).pipe(Effect.provide(v8Engine({ ...v8Threads, startTicker, mode }))),
  );
}
