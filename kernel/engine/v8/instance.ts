/**
 * One live component on V8.
 *
 * The engine makes the memory, so it also bounds it; calls go straight to core
 * exports. Costs of `guard`: two atomic operations and a closure.
 */
import type {
  CoreInstance,
  InterfaceBinding,
} from "../../../wit/abi/binding.ts";
import { fault } from "../../../wit/abi/fault.ts";
import { ResourceTables } from "../../../wit/abi/resources.ts";
import { must } from "../../limits.ts";
import {
  type CellInstance,
  CellTrap,
  EngineRefusal,
  type Guarded,
} from "../engine.ts";
import { FUEL_PER_MS, PAGE_OCTETS, TICK_MS } from "../limits.ts";
import {
  COUNTDOWN_IMPORT,
  ENGINE_MODULE,
  memoryImport,
  START_EXPORT,
} from "../rewriter/rewrite.ts";
import { NOBODY, type Tallies } from "../hart_words.ts";
import { type Countdown, ticksOf } from "../ticker.ts";
import type { CellHeader } from "./cell_record.ts";
import { type Meter, Tank } from "./meter.ts";
import { classify } from "./trap.ts";

/** What a component's linker names it. */
const REALLOC = "cabi_realloc";
const INITIALIZE = "_initialize";

const PAGES_PER_MIB = 2 ** 20 / PAGE_OCTETS;

/** Pages that a cell starts with and may grow to; refused if it starts above. */
export function grantedPages(
  header: CellHeader,
  memoryMib: number,
): { readonly minimum: number; readonly maximum: number } {
  const granted = Math.floor(memoryMib * PAGES_PER_MIB);
  const { minimum, maximum } = header.memory ?? { minimum: 0, maximum: 0 };
  if (minimum > granted) {
    throw new EngineRefusal({
      kind: "too-large",
      reason: `it starts with ${minimum / PAGES_PER_MIB} MiB of memory, ` +
        `granted are ${memoryMib}`,
    });
  }
  return { minimum, maximum: Math.min(maximum, granted) };
}

type Realloc = CoreInstance["realloc"];

export class V8Instance implements CellInstance {
  readonly #header: CellHeader;
  readonly #countdown: Countdown;
  readonly #memory: WebAssembly.Memory;
  readonly #pagesMin: number;
  readonly #pagesMax: number;
  readonly #resources = new ResourceTables();
  readonly #tank: Tank | undefined;
  readonly #tallies: Tallies;
  #tally: number;
  /** Ticks that were counted before it ended. */
  #lastTicks = 0;
  /** Run when it ends: whoever is linked to it lets go. */
  readonly #unlinks = new Set<() => void>();
  #core: CoreInstance | undefined;
  #ended: CellTrap | undefined;
  #isRunning = false;

  /** With a `meter` its code must have been rewritten to use fuel. */
  constructor(
    header: CellHeader,
    countdown: Countdown,
    memoryMib: number,
    meter: Meter | undefined,
    tallies: Tallies,
  ) {
    this.#tallies = tallies;
    this.#tally = tallies.lend();
    this.#header = header;
    this.#tank = meter && new Tank(meter);
    this.#countdown = countdown;
    const { minimum, maximum } = grantedPages(header, memoryMib);
    this.#pagesMin = minimum;
    this.#pagesMax = maximum;
    this.#memory = new WebAssembly.Memory({ initial: minimum, maximum });
  }

  /** Makes the core instance; to be called once, within `guard`. */
  start(module: WebAssembly.Module, imports: WebAssembly.Imports): void {
    must(this.#core === undefined, "an instance is started once");
    const own: WebAssembly.ModuleImports = {};
    if (this.#header.memory !== null) own[memoryImport(0)] = this.#memory;
    if (this.#header.hasCountdown) {
      own[COUNTDOWN_IMPORT] = this.#countdown.memory;
    }
    const { exports } = new WebAssembly.Instance(module, {
      ...imports,
      [ENGINE_MODULE]: own,
    });
    const realloc = exports[REALLOC];
    this.#core = {
      memory: this.#memory,
      exports,
      realloc: typeof realloc === "function" ? realloc as Realloc : noRealloc,
      resources: this.#resources,
    };
    this.#tank?.attach(exports);
    for (const name of [START_EXPORT, INITIALIZE]) {
      const run = exports[name];
      if (typeof run === "function") run();
    }
  }

  /** For lowered imports: they run when the instance exists, and while it lives. */
  readonly core = (): CoreInstance =>
    this.#core ?? fault("it called an import before it was instantiated");

  get ended(): CellTrap | undefined {
    return this.#ended;
  }

  has(interfaceName: string): boolean {
    return this.#header.exports.some(([name]) => name === interfaceName);
  }

  bind<I>(binding: InterfaceBinding<I>): I {
    const found = this.#header.exports
      .find(([name]) => name === binding.name);
    if (found === undefined) {
      throw new EngineRefusal({
        kind: "no-such-export",
        reason: `it does not export ${binding.name}`,
      });
    }
    if (found[1] !== binding.signature) {
      throw new EngineRefusal({
        kind: "contract-differs",
        reason: `it exports another ${binding.name}`,
      });
    }
    if (this.#ended !== undefined) throw this.#ended;
    return binding.bind(this.core());
  }

  guard<T>(
    deadlineMs: number,
    job: () => T,
    fuel = deadlineMs * FUEL_PER_MS,
  ): Guarded<T> {
    if (this.#ended !== undefined) return { ok: false, trap: this.#ended };
    must(!this.#isRunning, "a cell is not entered while it runs");
    const shortened = this.#countdown.enter(ticksOf(deadlineMs));
    this.#tank?.begin(fuel);
    this.#isRunning = true;
    try {
      return { ok: true, value: job() };
    } catch (error) {
      return { ok: false, trap: this.#end(error, deadlineMs) };
    } finally {
      this.#isRunning = false;
      this.#tank?.end();
      this.#countdown.leave(shortened);
    }
  }

  fuelUsed(): number | undefined {
    return this.#tank?.used;
  }

  memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  leftMs(): number {
    // A deadline of n ms is n + 1 ticks.
    return (this.#countdown.ticksLeft - 1) * TICK_MS;
  }

  takeDirectMs(): number {
    const ticks = this.#lastTicks + this.#tallies.take(this.#tally);
    this.#lastTicks = 0;
    return ticks * TICK_MS;
  }

  dispose(): void {
    this.#ended ??= new CellTrap("host", "it was disposed of", undefined);
    this.#letGo();
  }

  /** While it lives and is started. */
  get liveCore(): CoreInstance | undefined {
    return this.#core;
  }

  /** The word that counts its ticks in direct calls. */
  get tally(): number {
    return this.#tally;
  }

  /** Called once when it ends, unless taken back. */
  get unlinks(): Set<() => void> {
    return this.#unlinks;
  }

  /** A call that does not come through `guard` begins; nothing is armed. */
  enterDirect(): void {
    must(!this.#isRunning, "a cell is not entered while it runs");
    this.#isRunning = true;
  }

  leaveDirect(): void {
    this.#isRunning = false;
  }

  /** Such a call broke off: the end. */
  endDirect(error: unknown, deadlineMs: number): CellTrap {
    return this.#end(error, deadlineMs);
  }

  #letGo(): void {
    this.#core = undefined;
    this.#lastTicks += this.#tallies.take(this.#tally);
    this.#tallies.giveBack(this.#tally);
    this.#tally = NOBODY;
    for (const unlink of this.#unlinks) unlink();
    this.#unlinks.clear();
  }

  #end(error: unknown, deadlineMs: number): CellTrap {
    const pages = this.memoryBytes() / PAGE_OCTETS;
    this.#ended = classify(error, {
      wasStopped: this.#countdown.takeStopped(),
      stoppedBy: this.#tank?.stoppedBy,
      deadlineMs,
      isMemoryFull: pages >= this.#pagesMax && pages > this.#pagesMin,
    });
    this.#letGo();
    return this.#ended;
  }
}

function noRealloc(): never {
  fault("it takes a list or string but exports no cabi_realloc");
}
