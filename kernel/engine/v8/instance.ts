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
import { Memory } from "../../../wit/abi/memory.ts";
import { ResourceTables } from "../../../wit/abi/resources.ts";
import { must } from "../../limits.ts";
import {
  type AnswerOf,
  type ArgumentsOf,
  type CellInstance,
  CellTrap,
  EngineRefusal,
  type Exported,
  type Grants,
  type Guarded,
  type JoinedCall,
  type ParkableCall,
} from "../engine.ts";
import { FUEL_PER_MS, PAGE_OCTETS, TICK_MS } from "../limits.ts";
import {
  COUNTDOWN_IMPORT,
  ENGINE_MODULE,
  memoryImport,
  START_EXPORT,
} from "../rewriter/rewrite.ts";
import { NOBODY, type Tallies } from "../hart_words.ts";
import { ticksOf } from "../ticker.ts";
import type { CellHeader } from "./cell_record.ts";
import { Core } from "./core.ts";
import { EXPORT_MARK } from "./link.ts";
import { type Meter, Tank } from "./meter.ts";
import { Chain, Frame, RootCall } from "./park/chain.ts";
import type { Hart } from "./park/hart.ts";
import { Parking } from "./park/parking.ts";
import { checkStack } from "./stack.ts";
import { classify } from "./trap.ts";

/** What a component's linker names it. */
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

/** The interfaces whose resources the cell makes itself. */
function ownInterfaces(header: CellHeader): ReadonlySet<string> {
  const names = header.exports.map(([name]) => name);
  const makers = header.coreImports.map(([module]) => module)
    .filter((module) => module.startsWith(EXPORT_MARK))
    .map((module) => module.slice(EXPORT_MARK.length));
  return new Set([...names, ...makers]);
}

export class V8Instance implements CellInstance {
  readonly #header: CellHeader;
  readonly #hart: Hart;
  readonly #memory: WebAssembly.Memory;
  readonly #pagesMin: number;
  readonly #pagesMax: number;
  readonly #resources: ResourceTables;
  readonly #tank: Tank | undefined;
  readonly #parking: Parking | undefined;
  readonly #tallies: Tallies;
  #tally: number;
  /** Ticks that were counted before it ended. */
  #lastTicks = 0;
  /** Run when it ends: whoever is linked to it lets go. */
  readonly #unlinks = new Set<() => void>();
  #core: Core | undefined;
  #ended: CellTrap | undefined;
  #isRunning = false;

  /**
   * With a `meter` its code must have been rewritten to use fuel, and to park if
   * it `canPark`.
   */
  constructor(
    header: CellHeader,
    hart: Hart,
    memoryMib: number,
    how: {
      readonly meter?: Meter | undefined;
      readonly canPark?: boolean;
      readonly tallies: Tallies;
    },
  ) {
    this.#tallies = how.tallies;
    this.#tally = how.tallies.lend();
    this.#header = header;
    this.#resources = new ResourceTables(ownInterfaces(header));
    this.#tank = how.meter && new Tank(how.meter);
    this.#hart = hart;
    this.#parking = how.canPark ? new Parking(hart, this.core) : undefined;
    const { minimum, maximum } = grantedPages(header, memoryMib);
    this.#pagesMin = minimum;
    this.#pagesMax = maximum;
    this.#memory = new WebAssembly.Memory({ initial: minimum, maximum });
  }

  /** Makes the core instance; to be called once, within `guard`. */
  start(
    module: WebAssembly.Module,
    imports: WebAssembly.Imports,
    grants: Grants,
  ): void {
    must(this.#core === undefined, "an instance is started once");
    const own: WebAssembly.ModuleImports = {};
    if (this.#header.memory !== null) own[memoryImport(0)] = this.#memory;
    if (this.#header.hasCountdown) {
      own[COUNTDOWN_IMPORT] = this.#hart.countdown.memory;
    }
    // A start function may call imports, but none that needs the allocator:
    // whether it runs in here or below, there is no instance yet.
    const { words } = this.#hart.countdown;
    const core = new Core(this.#memory, this.#resources, words);
    this.#core = core;
    const { exports } = new WebAssembly.Instance(module, {
      ...this.#parking?.gate(imports, grants) ?? imports,
      [ENGINE_MODULE]: own,
    });
    this.#parking?.attach(exports);
    this.#tank?.attach(exports);
    const run = (name: string) => {
      const found = exports[name];
      if (typeof found === "function") found();
    };
    run(START_EXPORT);
    core.attach(exports);
    run(INITIALIZE);
  }

  /** For lowered imports: they run while the instance lives. */
  readonly core = (): CoreInstance =>
    this.#core ?? fault("it called an import outside of its life");

  get ended(): CellTrap | undefined {
    return this.#ended;
  }

  has(interfaceName: string): boolean {
    return this.#header.exports.some(([name]) => name === interfaceName);
  }

  bind<I>(binding: InterfaceBinding<I>): I {
    this.#checkExport(binding);
    return binding.bind(this.core());
  }

  expect(octets: number): void {
    new Memory(this.core()).expect(octets);
  }

  lend(spare: Uint8Array | undefined): void {
    if (this.#core !== undefined) this.#core.spare = spare;
  }

  parkable<I, K extends keyof I>(
    what: Exported<I, K>,
    args: ArgumentsOf<I[K]>,
    limitMs: number,
    watch: (isRunning: boolean) => void,
  ): ParkableCall<AnswerOf<I[K]>> | undefined {
    if (this.#stageOf(what) === undefined) return undefined;
    const chain = new Chain(this.#hart, watch);
    return new RootCall(
      chain,
      limitMs,
      (frame, over) => this.#enter(frame, what, args, over),
    );
  }

  join<I, K extends keyof I>(
    what: Exported<I, K>,
    args: ArgumentsOf<I[K]>,
    limitMs: number,
  ): JoinedCall | undefined {
    const chain = this.#hart.running;
    if (!(chain instanceof Chain) || this.#stageOf(what) === undefined) {
      return undefined;
    }
    const frame = new Frame(chain, limitMs);
    return {
      answer: new Promise((over) => this.#enter(frame, what, args, over)),
      cancel: (reason) => chain.cancel(frame, reason),
    };
  }

  #stageOf<I, K extends keyof I>({ binding, method }: Exported<I, K>) {
    this.#checkExport(binding);
    return this.#parking?.stage(binding, method);
  }

  #checkExport(binding: InterfaceBinding<unknown>): void {
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
  }

  /** Its own part of a chain; `over` is told what it came to. */
  #enter<I, K extends keyof I>(
    frame: Frame,
    what: Exported<I, K>,
    args: readonly unknown[],
    over: (guarded: Guarded<unknown>) => void,
  ): void {
    if (this.#ended !== undefined) {
      return over({ ok: false, trap: this.#ended });
    }
    const stage = this.#stageOf(what);
    must(
      stage !== undefined && this.#parking !== undefined,
      "what is entered to be parked can be parked",
    );
    must(!this.#isRunning, "a cell is not entered while it runs");
    this.#isRunning = true;
    const leave = () => {
      this.#isRunning = false;
      if (this.#ended !== undefined) this.#resources.end();
    };
    this.#parking.run(frame, stage, args, {
      ended: (value) => {
        leave();
        over({ ok: true, value });
      },
      failed: (error) => {
        const { wasStopped, limitMs, cancelled } = frame;
        this.#ended ??= cancelled;
        const trap = this.#end(error, limitMs, wasStopped);
        leave();
        over({ ok: false, trap });
      },
    });
  }

  guard<T>(
    deadlineMs: number,
    job: () => T,
    fuel = deadlineMs * FUEL_PER_MS,
  ): Guarded<T> {
    if (this.#ended !== undefined) return { ok: false, trap: this.#ended };
    must(!this.#isRunning, "a cell is not entered while it runs");
    this.#hart.settle();
    const { countdown } = this.#hart;
    if (countdown.isEntered) this.#checkStack();
    const shortened = countdown.enter(ticksOf(deadlineMs));
    this.#tank?.begin(fuel);
    this.#isRunning = true;
    try {
      return { ok: true, value: job() };
    } catch (error) {
      const wasStopped = countdown.takeStopped();
      return { ok: false, trap: this.#end(error, deadlineMs, wasStopped) };
    } finally {
      this.#isRunning = false;
      this.#tank?.end();
      countdown.leave(shortened);
      // Last: the host's own code runs here, as if the cell had dropped them.
      if (this.#ended !== undefined) this.#resources.end();
    }
  }

  /** Before anything has happened: the caller is who ends if there is no room. */
  #checkStack(): void {
    if (this.#tank === undefined) checkStack();
    else this.#tank.checkStack();
  }

  fuelUsed(): number | undefined {
    return this.#tank?.used;
  }

  memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  leftMs(): number {
    // A deadline has a tick more than its time.
    return (this.#hart.countdown.ticksLeft - 1) * TICK_MS;
  }

  takeDirectMs(): number {
    const ticks = this.#lastTicks + this.#tallies.take(this.#tally);
    this.#lastTicks = 0;
    return ticks * TICK_MS;
  }

  dispose(): void {
    this.#ended ??= new CellTrap("host", "it was disposed of", undefined);
    this.#letGo();
    this.#parking?.frame?.chain.drop();
    if (!this.#isRunning) this.#resources.end();
  }

  /** While it lives and has all its exports. */
  get liveCore(): CoreInstance | undefined {
    return this.#core?.isWhole ? this.#core : undefined;
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

  /** Last in a call, as in `guard`: the host's own code may run here. */
  leaveDirect(): void {
    this.#isRunning = false;
    if (this.#ended !== undefined) this.#resources.end();
  }

  /** Such a call broke off: the end. */
  endDirect(error: unknown, deadlineMs: number): CellTrap {
    const wasStopped = this.#hart.countdown.takeStopped();
    return this.#end(error, deadlineMs, wasStopped);
  }

  #letGo(): void {
    this.#core = undefined;
    this.#lastTicks += this.#tallies.take(this.#tally);
    this.#tallies.giveBack(this.#tally);
    this.#tally = NOBODY;
    for (const unlink of this.#unlinks) unlink();
    this.#unlinks.clear();
  }

  #end(error: unknown, deadlineMs: number, wasStopped: boolean): CellTrap {
    this.#letGo();
    if (this.#ended !== undefined) return this.#ended;
    const pages = this.memoryBytes() / PAGE_OCTETS;
    this.#ended = classify(error, {
      wasStopped,
      stoppedBy: this.#tank?.stoppedBy,
      deadlineMs,
      isMemoryFull: pages >= this.#pagesMax && pages > this.#pagesMin,
    });
    return this.#ended;
  }
}
