/** A kernel over fixture cells on real threads, in real time. */
import { fail } from "node:assert/strict";
import { Context, Effect, Exit, Layer, Scope } from "effect";
import {
  bindings,
  BLUNT,
  CAREFUL,
  type Counter,
  counterIndex,
  fixture,
  type Knob,
  knobIndex,
  TALLY,
} from "../../../conformance/kernel/cell/fixture.ts";
import {
  type CellOptions as FixtureOptions,
  LOG,
  SCHEDULING,
  specOf as fixtureSpec,
} from "../../../conformance/kernel/cell/world.ts";
import type { LogLine } from "../../cell/services.ts";
import { LoadRefused } from "../../cell/nursery.ts";
import type { CellStatus } from "../../cell/status.ts";
import { compileComponent } from "../../engine/v8/compile.ts";
import type { StartCompiler } from "../../engine/v8/compiler.ts";
import { type CompileCache, v8Engine } from "../../engine/v8/engine.ts";
import { hartThreads } from "../../host/hart_thread.ts";
import { Platform } from "../../host/platform.ts";
import { startTickerThread } from "../../host/ticker_thread.ts";
import { Kernel, type KernelOptions } from "../../kernel.ts";
import { checkSystem } from "../../manifest/check.ts";
import type { CellSpec } from "../../manifest/system_file.ts";
import type { HartThread } from "../thread.ts";
import { fixtureMessages } from "./fixture_messages.ts";

export { LOG };
const WAIT_MS = 180_000;

/** Tests share what is compiled. */
const compiled = new Map<string, Uint8Array>();
const cache: CompileCache = {
  get: (key) => Promise.resolve(compiled.get(key)),
  put: (key, octets) => {
    compiled.set(key, octets);
    return Promise.resolve();
  },
};

const startCompiler: StartCompiler = () => ({
  ask: async ({ component, hash, mode }) => ({
    ok: true,
    record: await compileComponent(component, hash, mode),
  }),
  stop: () => {},
});

export type CellOptions = Omit<FixtureOptions, "bytes">;
export type Cells = Readonly<Record<string, CellOptions>>;

export class World {
  constructor(
    readonly kernel: Kernel["Service"],
    readonly tally: Awaited<ReturnType<typeof bindings>>["tally"],
    readonly events: ReadonlyArray<Parameters<KernelOptions["emit"]>[0]>,
    readonly lines: ReadonlyArray<LogLine>,
    /** Threads by the number of their hart, the latest of each. */
    readonly threads: ReadonlyMap<number, HartThread>,
  ) {}

  status(name: string): CellStatus {
    const found = this.kernel.cells().find((cell) => cell.name === name);
    return found ?? fail(`no cell ${name}`);
  }

  /** What a call came to: its value, or which absence. */
  act(cell: string, what: number): Promise<number | string> {
    return outcomeOf(this.kernel.connect(cell, this.tally).act(what));
  }

  add(cell: string, n: number): Promise<number | string> {
    return outcomeOf(this.kernel.connect(cell, this.tally).add(n));
  }

  async turn(cell: string, knob: Knob, to: number): Promise<void> {
    const { turn } = this.kernel.connect(cell, this.tally);
    await Effect.runPromise(turn(knobIndex(knob), to));
  }

  peek(cell: string, counter: Counter): Promise<number | string> {
    const { peek } = this.kernel.connect(cell, this.tally);
    return outcomeOf(peek(counterIndex(counter)));
  }

  /** Waits until the cell is said to be so. */
  async until(
    cell: string,
    what: string,
    ready: (status: CellStatus) => boolean,
  ): Promise<CellStatus> {
    const endMs = performance.now() + WAIT_MS;
    for (;;) {
      const status = this.status(cell);
      if (ready(status)) return status;
      if (performance.now() > endMs) {
        fail(`${cell} is not ${what}: ${status.state}, ${status.detail}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  running(cell: string): Promise<CellStatus> {
    return this.until(cell, "running", ({ state }) => state === "running");
  }

  /** What a cell logged, oldest first. */
  said(cell: string): string[] {
    return this.lines.filter((line) => line.cell === cell)
      .map(({ message }) => message);
  }

  /** Makes a hart's thread fail: it ends like after a bug of the kernel. */
  breakHart(hart: number): void {
    // No message of the protocol: the thread's program does not survive it.
    (this.threads.get(hart) ?? fail(`no hart ${hart}`)).port.postMessage(null);
  }
}

async function outcomeOf<A>(
  call: Effect.Effect<A, { readonly _tag: string }>,
): Promise<A | string> {
  const done = await Effect.runPromise(Effect.result(call));
  if (done._tag === "Success") return done.success;
  return done.failure._tag === "CellGone" ? "gone" : "refused";
}

/** Runs `body` over a kernel with so many harts beside the first. */
export async function withWorld(
  harts: number,
  cells: Cells,
  body: (world: World) => Promise<void>,
): Promise<void> {
  const scope = Effect.runSync(Scope.make());
  try {
    await body(await boot(harts, cells, scope));
  } finally {
    await Effect.runPromise(Scope.close(scope, Exit.void));
  }
}

async function boot(
  harts: number,
  cells: Cells,
  scope: Scope.Scope,
): Promise<World> {
  const made = await bindings();
  const events: Parameters<KernelOptions["emit"]>[0][] = [];
  const lines: LogLine[] = [];
  const threads = new Map<number, HartThread>();
  const start = hartThreads(program(made.all));
  const specs = Object.entries(cells).map(([name, options]) =>
    [name, specOf(name, options)] as const
  );
  const offer = { kernel: new Set([LOG, SCHEDULING]), drivers: new Map() };
  const { system, faults } = checkSystem(
    { network: "test", harts, drivers: new Map(), cells: new Map(specs) },
    offer,
  );
  for (const { reason } of faults) fail(reason);
  const layer = Kernel.layer({
    system,
    contracts: made.all,
    drivers: new Map(),
    components: ({ name }) => {
      const options = cells[name];
      return options === undefined
        ? Effect.fail(
          new LoadRefused({ cell: name, stage: "read", reason: "lost" }),
        )
        : Effect.promise(async () => ({
          bytes: await fixture(options.world ?? "leaf", options.knobs),
          version: "1",
        }));
    },
    log: (line) => void lines.push(line),
    emit: (event) => void events.push(event),
    harts: {
      messages: fixtureMessages,
      start: (hart) => {
        const thread = start(hart);
        threads.set(hart, thread);
        return thread;
      },
    },
  });
  const engine = v8Engine({
    startTicker: startTickerThread,
    startCompiler,
    cache,
    harts,
  });
  const context = await Effect.runPromise(
    Layer.buildWithScope(
      layer.pipe(Layer.provide(Layer.merge(engine, Platform.layer))),
      scope,
    ),
  );
  const kernel = Context.get(context, Kernel);
  return new World(kernel, made.tally, events, lines, threads);
}

/** The thread's program, told what it cannot find out by itself. */
function program(
  all: ReadonlyMap<string, { readonly signature: string }>,
): URL {
  const url = new URL("./fixture_worker.ts", import.meta.url);
  for (const name of [TALLY, CAREFUL, BLUNT]) {
    url.searchParams.set(name, all.get(name)?.signature ?? "");
  }
  return url;
}

/** The engine's ticker counts real time, also on a machine that has none. */
export function specOf(name: string, options: CellOptions = {}): CellSpec {
  return fixtureSpec(name, { callMs: 60_000, startMs: 60_000, ...options });
}
