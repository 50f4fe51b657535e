/**
 * Instances of adapters and trampolines, and what they are linked to.
 *
 * Rely on: after `retarget` the functions of `imports` lead to the adapter, after
 * `rest` to the host's own way, for a caller that keeps the same functions.
 */
import type {
  CoreFunction,
  CoreInstance,
  FunctionInfo,
} from "../../../wit/abi/binding.ts";
import type { Func } from "../../../wit/decode/model.ts";
import { must } from "../../limits.ts";
import { adapterModule, hasPost, NAME } from "./adapter.ts";
import { IMPORTS } from "./module.ts";
import { FAULTS } from "./side.ts";
import { TRAMPOLINE, trampolineModule } from "./trampolines.ts";

type Functions = Record<string, CoreFunction>;

function functionOf(exports: WebAssembly.Exports, name: string): CoreFunction {
  const found = exports[name];
  must(typeof found === "function", `an adapter exports ${name}`);
  return found as unknown as CoreFunction;
}

/** Code for one contract; instances share it. */
export class ContractCode {
  readonly adapter: WebAssembly.Module;
  readonly trampolines: WebAssembly.Module;

  /** Throws `TooLarge`, and `Malformed` for a contract with resources. */
  constructor(
    /** `karyon:graph/reads@0.1.0`. */
    readonly contract: string,
    readonly functions: readonly Func[],
    infos: readonly FunctionInfo[],
  ) {
    this.adapter = new WebAssembly.Module(adapterModule(functions, infos));
    this.trampolines = new WebAssembly.Module(trampolineModule(functions));
  }
}

/** The fixed functions of one importing instance. */
export class Trampolines {
  /** By name in the contract: what the instance is linked to. */
  readonly imports: Functions;
  /** Post-return of a cell that has none. */
  readonly nothing: CoreFunction;
  readonly #table: WebAssembly.Table;
  readonly #slow: readonly ReturnType<WebAssembly.Table["get"]>[];

  constructor(
    readonly code: ContractCode,
    /** The host's own way, in the order of the contract's functions. */
    readonly slow: readonly CoreFunction[],
  ) {
    const own: WebAssembly.ModuleImports = {};
    slow.forEach((call, at) => own[TRAMPOLINE.slow + at] = call);
    const { exports } = new WebAssembly.Instance(code.trampolines, {
      [IMPORTS]: own,
    });
    const table = exports[TRAMPOLINE.slots];
    must(table instanceof WebAssembly.Table, "trampolines have a table");
    this.#table = table;
    this.#slow = slow.map((_, at) => table.get(at));
    this.nothing = functionOf(exports, TRAMPOLINE.nothing);
    this.imports = Object.fromEntries(
      code.functions.map(({ name }, at) => [
        name,
        functionOf(exports, TRAMPOLINE.call + at),
      ]),
    );
  }

  retarget(adapter: Adapter): void {
    adapter.calls.forEach((call, at) => this.#table.set(at, call));
  }

  rest(): void {
    this.#slow.forEach((call, at) => this.#table.set(at, call));
  }
}

/** Where an adapter's memory and functions come from. */
export interface Ends {
  readonly caller: CoreInstance;
  readonly callee: CoreInstance;
  /** The hart's countdown memory. */
  readonly hart: WebAssembly.Memory;
}

/** Runs function `index`, or says why not; see `ENTERED`. */
export type Enter = (index: number) => number;

/** One pair of instances, one contract. */
export class Adapter {
  readonly calls: readonly CoreFunction[];
  readonly #inner: readonly ((less: number) => void)[];
  readonly #exports: WebAssembly.Exports;

  /** Throws a `WebAssembly.LinkError` if the called instance is another one. */
  constructor(
    { code, slow, nothing }: Trampolines,
    { caller, callee, hart }: Ends,
    enter: Enter,
  ) {
    const own: WebAssembly.ModuleImports = {
      [NAME.callerMemory]: caller.memory,
      [NAME.calleeMemory]: callee.memory,
      [NAME.hart]: hart,
      [NAME.callerRealloc]: caller.realloc,
      [NAME.calleeRealloc]: callee.realloc,
      [NAME.enter]: enter,
    };
    code.functions.forEach((func, at) => {
      const name = `${code.contract}#${func.name}`;
      own[NAME.core + at] = callee.exports[name] as WebAssembly.ImportValue;
      own[NAME.slow + at] = slow[at] as WebAssembly.ImportValue;
      if (hasPost(func)) {
        own[NAME.post + at] = callee.exports[`cabi_post_${name}`] ?? nothing;
      }
    });
    const { exports } = new WebAssembly.Instance(code.adapter, {
      [IMPORTS]: own,
    });
    this.#exports = exports;
    const each = (name: string) =>
      code.functions.map((_, at) => functionOf(exports, name + at));
    this.calls = each(NAME.call);
    this.#inner = each(NAME.inner) as unknown as ((less: number) => void)[];
  }

  /** Runs a function whose arguments the adapter keeps. */
  run(index: number, less: number): void {
    this.#inner[index]?.(less);
  }

  /** Runs the post-return function that an end of the call left out. */
  runAfter(index: number): void {
    (functionOf(this.#exports, NAME.after + index) as () => void)();
  }

  #number(name: string): number {
    const found = this.#exports[name];
    return found instanceof WebAssembly.Global ? Number(found.value) : 0;
  }

  /** Whose doing a trap was; one of `WHO`. */
  get who(): number {
    return this.#number(NAME.who);
  }

  /** What was wrong with somebody's data. */
  get fault(): string {
    return FAULTS[this.#number(NAME.why)] ?? "";
  }

  /** Takes back what was noted: an adapter begins each call without notes. */
  forget(): void {
    for (const name of [NAME.who, NAME.given, NAME.pending]) {
      const found = this.#exports[name];
      if (found instanceof WebAssembly.Global) found.value = 0;
    }
  }

  get isGivenBack(): boolean {
    return this.#number(NAME.given) !== 0;
  }

  get isPending(): boolean {
    return this.#number(NAME.pending) !== 0;
  }
}
