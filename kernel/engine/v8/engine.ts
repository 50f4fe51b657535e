/**
 * The engine on V8: core modules made stoppable, called directly.
 *
 * One engine serves one hart: the thread that made it. Its ticker thread lives as
 * long as the layer's scope.
 */
import { Effect, Layer, Schema } from "effect";
import type { InterfaceBinding } from "../../../wit/abi/binding.ts";
import { must } from "../../limits.ts";
import {
  type CellInstance,
  CellTrap,
  type CompiledCell,
  type CompileLimits,
  Engine,
  EngineRefusal,
  type Grants,
  type InstantiateLimits,
} from "../engine.ts";
import { MESSAGE_CHARS_MAX } from "../limits.ts";
import type { CheckMode } from "../rewriter/checks.ts";
import {
  Countdown,
  type CountdownSeat,
  type StartTicker,
  Ticker,
} from "../ticker.ts";
import type { CellHeader, CellRecord } from "./cell_record.ts";
import { Compiler, type StartCompiler } from "./compiler.ts";
import { DirectCalls } from "./direct.ts";
import { ComponentRefusal } from "./refusal.ts";
import { type Digest, digestHere, hashOf, keyOf } from "./key.ts";
import { Meter } from "./meter.ts";
import { grantedPages, V8Instance } from "./instance.ts";
import { checkGrants, linkImports } from "./link.ts";
import { Hart } from "./park/hart.ts";
import { cannotPark } from "./park/jspi.ts";
import { decodeRecord, encodeRecord } from "./record.ts";

/**
 * Keeps what compiling made, so that a later start loads neither jco nor the
 * rewriter. It may lose, tear or mix up entries: the engine checks what it gets.
 */
export interface CompileCache {
  readonly get: (key: string) => Promise<Uint8Array | undefined>;
  readonly put: (key: string, octets: Uint8Array) => Promise<void>;
}

/**
 * Gets ready to start compiler threads, and to digest octets, without holding who
 * asks for it. `stop` ends all of them.
 */
export type ReadyCompiler = () => {
  readonly start: StartCompiler;
  readonly digest: Digest;
  readonly stop: () => void;
};

export interface V8Options {
  readonly startTicker: StartTicker;
  readonly startCompiler: StartCompiler;
  /** In its place for a hart whose cells may not wait for threads to start. */
  readonly readyCompiler?: ReadyCompiler;
  readonly cache?: CompileCache;
  /** How many harts there are beside the one that makes the engine; none. */
  readonly harts?: number;
  /** Bindings of exported interfaces whose resources cells make themselves. */
  readonly exported?: ReadonlyMap<string, InterfaceBinding<unknown>>;
  /**
   * `park` stops at deadlines and parks what may be parked, `trap` stops only,
   * `fuel` when the fuel of a call is used up; `none` leaves endless loops
   * endless, for measurements. Unless said otherwise: `park` where the platform
   * can, else `trap`.
   */
  readonly mode?: CheckMode;
}

/** There is no thread that could stop a cell, so no cell may run. */
export class TickerMissing extends Schema.TaggedError<TickerMissing>()(
  "TickerMissing",
  { reason: Schema.String },
) {
  override get message(): string {
    return `the ticker's thread did not start: ${this.reason}`;
  }
}

export const v8Engine = (
  options: V8Options,
): Layer.Layer<Engine, TickerMissing> =>
  Layer.effect(
    Engine,
    Effect.gen(function* () {
      const ticker = yield* Effect.acquireRelease(
        Effect.tryPromise({
          try: () =>
            Ticker.start(1 + (options.harts ?? 0), options.startTicker),
          catch: (error) => new TickerMissing({ reason: String(error) }),
        }),
        (started) => Effect.promise(() => started.stop()),
      );
      const [countdown] = ticker.countdowns;
      must(countdown !== undefined, "a ticker has a countdown per hart");
      const threads = yield* Effect.acquireRelease(
        Effect.sync(() => options.readyCompiler?.()),
        (ready) => Effect.sync(() => ready?.stop()),
      );
      const compiler = yield* Effect.acquireRelease(
        Effect.sync(() =>
          new Compiler(threads?.start ?? options.startCompiler)
        ),
        (started) => Effect.sync(() => started.stop()),
      );
      const prepare = preparing(options, compiler, threads?.digest);
      const engine = new V8Engine(options, countdown, prepare);
      return Engine.of({
        ...serviceOf(engine),
        beyond: {
          seat: (hart) => {
            const seat = ticker.countdowns[hart]?.seat;
            must(seat !== undefined, `the ticker counts for hart ${hart}`);
            return { ...seat, mode: engine.mode };
          },
          prepare: (bytes, limits) =>
            refusable(() => prepare(bytes, limits, engine.mode)),
        },
      });
    }),
  );

/** What `Beyond.seat` of this engine gives. */
export interface V8Seat extends CountdownSeat {
  readonly mode: CheckMode;
}

/**
 * The same engine on another hart: the first one compiles for it. `given` and
 * what `prepare` answers are what its `Beyond` made.
 */
export function v8EngineBeyond(
  given: unknown,
  prepare: (bytes: Uint8Array, limits: CompileLimits) => Promise<unknown>,
): Engine["Service"] {
  const seat = given as V8Seat;
  const engine = new V8Engine(
    seat,
    Countdown.over(seat),
    async (bytes, limits) => await prepare(bytes, limits) as Prepared,
  );
  return Engine.of(serviceOf(engine));
}

function serviceOf(engine: V8Engine): Engine["Service"] {
  return {
    name: "v8",
    cannotPark: engine.cannotPark,
    settle: () => engine.settle(),
    compile: (bytes, limits) => refusable(() => engine.compile(bytes, limits)),
    instantiate: (cell, grants, limits) =>
      Effect.suspend(
        (): Effect.Effect<CellInstance, EngineRefusal | CellTrap> => {
          try {
            const made = engine.instantiate(cell, grants, limits);
            return made instanceof CellTrap
              ? Effect.fail(made)
              : Effect.succeed(made);
          } catch (error) {
            if (error instanceof EngineRefusal) return Effect.fail(error);
            throw error;
          }
        },
      ),
  };
}

/** A rejection that is no refusal is the engine's own bug, and dies. */
function refusable<A>(
  run: () => Promise<A>,
): Effect.Effect<A, EngineRefusal> {
  return Effect.tryPromise({ try: run, catch: (error) => error }).pipe(
    Effect.catch((error) =>
      error instanceof EngineRefusal ? Effect.fail(error) : Effect.die(error)
    ),
  );
}

/** What V8 made of a component. It can be posted to another thread. */
export interface Prepared {
  readonly header: CellHeader;
  readonly module: WebAssembly.Module;
}

export type Prepare = (
  bytes: Uint8Array,
  limits: CompileLimits,
  mode: CheckMode,
) => Promise<Prepared>;

/** Compiles with the thread and the cache of this engine. */
function preparing(
  options: V8Options,
  compiler: Compiler,
  digest = digestHere,
): Prepare {
  return async (bytes, limits, mode) => {
    // The caller may reuse its octets while jco is loading.
    const component = bytes.slice();
    const { cache } = options;
    const record = await recordOf(component, mode, { cache, compiler, digest });
    const { header } = record;
    // Refuses here what could not be instantiated either.
    grantedPages(header, limits.memoryMib);
    const module = await WebAssembly.compile(record.module).catch(
      (error: unknown) => {
        // What was valid before may be too much for the platform now.
        throw new EngineRefusal({
          kind: "too-large",
          reason: `made stoppable, the platform does not take it: ${error}`
            .slice(0, MESSAGE_CHARS_MAX),
        });
      },
    );
    return { header, module };
  };
}

async function recordOf(
  component: Uint8Array,
  mode: CheckMode,
  { cache, compiler, digest }: {
    readonly cache: CompileCache | undefined;
    readonly compiler: Compiler;
    readonly digest: Digest;
  },
): Promise<CellRecord> {
  const hash = await hashOf(component, digest);
  const key = keyOf(hash, mode);
  const kept = await cache?.get(key);
  const record = kept && await decodeRecord(kept, key, digest);
  if (record !== undefined) return record;
  try {
    const made = await compiler.compile({ component, hash, mode });
    await cache?.put(key, await encodeRecord(made, digest));
    return made;
  } catch (error) {
    if (!(error instanceof ComponentRefusal)) throw error;
    throw new EngineRefusal({ kind: error.kind, reason: error.message });
  }
}

/** The engine without Effect. Throws and rejects with refusals. */
export class V8Engine {
  readonly #options: Pick<V8Options, "exported">;
  readonly #hart: Hart;
  readonly #prepare: Prepare;
  readonly mode: CheckMode;
  readonly #meter = new Meter();
  readonly #direct: DirectCalls;
  readonly #compiled = new WeakMap<CompiledCell, Prepared>();

  constructor(
    options: Pick<V8Options, "exported" | "mode">,
    countdown: Countdown,
    prepare: Prepare,
  ) {
    this.#options = options;
    this.#hart = new Hart(countdown);
    this.#prepare = prepare;
    this.#direct = new DirectCalls(countdown);
    this.mode = options.mode ?? (cannotPark === undefined ? "park" : "trap");
  }

  get cannotPark(): string | undefined {
    return this.mode === "park"
      ? undefined
      : cannotPark ?? `its mode is ${this.mode}`;
  }

  settle(): void {
    this.#hart.settle();
  }

  async compile(
    bytes: Uint8Array,
    limits: CompileLimits,
  ): Promise<CompiledCell> {
    const prepared = await this.#prepare(bytes, limits, this.mode);
    const { header } = prepared;
    const cell: CompiledCell = Object.freeze({
      hash: header.hash,
      size: header.size,
      imports: new Map(header.imports),
      exports: new Map(header.exports),
    });
    this.#compiled.set(cell, prepared);
    return cell;
  }

  instantiate(
    cell: CompiledCell,
    grants: Grants,
    limits: InstantiateLimits,
  ): CellInstance | CellTrap {
    const compiled = this.#compiled.get(cell);
    must(compiled !== undefined, "a cell is instantiated by its own engine");
    const { module, header } = compiled;
    checkGrants(header, grants);
    // Fuel is shared out in JavaScript, so there every call goes through it.
    const isMetered = this.mode === "fuel";
    const instance = new V8Instance(
      header,
      this.#hart,
      limits.memoryMib,
      {
        meter: isMetered ? this.#meter : undefined,
        canPark: this.mode === "park",
        tallies: this.#direct.tallies,
      },
    );
    const exported = this.#options.exported ?? new Map();
    const imports = linkImports(
      header,
      grants,
      exported,
      instance.core,
      (grant, lowered) =>
        isMetered ? undefined : this.#direct.offer(instance, grant, lowered),
    );
    const started = instance.guard(
      limits.startMs,
      () => instance.start(module, imports, grants),
      limits.startFuel,
    );
    return started.ok ? instance : started.trap;
  }
}
