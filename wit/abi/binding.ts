/**
 * What generated bindings are, and what they need of a live instance.
 *
 * A binding is stateless: one object per contract, shared by all instances. `bind` and `lower` give functions that call
 * core exports directly; a call allocates nothing but its results.
 */
import type { ResourceTables } from "./resources.ts";

/** One live core instance, seen through the canonical ABI. */
export interface CoreInstance {
  /** Memory 0. May grow between and during calls. */
  readonly memory: WebAssembly.Memory;
  /** Names as in the core module: `karyon:graph/reads@0.1.0#find`, `cabi_post_…`. */
  readonly exports: WebAssembly.Exports;
  /** The cell's `cabi_realloc`. */
  readonly realloc: (
    old: number,
    oldSize: number,
    align: number,
    size: number,
  ) => number;
  /** Handle tables of this instance. */
  readonly resources: ResourceTables;
  /** While its allocator or clean-up runs, which may not call out: the caller waits in the midst of a value. */
  isClosed?: boolean;
  /** Made ahead of the next list of octets that the cell is given. */
  room?: Room | undefined;
  /**
   * Takes the next list of octets that the cell gives, which is a view of it then.
   * Where it is too short, one takes its place that is longer than needed.
   */
  spare?: Uint8Array | undefined;
}

/** A block that the cell's allocator has handed out. */
export interface Room {
  readonly at: number;
  readonly octets: number;
}

/** One function of a contract. */
export interface FunctionInfo {
  /** Name in WIT, e.g. `should-yield`, `[method]cursor.next`. */
  readonly name: string;
  /** Name in the binding's interface, e.g. `shouldYield`; for a resource's functions `Cursor.next`. */
  readonly method: string;
  /** True where the kernel answers for a callee that is not there: the result's error is `karyon:kernel/call.absence`. */
  readonly absence: boolean;
}

/** A core function for an importing instance. */
export type CoreFunction = (...args: never[]) => unknown;

/** What runs before and after a call of an export. */
export interface ExportStage {
  /** Name of the core export. */
  readonly core: string;
  /** Lowers the arguments; returns the flat ones. Calls `realloc`. */
  readonly lower: (...args: never[]) => readonly unknown[];
  /** Lifts the answer and lets the instance clean up. */
  readonly lift: (flat: never) => unknown;
}

/** Types of flat values. */
export type CoreType = "i32" | "i64" | "f32" | "f64";

/** What runs before and after the host's answer to an import. */
export interface ImportStage {
  /** Name in the binding's interface. */
  readonly method: string;
  /** Type of the core import. */
  readonly params: readonly CoreType[];
  readonly results: readonly CoreType[];
  /** Lifts the flat arguments; a pointer to the answer's place may follow them. */
  readonly lift: (...flats: never[]) => readonly unknown[];
  /** Lowers the answer, to `back` if it does not fit a flat result. */
  readonly lower: (result: never, back: never) => unknown;
}

/** Both directions of one contract. */
export interface InterfaceBinding<I> {
  /** `karyon:graph/reads@0.1.0`. */
  readonly name: string;
  /** Canonical text of all its functions and their types; equal iff the contracts are the same. */
  readonly signature: string;
  readonly functions: readonly FunctionInfo[];
  /**
   * Typed calls into an instance that exports the contract.
   * A call that throws anything but the host's own errors has broken the instance: end its generation.
   */
  bind(core: CoreInstance): I;
  /**
   * Core functions by WIT name, `[resource-drop]…` included, for an instance that imports the contract from `host`.
   * `core` is first asked during the first call, when the instance exists.
   */
  lower(core: () => CoreInstance, host: I): Record<string, CoreFunction>;
  /**
   * Core functions that an instance which exports the contract imports from module `[export]<name>`:
   * `[resource-new]…`, `[resource-rep]…`, `[resource-drop]…`. Empty for a contract without resources.
   */
  exportIntrinsics(core: () => CoreInstance): Record<string, CoreFunction>;
  /**
   * By method and by WIT name: the halves of calls, for an engine that parks
   * them. Absent where it cannot be, as in contracts with resources.
   */
  exportStages?(core: () => CoreInstance): Record<string, ExportStage>;
  importStages?(core: () => CoreInstance): Record<string, ImportStage>;
}
