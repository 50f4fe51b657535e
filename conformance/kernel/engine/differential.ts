/**
 * Runs one core module as it came and as it was rewritten, and compares.
 *
 * Both forms get the same imports and the same arguments, one call after the
 * other, so state carries over. What is compared: results to the bit, whether a
 * call trapped, and the memories at the end. Where the rewritten form ran into
 * its deadline the other is not asked: it would not answer.
 */
import type { Countdown } from "../../../kernel/engine/ticker.ts";
import { ticksOf } from "../../../kernel/engine/ticker.ts";
import type { CheckMode } from "../../../kernel/engine/rewriter/checks.ts";
import {
  COUNTDOWN_IMPORT,
  ENGINE_MODULE,
  memoryImport,
  rewrite,
  type Rewritten,
} from "../../../kernel/engine/rewriter/rewrite.ts";

const CALL_MS = 20;
const PAGES_MAX = 65_536;
const DIGEST_OCTETS_MAX = 2 ** 20;
const TABLE_ENTRIES_MAX = 10_000_000;

/** What the scripts of the official suite may import. */
function spectest(): WebAssembly.ModuleImports {
  const print = () => {};
  return {
    print,
    print_i32: print,
    print_i64: print,
    print_f32: print,
    print_f64: print,
    print_i32_f32: print,
    print_f64_f64: print,
    global_i32: 666,
    global_i64: new WebAssembly.Global({ value: "i64" }, 666n),
    global_f32: Math.fround(666.6),
    global_f64: 666.6,
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
    table: new WebAssembly.Table({
      initial: 10,
      maximum: 20,
      element: "anyfunc",
    }),
  };
}

/** How a call ended, in a form that compares to the bit. */
type Outcome = string;

function textOf(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") {
    return Object.is(value, -0) ? "-0" : String(value);
  }
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  return typeof value;
}

function outcomeOf(run: () => unknown): Outcome {
  try {
    return textOf(run());
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) {
      return `trap: ${error.message}`;
    }
    if (error instanceof RangeError) return "stack";
    return error instanceof Error ? error.constructor.name : "exception";
  }
}

/** FNV-1a over the memories' beginnings; a collision would hide a difference, not invent one. */
function digestOf(exports: WebAssembly.Exports): string {
  let digest = 0x811c9dc5;
  for (const value of Object.values(exports)) {
    if (!(value instanceof WebAssembly.Memory)) continue;
    const size = value.buffer.byteLength;
    const some = Math.min(size, DIGEST_OCTETS_MAX);
    digest = Math.imul(digest ^ size, 0x01000193);
    for (const octet of new Uint8Array(value.buffer, 0, some)) {
      digest = Math.imul(digest ^ octet, 0x01000193);
    }
  }
  return String(digest >>> 0);
}

const ARGUMENTS: readonly (number | bigint)[] = [0, 1, 5, -1, 0x7fff_fff0];

/** Arguments for one call: V8 says by a TypeError which ones are i64. */
function argumentsFor(
  run: (...args: never[]) => unknown,
  value: number | bigint,
): (number | bigint)[] {
  return Array.from({ length: run.length }, () => value);
}

export interface Comparison {
  readonly calls: number;
  readonly stopped: number;
  readonly differences: readonly string[];
}

type Form = { exports: WebAssembly.Exports } | Outcome;

function instantiated(run: () => WebAssembly.Instance): Form {
  let exports: WebAssembly.Exports | undefined;
  const outcome = outcomeOf(() => {
    exports = run().exports;
    return 0;
  });
  return exports === undefined ? outcome : { exports };
}

/** The memories and the countdown that a rewritten module imports. */
function engineImports(
  { memories, hasCountdown }: Rewritten,
  countdown: Countdown,
): WebAssembly.ModuleImports {
  const own: WebAssembly.ModuleImports = {};
  memories.forEach(({ minimum, maximum, is64 }, index) => {
    const descriptor = is64
      ? {
        address: "i64",
        initial: BigInt(minimum),
        maximum: BigInt(maximum),
      } as unknown as WebAssembly.MemoryDescriptor
      : { initial: minimum, maximum };
    own[memoryImport(index)] = new WebAssembly.Memory(descriptor);
  });
  if (hasCountdown) own[COUNTDOWN_IMPORT] = countdown.memory;
  return own;
}

/** Throws a `ModuleRefusal` if the module cannot be rewritten. */
export function compare(
  octets: Uint8Array<ArrayBuffer>,
  mode: CheckMode,
  countdown: Countdown,
): Comparison {
  const rewritten = rewrite(octets, {
    mode,
    memoryPagesMax: PAGES_MAX,
    tableEntriesMax: TABLE_ENTRIES_MAX,
    refuse: new Set(),
  });
  const timed = <T>(run: () => T): T => {
    const shortened = countdown.enter(ticksOf(CALL_MS));
    try {
      return run();
    } finally {
      countdown.leave(shortened);
    }
  };
  const checked = instantiated(() =>
    timed(() =>
      new WebAssembly.Instance(new WebAssembly.Module(rewritten.octets), {
        spectest: spectest(),
        [ENGINE_MODULE]: engineImports(rewritten, countdown),
      })
    )
  );
  if (countdown.takeStopped()) return { calls: 1, stopped: 1, differences: [] };
  const plain = instantiated(() =>
    new WebAssembly.Instance(new WebAssembly.Module(octets), {
      spectest: spectest(),
    })
  );
  if (typeof checked === "string" || typeof plain === "string") {
    return {
      calls: 1,
      stopped: 0,
      differences: textOfForm(checked) === textOfForm(plain)
        ? []
        : [`instantiation: ${textOfForm(plain)}, ${textOfForm(checked)}`],
    };
  }
  return compareCalls(plain.exports, checked.exports, countdown, timed);
}

function textOfForm(form: Form): string {
  return typeof form === "string" ? form : "instance";
}

function compareCalls(
  plain: WebAssembly.Exports,
  checked: WebAssembly.Exports,
  countdown: Countdown,
  timed: <T>(run: () => T) => T,
): Comparison {
  const differences: string[] = [];
  let calls = 0;
  let stopped = 0;
  for (const [name, run] of Object.entries(checked)) {
    const other = plain[name];
    if (typeof run !== "function" || typeof other !== "function") continue;
    for (const value of ARGUMENTS.flatMap((n) => [n, BigInt(n)])) {
      const given = argumentsFor(run as () => unknown, value);
      const got = outcomeOf(() => timed(() => run(...given)));
      calls += 1;
      if (countdown.takeStopped()) {
        stopped += 1;
        // The two forms are in different states from here on.
        return { calls, stopped, differences };
      }
      const want = outcomeOf(() => other(...given));
      if (want !== got) {
        differences.push(`${name}(${given.join(", ")}): ${want}, not ${got}`);
      }
    }
  }
  const [want, got] = [digestOf(plain), digestOf(checked)];
  if (want !== got) differences.push(`memory at the end: ${want}, not ${got}`);
  return { calls, stopped, differences };
}
