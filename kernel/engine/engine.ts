/**
 * Turns the bytes of a component into an instance that can be called and stopped.
 *
 * A caller may rely on: a component is refused whole, with a reason that names
 * the place or the import, before any of its code runs; an instance reaches only
 * what it was granted; every entry into it has a deadline; after a trap it never
 * runs again; a trap is an answer, not an exception.
 *
 * Suites and the kernel know this file only; which engine stands behind it is the
 * composition root's business.
 */
import { Context, type Effect, Schema } from "effect";
import type { FunctionInfo, InterfaceBinding } from "../../wit/abi/binding.ts";

/** Why there is no instance. Nothing happened. */
export class EngineRefusal extends Schema.TaggedError<EngineRefusal>()(
  "EngineRefusal",
  {
    kind: Schema.Literals([
      "malformed",
      "unsupported",
      "too-large",
      "ungranted-import",
      "contract-differs",
      "no-such-export",
    ]),
    reason: Schema.String,
  },
) {
  override get message(): string {
    return this.reason;
  }
}

/**
 * How a cell broke off.
 *
 * `deadline`: its time was over. `fuel`: its fuel was used up. `trap`: it
 * executed a trap. `abi`: what it handed over is not what its contract says.
 * `stack`: it recursed too deep. `memory`: it trapped at the limit of its memory. `host`: something that it
 * had called threw; `cause` is what. `cancelled`: it was parked and not wanted any more.
 */
export type TrapKind =
  | "deadline"
  | "fuel"
  | "trap"
  | "abi"
  | "stack"
  | "memory"
  | "host"
  | "cancelled";

/** The end of an instance. */
export class CellTrap extends Error {
  readonly _tag = "CellTrap";
  readonly kind: TrapKind;

  constructor(kind: TrapKind, message: string, cause: unknown) {
    super(message, { cause });
    this.name = "CellTrap";
    this.kind = kind;
  }
}

export type Guarded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly trap: CellTrap };

/**
 * A granted cell that the engine may call itself, without the values passing
 * through `host`. The engine runs the call, its maker decides and accounts.
 *
 * Each `enter` that gave true is followed by one `leave` or one `failed`.
 */
export interface Link {
  /** Longest that one call may take. */
  readonly limitMs: number;

  /** Who would answer a call now; asked again when it is entered no more. */
  callee(): CellInstance | undefined;

  /**
   * Whether a call of this instance may begin, with so much time left to its
   * caller. If not, nothing has happened, and `host` is asked as usual.
   */
  enter(callee: CellInstance, leftMs: number): boolean;

  leave(): void;

  /**
   * The call has ended the instance. Gives what its caller is to be unwound with
   * where the contract has no word for an absence.
   */
  failed(
    callee: CellInstance,
    call: {
      readonly info: FunctionInfo;
      readonly trap: CellTrap;
      /** The deadline was the caller's, sooner than the call's own. */
      readonly isCallers: boolean;
      readonly forMs: number;
    },
  ): Error;
}

/** An answer that other threads work on, and that comes in its own time. */
export class Elsewhere {
  constructor(readonly answer: Promise<unknown>) {}
}

/** What answers an import of a component. */
export interface Grant {
  readonly binding: InterfaceBinding<unknown>;
  /** Implements the binding's interface. */
  readonly host: unknown;
  /**
   * The same for a caller that may park: its methods may answer with promises,
   * and the caller is parked until they resolve. They end with the caller. For an
   * answer that comes from `Elsewhere` no code of the caller's job runs
   * meanwhile, so its slice ends.
   */
  readonly parking?: unknown;
  /** Set if a cell answers. An engine that calls no cells itself ignores it. */
  readonly link?: Link;
}

export type Grants = ReadonlyMap<string, Grant>;

/**
 * A slice of a parkable call: parked at its end, or the call is over. One that
 * waits for an answer from elsewhere may not go on before `until` resolves.
 */
export type Slice<T> =
  | { readonly parked: true; readonly until?: Promise<void> }
  | { readonly parked: false; readonly guarded: Guarded<T> };

/** A call that is parked when its slice is over, and goes on in the next. */
export interface ParkableCall<T> {
  /**
   * Runs it for `sliceMs` at most; the first time begins it. Not to be called
   * while a slice is under way, nor after the call is over, nor, unless it was
   * cancelled, while it waits for an answer.
   */
  run(sliceMs: number): Promise<Slice<T>>;

  /** Its next slice ends it, and the instance, with this. */
  cancel(reason: CellTrap): void;
}

/** A call of a cell by a cell that may park. */
export interface JoinedCall {
  /** Resolves when it is over; the caller is parked until then. */
  readonly answer: Promise<Guarded<unknown>>;
  /** Ends it, and its instance, with this once the chain goes on. */
  cancel(reason: CellTrap): void;
}

/** One function of an exported interface. */
export interface Exported<I, K extends keyof I> {
  readonly binding: InterfaceBinding<I>;
  readonly method: K & string;
}

/** What a function of a contract takes and gives. */
export type ArgumentsOf<F> = F extends (...args: infer A) => unknown ? A
  : never;
export type AnswerOf<F> = F extends (...args: never[]) => infer R ? R : never;

/** A component that was accepted; instances of it share its code. */
export interface CompiledCell {
  /** BLAKE3 of the component's bytes, in hex. */
  readonly hash: string;
  /** Octets of the component. */
  readonly size: number;
  /** Interface name to signature. */
  readonly imports: ReadonlyMap<string, string>;
  readonly exports: ReadonlyMap<string, string>;
}

export interface CompileLimits {
  readonly memoryMib: number;
}

export interface InstantiateLimits extends CompileLimits {
  /** Deadline of the code that runs while the instance is made. */
  readonly startMs: number;
  /** Its fuel, where the engine meters. */
  readonly startFuel?: number;
  /** Whose instance it is, for whoever records. */
  readonly whose?: { readonly cell: string; readonly generation: number };
}

/** One live component. Owned by who made it; one thread may use it. */
export interface CellInstance {
  /** Whether it exports an interface of that name. */
  has(interfaceName: string): boolean;

  /**
   * Typed calls of an exported interface; throws an `EngineRefusal` if there is
   * none with this signature, and `ended` if the instance has ended. The calls work inside `guard` only: elsewhere no
   * time is left, and the first check in the cell ends it.
   */
  bind<I>(binding: InterfaceBinding<I>): I;

  /**
   * Runs `job` with a deadline for the cell's code in it, or the caller's if that
   * is sooner. Whatever goes wrong ends the instance and is the answer, now and
   * for every later `guard`. Must not be entered while it runs.
   *
   * A nested call finds room on the stack for what it calls, or throws a
   * `RangeError` before anything has happened: let through, it ends the caller,
   * which used the room up, as `stack`.
   *
   * Where the engine meters, the fuel bounds the code in place of the time: the
   * same call ends at the same instruction wherever it runs. Without `fuel` the
   * deadline is turned into fuel at a fixed rate. A nested call gets at most what
   * its caller has left, and its caller pays for it.
   */
  guard<T>(deadlineMs: number, job: () => T, fuel?: number): Guarded<T>;

  /**
   * Makes room for the next list of octets that is handed to it, so that taking
   * it costs its copying only. Works inside `guard` only.
   */
  expect(octets: number): void;

  /**
   * The next list of octets that it gives is put into `spare` and is a view of
   * it; if it does not fit, of something longer. `undefined` takes back what was
   * lent.
   */
  lend(spare: Uint8Array | undefined): void;

  /**
   * A call whose code is parked, not ended, when its time is over. While it is
   * under way, `guard` must not be entered. `limitMs` bounds what cannot park:
   * lowering the arguments and lifting the answer. `watch` is told when its code
   * begins and ends to run. `undefined` where nothing can be parked; then
   * `guard` is the way.
   */
  parkable<I, K extends keyof I>(
    what: Exported<I, K>,
    args: ArgumentsOf<I[K]>,
    limitMs: number,
    watch: (isRunning: boolean) => void,
  ): ParkableCall<AnswerOf<I[K]>> | undefined;

  /**
   * The same under the parkable call that runs now and called the host: both
   * park together. `undefined` if none runs.
   */
  join<I, K extends keyof I>(
    what: Exported<I, K>,
    args: ArgumentsOf<I[K]>,
    limitMs: number,
  ): JoinedCall | undefined;

  /**
   * Fuel that the running call, or else the last one, has used, nested calls
   * included; `undefined` where the engine does not meter.
   */
  fuelUsed(): number | undefined;

  /** Time that is left to the call that runs on its hart. */
  leftMs(): number;

  /**
   * Time that it ran in direct calls since this was last asked, without what it
   * called itself: whole ticks that fell into them, so right on average only.
   */
  takeDirectMs(): number;

  /** Why it ended, once it has. */
  readonly ended: CellTrap | undefined;

  /** Octets of its memory. */
  memoryBytes(): number;

  /** Gives everything back. Idempotent; the instance has ended then. */
  dispose(): void;
}

/** What the engines of further harts stand on; what it gives can be posted. */
export interface Beyond {
  /** The time of a hart's cells, counted by the one ticker; from 1 on. */
  readonly seat: (hart: number) => unknown;
  /** What compiling makes, for the engine of another hart to take. */
  readonly prepare: (
    bytes: Uint8Array,
    limits: CompileLimits,
  ) => Effect.Effect<unknown, EngineRefusal>;
}

export class Engine extends Context.Service<Engine, {
  /** `v8`, `wasmtime`. */
  readonly name: string;

  /** Why no call can be parked here, if so. */
  readonly cannotPark: string | undefined;

  /**
   * To be called before a cell is called or its time is asked: a parkable call
   * that ended in a trap is only known to have ended some microtasks later.
   */
  readonly settle: () => void;

  /** Absent where it serves one hart only. */
  readonly beyond?: Beyond;

  readonly compile: (
    bytes: Uint8Array,
    limits: CompileLimits,
  ) => Effect.Effect<CompiledCell, EngineRefusal>;

  /**
   * Checks each import of the cell against `grants`, then makes an instance and
   * runs what runs at instantiation. `cell` must come from this engine.
   */
  readonly instantiate: (
    cell: CompiledCell,
    grants: Grants,
    limits: InstantiateLimits,
  ) => Effect.Effect<CellInstance, EngineRefusal | CellTrap>;
}>()("karyon/kernel/Engine") {}
