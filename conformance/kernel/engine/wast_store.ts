/**
 * The instances of one script in one mode: made, registered, called.
 *
 * Every answer is an `Outcome`, whatever happened, so that modes compare.
 */
import type { CheckMode } from "../../../kernel/engine/rewriter/checks.ts";
import { STOPPED_BY } from "../../../kernel/engine/rewriter/fuel.ts";
import { ModuleRefusal } from "../../../kernel/engine/rewriter/refusal.ts";
import {
  COUNTDOWN_IMPORT,
  ENGINE_MODULE,
  FUEL_EXPORT,
  memoryImport,
  rewrite,
  type Rewritten,
  STACK_EXPORT,
  START_EXPORT,
  STOP_EXPORT,
} from "../../../kernel/engine/rewriter/rewrite.ts";
import { STACK_OCTETS_MAX } from "../../../kernel/engine/limits.ts";
import { type Countdown, ticksOf } from "../../../kernel/engine/ticker.ts";
import { callExactly } from "./wast_bridge.ts";
import { asExpected, callFromJs, fromJs } from "./wast_js.ts";
import {
  type Expected,
  isExact,
  type NumberType,
  type Value,
} from "./wast_values.ts";

export type Mode = "plain" | CheckMode;

export interface Outcome {
  readonly kind:
    | "values"
    | "trap"
    | "exhaustion"
    | "exception"
    | "unlinkable"
    | "invalid"
    | "stopped"
    | "refused"
    | "impossible";
  readonly text: string;
  readonly values: readonly Value[];
}

/** What one call may take, where it is bounded. */
export interface Bounds {
  readonly callMs: number;
  readonly fuel: bigint;
}

const AMPLE: Bounds = { callMs: 20_000, fuel: 2n ** 52n };
const PAGES_MAX = 65_536;
const TABLE_ENTRIES_MAX = 10_000_000;

export function outcome(
  kind: Outcome["kind"],
  text = "",
  values: readonly Value[] = [],
): Outcome {
  return { kind, text, values };
}

export function rewriteFor(octets: Uint8Array, mode: CheckMode): Rewritten {
  return rewrite(octets, {
    mode,
    memoryPagesMax: PAGES_MAX,
    tableEntriesMax: TABLE_ENTRIES_MAX,
    refuse: new Set(),
    ...(mode === "fuel" ? { stackOctetsMax: STACK_OCTETS_MAX } : {}),
  });
}

function memoryOf(initial: number, maximum: number, is64: boolean) {
  return new WebAssembly.Memory(
    is64
      ? {
        address: "i64",
        initial: BigInt(initial),
        maximum: BigInt(maximum),
      } as unknown as WebAssembly.MemoryDescriptor
      : { initial, maximum },
  );
}

/** What scripts may import without having registered it. */
function spectest(): WebAssembly.ModuleImports {
  const print = () => {};
  const table64 = {
    address: "i64",
    initial: 10n,
    maximum: 20n,
    element: "anyfunc",
  } as unknown as WebAssembly.TableDescriptor;
  return {
    print,
    print_i32: print,
    print_i64: print,
    print_f32: print,
    print_f64: print,
    print_i32_f32: print,
    print_f64_f64: print,
    global_i32: new WebAssembly.Global({ value: "i32" }, 666),
    global_i64: new WebAssembly.Global({ value: "i64" }, 666n),
    global_f32: new WebAssembly.Global({ value: "f32" }, 666.6),
    global_f64: new WebAssembly.Global({ value: "f64" }, 666.6),
    memory: memoryOf(1, 2, false),
    shared_memory: new WebAssembly.Memory({
      initial: 1,
      maximum: 2,
      shared: true,
    }),
    table: new WebAssembly.Table({
      initial: 10,
      maximum: 20,
      element: "anyfunc",
    }),
    table64: new WebAssembly.Table(table64),
  };
}

export class Store {
  readonly mode: Mode;
  readonly #countdown: Countdown;
  readonly #spectest = spectest();
  readonly #named = new Map<string, WebAssembly.Exports | string>();
  readonly #registered = new Map<string, WebAssembly.Exports | string>();
  readonly #live: WebAssembly.Exports[] = [];
  /** An instance's exports, or why there is none. */
  #current: WebAssembly.Exports | string = "no module before it";

  readonly #bounds: Bounds;

  constructor(mode: Mode, countdown: Countdown, bounds = AMPLE) {
    this.mode = mode;
    this.#bounds = bounds;
    this.#countdown = countdown;
  }

  /** Makes an instance the current one, also under a name. */
  instantiate(
    octets: Uint8Array<ArrayBuffer>,
    name: string | undefined,
  ): Outcome {
    let made: WebAssembly.Exports | undefined;
    const ended = this.#ended(() => {
      made = this.#made(octets);
      return [];
    });
    this.#current = made ?? `${ended.kind}: ${ended.text}`;
    if (name !== undefined) this.#named.set(name, this.#current);
    return ended;
  }

  register(as: string, name: string | undefined): void {
    this.#registered.set(as, this.#find(name));
  }

  /** Calls with what is expected back, as far as that is known. */
  invoke(
    name: string | undefined,
    field: string,
    args: readonly Value[],
    expected: readonly Expected[] | undefined,
  ): Outcome {
    const found = this.#find(name);
    if (typeof found === "string") return outcome("refused", found);
    const run = found[field];
    if (typeof run !== "function") {
      return outcome("impossible", `no function "${field}"`);
    }
    // Where results are not known (a trap is expected) nothing is lost: which
    // NaN it is does not matter then.
    const isBridged = expected === undefined
      ? args.some(({ type }) => type === "v128")
      : ![...args.map(asExpected), ...expected].every(isExact);
    return this.#ended(() => {
      if (isBridged) {
        const types = (expected ?? []).map(({ type }) => type as NumberType);
        return callExactly(run, args, types);
      }
      const given = callFromJs(run, args, expected);
      const results = Array.isArray(given)
        ? given
        : given === undefined
        ? []
        : [given];
      return results.map((result, index) =>
        fromJs(result, expected?.[index]?.type ?? "f64")
      );
    });
  }

  /** Calls with a zero, or the i64 zero, for each parameter. */
  invokeWithZeros(name: string | undefined, field: string): Outcome {
    const found = this.#find(name);
    if (typeof found === "string") return outcome("refused", found);
    const run = found[field] as CallableFunction;
    const ended = this.#ended(() => {
      run(...Array(run.length).fill(0));
      return [];
    });
    if (ended.kind !== "impossible") return ended;
    return this.#ended(() => {
      run(...Array(run.length).fill(0n));
      return [];
    });
  }

  get(
    name: string | undefined,
    field: string,
    expected: readonly Expected[],
  ): Outcome {
    const found = this.#find(name);
    if (typeof found === "string") return outcome("refused", found);
    const global = found[field];
    if (!(global instanceof WebAssembly.Global)) {
      return outcome("impossible", `no global "${field}"`);
    }
    return this.#ended(
      () => [fromJs(global.value, expected[0]?.type ?? "f64")],
    );
  }

  #find(name: string | undefined): WebAssembly.Exports | string {
    if (name === undefined) return this.#current;
    return this.#named.get(name) ?? `no module ${name}`;
  }

  #imports(needed: readonly { readonly module: string }[]) {
    const imports: WebAssembly.Imports = { spectest: this.#spectest };
    for (const { module } of needed) {
      const found = this.#registered.get(module);
      if (typeof found === "string") throw new Missing(found);
      if (found !== undefined) imports[module] = found as never;
    }
    return imports;
  }

  #made(octets: Uint8Array<ArrayBuffer>): WebAssembly.Exports {
    const module = new WebAssembly.Module(octets);
    const imports = this.#imports(WebAssembly.Module.imports(module));
    if (this.mode === "plain") {
      return new WebAssembly.Instance(module, imports).exports;
    }
    const rewritten = rewriteFor(octets, this.mode);
    const own: WebAssembly.ModuleImports = {};
    rewritten.memories.forEach(({ minimum, maximum, is64 }, index) => {
      own[memoryImport(index)] = memoryOf(minimum, maximum, is64);
    });
    if (rewritten.hasCountdown) own[COUNTDOWN_IMPORT] = this.#countdown.memory;
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(rewritten.octets),
      { ...imports, [ENGINE_MODULE]: own },
    );
    if (exports[FUEL_EXPORT] !== undefined) this.#live.push(exports);
    this.#refill(exports);
    const start = exports[START_EXPORT];
    if (typeof start === "function") start();
    return exports;
  }

  #refill(exports: WebAssembly.Exports): void {
    const set = (name: string, value: bigint | number) => {
      const global = exports[name];
      if (global instanceof WebAssembly.Global) global.value = value;
    };
    set(FUEL_EXPORT, this.#bounds.fuel);
    set(STACK_EXPORT, STACK_OCTETS_MAX);
    set(STOP_EXPORT, 0);
  }

  /** Runs with a deadline and turns whatever happens into an outcome. */
  #ended(run: () => Value[]): Outcome {
    const shortened = this.#countdown.enter(ticksOf(this.#bounds.callMs));
    try {
      return outcome("values", "", run());
    } catch (error) {
      return this.#outcomeOf(error);
    } finally {
      this.#countdown.leave(shortened);
    }
  }

  #outcomeOf(error: unknown): Outcome {
    const reasons = this.#takeReasons();
    if (reasons.includes(STOPPED_BY.stack)) return outcome("exhaustion");
    if (reasons.includes(STOPPED_BY.fuel)) return outcome("stopped", "fuel");
    if (this.#countdown.takeStopped()) return outcome("stopped", "deadline");
    if (error instanceof Missing) return outcome("refused", error.message);
    if (error instanceof ModuleRefusal) {
      return outcome("refused", error.message);
    }
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof WebAssembly.CompileError) {
      return outcome("invalid", message);
    }
    if (error instanceof WebAssembly.LinkError) {
      return outcome("unlinkable", linkReason(message));
    }
    if (isException(error)) return outcome("exception");
    if (error instanceof WebAssembly.RuntimeError) {
      return outcome("trap", message);
    }
    if (error instanceof RangeError) return outcome("exhaustion");
    if (error instanceof TypeError && /Import #/.test(message)) {
      return outcome("unlinkable", linkReason(message));
    }
    return outcome("impossible", message);
  }

  /** Why metered code stopped itself; makes all ready to be called again. */
  #takeReasons(): readonly number[] {
    return this.#live.map((exports) => {
      const { value } = exports[STOP_EXPORT] as WebAssembly.Global;
      this.#refill(exports);
      return value as number;
    });
  }
}

/** It imports from a module that does not exist in this mode. */
class Missing extends Error {}

/** The number of an import depends on what a rewriter adds; its name not. */
function linkReason(message: string): string {
  return message.replace(/^.*?Import #\d+/, "import");
}

/** Thrown by code; the type declarations do not have it yet. */
function isException(error: unknown): boolean {
  const { Exception } = WebAssembly as unknown as {
    Exception: new () => unknown;
  };
  return error instanceof Exception;
}
