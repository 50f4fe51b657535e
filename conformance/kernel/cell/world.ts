/** A kernel over fixture cells in simulated time, as the cases see it. */
import { deepStrictEqual, fail, ok } from "node:assert/strict";
import { setImmediate } from "node:timers";
import { Context, Effect, Layer, type Scope } from "effect";
import { TestClock } from "effect/testing";
import type { CallRefused, CellGone } from "../../../kernel/call/errors.ts";
import type { Component } from "../../../kernel/cell/nursery.ts";
import { LoadRefused } from "../../../kernel/cell/nursery.ts";
import type { LogLine } from "../../../kernel/cell/services.ts";
import type { Slot } from "../../../kernel/cell/slot.ts";
import type { Platform } from "../../../kernel/host/platform.ts";
import { Kernel, type KernelOptions } from "../../../kernel/kernel.ts";
import { EPOCH_MS } from "../../../kernel/limits.ts";
import type { CellSpec } from "../../../kernel/manifest/system_file.ts";
import type { KernelEvent } from "../../../kernel/supervisor/supervisor.ts";
import {
  bindings,
  BLUNT,
  CAREFUL,
  type Counter,
  counterIndex,
  fixture,
  type Knob,
  knobIndex,
  type Knobs,
  type World as WitWorld,
} from "./fixture.ts";
import {
  type SimulatedPlatform,
  simulatedPlatform,
} from "./simulated_platform.ts";

/** What a suite is given: a kernel with its engine, without its platform. */
export type KernelFactory = (
  options: KernelOptions,
) => Layer.Layer<Kernel, unknown, Platform>;

export const LOG = "karyon:kernel/log@0.1.0";
export const SCHEDULING = "karyon:kernel/scheduling@0.1.0";

/** A short deadline: the engine counts it in real time. */
export const CALL_MS = 200;
export const START_MS = 200;

export interface CellOptions extends Partial<CellSpec> {
  readonly world?: WitWorld;
  readonly knobs?: Knobs;
  /** Instead of a fixture. */
  readonly bytes?: Uint8Array;
  /** Names of cells that it asks and tells. */
  readonly behind?: string;
}

export type Cells = Readonly<Record<string, CellOptions>>;

/** A call that may park takes some turns to answer; this many are enough. */
const SETTLE_TURNS = 4;

const settled = Effect.promise(async () => {
  for (let turn = 0; turn < SETTLE_TURNS; turn++) {
    await new Promise((done) => setImmediate(done));
  }
});

const PIECE_MS = 10;
const PIECES_MAX = 400;

/** Everything that a case may look at or do. */
export class World {
  /** Set to make the event sink throw. */
  broken: Error | undefined;

  constructor(
    readonly kernel: Kernel["Service"],
    readonly platform: SimulatedPlatform,
    readonly events: KernelEvent[],
    readonly lines: LogLine[],
    readonly made: Awaited<ReturnType<typeof bindings>>,
    /** What came to the driver `disk`, which answers the log contract. */
    readonly device: ReadonlyArray<string>,
  ) {}

  slot(name: string): Slot {
    const slot = this.kernel.slots.find((each) => each.name === name);
    return slot ?? fail(`no cell ${name}`);
  }

  /** `name state` of every cell. */
  get states(): string[] {
    return this.kernel.slots.map(({ name, state }) => `${name} ${state}`);
  }

  /** Kinds of the events of one cell, in order. */
  eventsOf(name: string): string[] {
    return this.events
      .filter((event) =>
        (event.kind === "fault" ? event.epitaph.cell : event.cell) === name
      )
      .map(({ kind }) => kind);
  }

  /** What a cell or all of them logged. */
  said(name?: string): string[] {
    return this.lines
      .filter(({ cell }) => name === undefined || cell === name)
      .map(({ cell, message }) =>
        name === undefined ? `${cell} ${message}` : message
      );
  }

  add(cell: string, n: number) {
    return this.#tally(cell).add(n);
  }

  act(cell: string, what: number) {
    return this.#tally(cell).act(what);
  }

  turn(cell: string, knob: Knob, to: number) {
    return this.#tally(cell).turn(knobIndex(knob), to);
  }

  peek(cell: string, counter: Counter) {
    return this.#tally(cell).peek(counterIndex(counter));
  }

  /**
   * Lets so much time pass, the kernel's fibers running as they are due. In
   * pieces: a fiber that yields in the middle of its work is not overtaken far.
   */
  pass(ms: number): Effect.Effect<void> {
    const pieces = Math.min(Math.ceil(ms / PIECE_MS), PIECES_MAX) || 1;
    const piece = Effect.andThen(TestClock.adjust(ms / pieces), settled);
    return Effect.asVoid(Effect.repeat(piece, { times: pieces - 1 }));
  }

  swap(cell: string, world: WitWorld, knobs: Knobs = {}) {
    return Effect.flatMap(
      Effect.promise(() => fixture(world, knobs)),
      (bytes) => this.kernel.swap(cell, { bytes, version: "swapped" }),
    );
  }

  #tally(cell: string) {
    return this.kernel.connect(cell, this.made.tally);
  }
}

/** Lets real time pass too: a slice is counted in it. */
const EPOCHS_MAX = 500;

/** Passes epochs until it is so. */
export const until = Effect.fnUntraced(function* (
  world: World,
  isSo: () => boolean,
  what: string,
) {
  for (let epoch = 0; epoch < EPOCHS_MAX; epoch++) {
    if (isSo()) return;
    yield* world.pass(EPOCH_MS);
    yield* Effect.promise(() => new Promise((done) => setTimeout(done, 0)));
  }
  ok(isSo(), what);
});

/** The failure of an effect that must not succeed. */
export function failureOf<A, E>(effect: Effect.Effect<A, E>) {
  return Effect.matchEffect(effect, {
    onFailure: (error) => Effect.as(told, error),
    onSuccess: () => Effect.sync((): never => fail("it was not refused")),
  });
}

/** Events come when the kernel is done with what it does. */
const told = Effect.promise(() => Promise.resolve());

/** `refused` or `gone`: what the host's own call came to. */
export function absenceOf<A>(
  call: Effect.Effect<A, CallRefused | CellGone>,
): Effect.Effect<string> {
  return Effect.map(
    failureOf(call),
    ({ _tag }) => _tag === "CellGone" ? "gone" : "refused",
  );
}

/** Boots a kernel; it stops when the scope closes. */
export const boot = Effect.fnUntraced(
  function* (factory: KernelFactory, cells: Cells) {
    const platform = yield* simulatedPlatform;
    const made = yield* Effect.promise(() => bindings());
    const events: KernelEvent[] = [];
    const lines: LogLine[] = [];
    const device: string[] = [];
    const disk = {
      write: (_level: string, line: string) => void device.push(line),
    };
    const components = yield* Effect.promise(() => componentsOf(cells));
    let world: World | undefined = undefined as World | undefined;
    const context = yield* Layer.build(
      factory({
        system: {
          network: "test",
          drivers: new Map(),
          cells: new Map(
            Object.entries(cells).map(([name, options]) => [
              name,
              specOf(name, options),
            ]),
          ),
        },
        contracts: made.all,
        drivers: new Map([["disk", new Map([[LOG, disk]])]]),
        components: ({ name }) => {
          const component = components.get(name);
          return component === undefined
            ? Effect.fail(
              new LoadRefused({ cell: name, stage: "read", reason: "lost" }),
            )
            : Effect.succeed(component);
        },
        log: (line) => void lines.push(line),
        emit: (event) => {
          if (world?.broken !== undefined) throw world.broken;
          events.push(event);
        },
      }).pipe(Layer.provide(platform.layer)),
    );
    return world = new World(
      Context.get(context, Kernel),
      platform,
      events,
      lines,
      made,
      device,
    );
  },
);

async function componentsOf(cells: Cells): Promise<Map<string, Component>> {
  const components = new Map<string, Component>();
  for (
    const [name, { world = "leaf", knobs, bytes }] of Object.entries(cells)
  ) {
    if (bytes?.length === 0) continue;
    components.set(name, {
      bytes: bytes ?? await fixture(world, knobs),
      version: "1",
    });
  }
  return components;
}

/** A soft cell that is granted the log, and whom it is in front of. */
export function specOf(name: string, options: CellOptions): CellSpec {
  const { behind, world: _world, knobs: _knobs, bytes: _bytes, ...own } =
    options;
  const grants = new Map([[LOG, "kernel"], [SCHEDULING, "kernel"]]);
  if (behind !== undefined) {
    grants.set(CAREFUL, `cell:${behind}`);
    grants.set(BLUNT, `cell:${behind}`);
  }
  return {
    name,
    component: `${name}.wasm`,
    class: "soft",
    budgetMs: 0,
    callMs: CALL_MS,
    stepMs: 1_000,
    startMs: START_MS,
    memoryMib: 1,
    checkpointS: undefined,
    config: [],
    grants,
    ...own,
  };
}

/** Declares one case over cells. */
export type Case = (
  claim: string,
  cells: Cells,
  body: (world: World) => Effect.Effect<void, unknown, Scope.Scope>,
) => void;

/** Runs cases on one kernel; the kernel must not have panicked. */
export function casesOf(name: string, factory: KernelFactory): Case {
  return (claim, cells, body) =>
    Deno.test(`${name}: ${claim}`, () =>
      Effect.runPromise(
        Effect.scoped(Effect.gen(function* () {
          const world = yield* boot(factory, cells);
          yield* world.pass(0);
          yield* body(world);
          deepStrictEqual(world.platform.panics, []);
          ok(world.kernel.slots.every(({ changing }) => !changing));
        })).pipe(
          Effect.provide(TestClock.layer({ warningDelay: "1 minute" })),
        ),
      ));
}
