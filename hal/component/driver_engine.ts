/**
 * The engine that runs component drivers: a driver is a cell, and can be stopped.
 *
 * `DriverEngine` compiles and runs drivers on the thread that made it, and makes
 * the `Seat` of one on a thread of its own, which needs no right for it.
 *
 * Deliberately absent: slots, swaps and budgets. A driver answers its device's
 * holder and is bounded by deadlines; the kernel's cells are scheduled elsewhere.
 */
import { Effect, Exit, Layer, Scope } from "effect";
import {
  type CellInstance,
  type CompiledCell,
  Engine,
  type Grants,
} from "../../kernel/engine/engine.ts";
import {
  type CompileCache,
  v8Engine,
  v8EngineBeyond,
} from "../../kernel/engine/v8/engine.ts";
import { v8Threads } from "../../kernel/host/v8_threads.ts";
import { dma } from "../../wit/gen/hal_dma.ts";
import { irq } from "../../wit/gen/hal_irq.ts";
import { mmio } from "../../wit/gen/hal_mmio.ts";
import type { Bus } from "../bus_contract.ts";

const MEMORY_MIB = 64;
const START_MS = 1_000;
const LIMITS = { memoryMib: MEMORY_MIB, startMs: START_MS };

/** Keeps what compiling made. */
export type Cache = CompileCache;

/** A compiled driver and the time for it; goes to the driver's thread by message. */
export interface Seat {
  readonly time: unknown;
  readonly prepared: unknown;
}

/** What a component driver is granted: its bus, and nothing else. */
function grantsOf(bus: Bus): Grants {
  return new Map([
    [dma.name, { binding: dma, host: bus.dma }],
    [irq.name, { binding: irq, host: bus.irq }],
    [mmio.name, { binding: mmio, host: bus.mmio }],
  ]);
}

export class DriverEngine {
  readonly #engine: Engine["Service"];
  readonly #scope: Scope.Closeable;
  readonly #compiled = new Map<Uint8Array, CompiledCell>();

  private constructor(engine: Engine["Service"], scope: Scope.Closeable) {
    this.#engine = engine;
    this.#scope = scope;
  }

  static async start(cache?: Cache): Promise<DriverEngine> {
    const scope = Effect.runSync(Scope.make());
    const built = Layer.buildWithScope(
      v8Engine({
        ...v8Threads,
        harts: 1,
        mode: "trap",
        ...(cache === undefined ? {} : { cache }),
      }),
      scope,
    );
    const engine = await Effect.runPromise(
      Effect.provide(Engine, await Effect.runPromise(built)),
    );
    return new DriverEngine(engine, scope);
  }

  /** Compiles once for the same octets. Rejects with the engine's refusal. */
  async compile(component: Uint8Array): Promise<CompiledCell> {
    const known = this.#compiled.get(component);
    if (known !== undefined) return known;
    const cell = await Effect.runPromise(
      this.#engine.compile(component, LIMITS),
    );
    this.#compiled.set(component, cell);
    return cell;
  }

  /** An instance on this thread; throws the engine's refusal, or the trap. */
  instantiate(cell: CompiledCell, bus: Bus): CellInstance {
    return Effect.runSync(
      this.#engine.instantiate(cell, grantsOf(bus), LIMITS),
    );
  }

  /** What one driver on a thread of its own is made of. */
  async seat(component: Uint8Array): Promise<Seat> {
    const { beyond } = this.#engine;
    if (beyond === undefined) throw new Error("the engine serves one thread");
    const prepared = await Effect.runPromise(
      beyond.prepare(component, LIMITS),
    );
    return { time: beyond.seat(1), prepared };
  }

  async stop(): Promise<void> {
    await Effect.runPromise(Scope.close(this.#scope, Exit.void));
  }
}

/** On the driver's own thread: the instance that a seat was made for. */
export async function instantiateSeat(
  { time, prepared }: Seat,
  bus: Bus,
): Promise<CellInstance> {
  const engine = v8EngineBeyond(time, () => Promise.resolve(prepared));
  const cell = await Effect.runPromise(
    engine.compile(new Uint8Array(), LIMITS),
  );
  return Effect.runSync(engine.instantiate(cell, grantsOf(bus), LIMITS));
}
