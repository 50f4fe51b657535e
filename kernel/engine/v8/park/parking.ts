/**
 * What one instance needs so that its calls can be parked.
 *
 * Its exports are entered on stacks of their own (`WebAssembly.promising`), and
 * its imports pass gates (gates.ts). Lowering and lifting run JavaScript between
 * two pieces of the cell's code: they cannot park and have a deadline instead.
 */
import type {
  CoreFunction,
  CoreInstance,
  ExportStage,
  ImportStage,
  InterfaceBinding,
} from "../../../../wit/abi/binding.ts";
import { must } from "../../../limits.ts";
import { Elsewhere, type Grants } from "../../engine.ts";
import { PARK_EXPORT } from "../../rewriter/rewrite.ts";
import { Chain, type Frame } from "./chain.ts";
import { type Gated, type Gates, makeGates } from "./gates.ts";
import type { Hart } from "./hart.ts";
import { jspi } from "./jspi.ts";

type AnyFunction = (...args: unknown[]) => unknown;
type Entry = (...flats: unknown[]) => Promise<unknown>;

/** What is told when a call is over. */
interface Ends {
  readonly ended: (value: unknown) => void;
  readonly failed: (error: unknown) => void;
}

export class Parking {
  /** The call that is under way. */
  frame: Frame | undefined;
  readonly #hart: Hart;
  readonly #core: () => CoreInstance;
  readonly #entries = new Map<string, Entry>();
  readonly #stages = new Map<string, Record<string, ExportStage>>();
  #gates: Gates | undefined;

  constructor(hart: Hart, core: () => CoreInstance) {
    this.#hart = hart;
    this.#core = core;
  }

  /**
   * Puts a gate, or at least a mark, before everything that it imports.
   *
   * Behind a gate a linked contract gets no mark: with it, a frame of JavaScript
   * would lie around each direct call. A mark keeps three things, which hold
   * without one where such a gate lets a call through, since the word that allows
   * parking is 0 there. Nothing in the call parks. Code of a chain that is
   * lowered or lifted now is an allocator or clean-up, which may not call out.
   * And `Hart.settle`, which the kernel asks for in calls from inside, ends no
   * burst that somebody is in: either there is none, or, in that case, code of
   * it that has called the host, and `host` says so further down the stack.
   */
  gate(imports: WebAssembly.Imports, grants: Grants): WebAssembly.Imports {
    const gated: Gated[] = [];
    const places: [WebAssembly.ModuleImports, string][] = [];
    const out: Record<string, WebAssembly.ModuleImports> = {};
    for (const [module, functions] of Object.entries(imports)) {
      const own: WebAssembly.ModuleImports = {};
      out[module] = own;
      const grant = grants.get(module);
      const stages = grant?.parking === undefined
        ? {}
        : grant.binding.importStages?.(this.#core) ?? {};
      for (const [name, linked] of Object.entries(functions)) {
        const stage = stages[name];
        if (stage === undefined) {
          own[name] = this.#marked(linked as AnyFunction);
          continue;
        }
        const host = grant?.parking as Record<string, AnyFunction>;
        const { params, results } = stage;
        const plain = grant?.link === undefined
          ? this.#marked(linked as AnyFunction)
          : linked as CoreFunction;
        const parking = this.#parking(stage, host);
        gated.push({ params, results, plain, parking });
        places.push([own, name]);
      }
    }
    const hart = this.#hart;
    const gates = makeGates({
      countdown: hart.countdown.memory,
      suspend: () => {
        const chain = hart.running;
        must(chain instanceof Chain, "only a chain is parked");
        return chain.park();
      },
      resumed: hart.resumed,
    }, gated);
    places.forEach(([own, name], at) => {
      own[name] = gates.imports[at] as WebAssembly.ImportValue;
    });
    this.#gates = gates;
    return out;
  }

  /** The instance exists: its checks may park from now on. */
  attach(exports: WebAssembly.Exports): void {
    const park = exports[PARK_EXPORT];
    if (park instanceof WebAssembly.Global) park.value = this.#gates?.park;
  }

  /** The method's stages, or `undefined` if its contract has none. */
  stage<I>(
    binding: InterfaceBinding<I>,
    method: string,
  ): ExportStage | undefined {
    let stages = this.#stages.get(binding.name);
    if (stages === undefined) {
      stages = binding.exportStages?.(this.#core) ?? {};
      this.#stages.set(binding.name, stages);
    }
    return stages[method];
  }

  /** Runs one call on a stack of its own; one of its ends is told, once. */
  run(
    frame: Frame,
    stage: ExportStage,
    args: readonly unknown[],
    { ended, failed }: Ends,
  ): void {
    const fail = (error: unknown) => {
      this.frame = undefined;
      failed(error);
    };
    const lower = stage.lower as (...args: unknown[]) => unknown[];
    const lift = stage.lift as (flat: unknown) => unknown;
    this.frame = frame;
    let running: Promise<unknown>;
    try {
      const flats = this.#plain(frame, () => lower(...args));
      running = this.#enter(frame, stage.core, flats);
    } catch (error) {
      return fail(error);
    }
    void running.then((flat) => {
      let value: unknown;
      try {
        value = this.#plain(frame, () => lift(flat));
      } catch (error) {
        return fail(error);
      }
      this.frame = undefined;
      ended(value);
    }, fail);
  }

  #enter(
    { chain }: Frame,
    core: string,
    flats: readonly unknown[],
  ): Promise<unknown> {
    const { countdown } = this.#hart;
    const entry = this.#entry(core);
    countdown.allowParking(chain.id);
    try {
      return entry(...flats);
    } finally {
      countdown.allowParking(0);
    }
  }

  #entry(core: string): Entry {
    const known = this.#entries.get(core);
    if (known !== undefined) return known;
    const exported = this.#core().exports[core];
    must(typeof exported === "function", `it exports ${core}`);
    must(jspi !== undefined, "what cannot park is not entered to be parked");
    const entry = jspi.promising(exported as AnyFunction);
    this.#entries.set(core, entry);
    return entry;
  }

  #marked(plain: AnyFunction): CoreFunction {
    const hart = this.#hart;
    return (...flats: unknown[]) =>
      hart.host(() => {
        const { frame } = this;
        return frame !== undefined && hart.running === frame.chain
          // The answer is lowered in here, by code that cannot park.
          ? this.#plain(frame, () => plain(...flats))
          : plain(...flats);
      });
  }

  #parking(
    stage: ImportStage,
    host: Record<string, AnyFunction>,
  ): (...flats: unknown[]) => unknown {
    const hart = this.#hart;
    const lift = stage.lift as (...flats: unknown[]) => unknown[];
    const lower = stage.lower as (answer: unknown, back: unknown) => unknown;
    return (...flats) => {
      const { frame } = this;
      must(frame !== undefined, "who may park is in a parkable call");
      const back = flats.at(-1);
      const given = hart.host(() => host[stage.method]?.(...lift(...flats)));
      const answer = given instanceof Elsewhere
        ? frame.chain.wait(given.answer)
        : given;
      if (!(answer instanceof Promise)) {
        return this.#plain(frame, () => lower(answer, back));
      }
      hart.end();
      return answer.then((value) => {
        if (frame.cancelled !== undefined) throw frame.cancelled;
        return this.#plain(frame, () => lower(value, back));
      });
    };
  }

  #plain<T>(frame: Frame, job: () => T): T {
    try {
      return this.#hart.plain(frame.chain, frame.ticks, job);
    } catch (error) {
      frame.wasStopped ||= this.#hart.countdown.takeStopped();
      throw error;
    }
  }
}
