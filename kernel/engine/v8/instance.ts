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
import { FUEL_PER_MS, PAGE_OCTETS } from "../limits.ts";
import {
  COUNTDOWN_IMPORT,
  ENGINE_MODULE,
  memoryImport,
  START_EXPORT,
} from "../rewriter/rewrite.ts";
import { ticksOf } from "../ticker.ts";
import type { CellHeader } from "./cell_record.ts";
import { EXPORT_MARK } from "./link.ts";
import { type Meter, Tank } from "./meter.ts";
import { Chain, Frame, RootCall } from "./park/chain.ts";
import type { Hart } from "./park/hart.ts";
import { Parking } from "./park/parking.ts";
import { checkStack } from "./stack.ts";
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

/** The interfaces whose resources the cell makes itself. */
function ownInterfaces(header: CellHeader): ReadonlySet<string> {
  const names = header.exports.map(([name]) => name);
  const makers = header.coreImports.map(([module]) => module)
    .filter((module) => module.startsWith(EXPORT_MARK))
    .map((module) => module.slice(EXPORT_MARK.length));
  return new Set([...names, ...makers]);
}

/** A core instance that comes into being; bindings keep the object. */
interface Core extends CoreInstance {
  exports: WebAssembly.Exports;
  realloc: Realloc;
  isClosed: boolean;
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
    how: { readonly meter?: Meter | undefined; readonly canPark?: boolean },
  ) {
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
    const core: Core = {
      memory: this.#memory,
      exports: {},
      realloc: noReallocYet,
      resources: this.#resources,
      isClosed: false,
    };
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
    const realloc = exports[REALLOC];
    core.exports = exports;
    core.realloc = typeof realloc === "function"
      ? realloc as Realloc
      : noRealloc;
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

  parkable<I, K extends keyof I>(
    what: Exported<I, K>,
    args: ArgumentsOf<I[K]>,
    limitMs: number,
    watch: (isRunning: boolean) => void,
  ): ParkableCall<AnswerOf<I[K]>> | undefined {
    if (this.#stageOf(what) === undefined) return undefined;
    const hart = this.#hart;
    const chain = hart.add((id) => new Chain(id, hart, watch)) as Chain;
    return new RootCall(
      chain,
      limitMs,
      (frame) => this.#enter(frame, what, args),
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
      answer: this.#enter(frame, what, args),
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

  /** Its own part of a chain, until it is over. */
  async #enter<I, K extends keyof I>(
    frame: Frame,
    what: Exported<I, K>,
    args: readonly unknown[],
  ): Promise<Guarded<unknown>> {
    if (this.#ended !== undefined) return { ok: false, trap: this.#ended };
    const stage = this.#stageOf(what);
    must(
      stage !== undefined && this.#parking !== undefined,
      "what is entered to be parked can be parked",
    );
    must(!this.#isRunning, "a cell is not entered while it runs");
    this.#isRunning = true;
    try {
      return { ok: true, value: await this.#parking.run(frame, stage, args) };
    } catch (error) {
      const { wasStopped, limitMs, cancelled } = frame;
      this.#ended ??= cancelled;
      return { ok: false, trap: this.#end(error, limitMs, wasStopped) };
    } finally {
      this.#isRunning = false;
      if (this.#ended !== undefined) this.#resources.end();
    }
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

  dispose(): void {
    this.#ended ??= new CellTrap("host", "it was disposed of", undefined);
    this.#core = undefined;
    this.#parking?.frame?.chain.drop();
    if (!this.#isRunning) this.#resources.end();
  }

  #end(error: unknown, deadlineMs: number, wasStopped: boolean): CellTrap {
    this.#core = undefined;
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

function noReallocYet(): never {
  fault("it takes a list or string before it was instantiated");
}

function noRealloc(): never {
  fault("it takes a list or string but exports no cabi_realloc");
}
