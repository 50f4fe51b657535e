/**
 * Calls from cell to cell that cross from wasm to wasm.
 *
 * An importer of a linked contract gets trampolines. They lead to the host's own
 * way until the first call, which links an adapter to the instance that answers;
 * when that one ends or is replaced, the next call links another. One frame of
 * JavaScript stays in each call: it accounts for it and catches what traps.
 *
 * Deliberately absent: fuel. With fuel all calls take the host's own way.
 */
import type {
  CoreFunction,
  CoreInstance,
  FunctionInfo,
  InterfaceBinding,
} from "../../../wit/abi/binding.ts";
import { AbiFault } from "../../../wit/abi/fault.ts";
import { Malformed } from "../../../wit/decode/reader.ts";
import { readSignature } from "../../../wit/decode/signature.ts";
import { must } from "../../limits.ts";
import { ENTERED } from "../adapter/adapter.ts";
import { Adapter, ContractCode, Trampolines } from "../adapter/link.ts";
import { TooLarge } from "../adapter/module.ts";
import { WHO } from "../adapter/side.ts";
import type { CellInstance, CellTrap, Grant, Link } from "../engine.ts";
import { CLOSED, PARK, RUNNING, Tallies } from "../hart_words.ts";
import { TICK_MS } from "../limits.ts";
import { COUNTDOWN_ADDRESS } from "../rewriter/checks.ts";
import { AT_REST, type Countdown, ticksOf } from "../ticker.ts";
import { V8Instance } from "./instance.ts";
import { checkStack } from "./stack.ts";

const COUNTDOWN = COUNTDOWN_ADDRESS / 4;

type Functions = Record<string, CoreFunction>;

/** Direct calls of one hart. */
export class DirectCalls {
  readonly tallies: Tallies;
  readonly #codes = new WeakMap<
    InterfaceBinding<unknown>,
    ContractCode | "none"
  >();

  constructor(readonly countdown: Countdown) {
    this.tallies = new Tallies(countdown.words);
  }

  /** What an importer is linked to, if calls of the grant can be direct. */
  offer(
    caller: V8Instance,
    grant: Grant,
    lowered: Functions,
  ): Functions | undefined {
    const { link, binding } = grant;
    if (link === undefined) return undefined;
    const code = this.#codes.get(binding) ?? codeOf(binding);
    this.#codes.set(binding, code);
    if (code === "none") return undefined;
    const infos = code.functions.map(({ name }) => {
      const info = binding.functions.find((one) => one.name === name);
      must(info !== undefined, `${binding.name} has ${name}`);
      return info;
    });
    const slow = infos.map(({ name }) => {
      const call = lowered[name];
      must(call !== undefined, `${binding.name} lowers ${name}`);
      return call;
    });
    return new DirectImport(this.countdown, caller, link, code, infos, slow)
      .trampolines.imports;
  }
}

function codeOf(binding: InterfaceBinding<unknown>): ContractCode | "none" {
  try {
    const functions = readSignature(binding.signature);
    if (functions.length === 0) return "none";
    return new ContractCode(binding.name, functions, binding.functions);
  } catch (error) {
    // Too large, or with resources: the host's own way.
    if (error instanceof TooLarge || error instanceof Malformed) return "none";
    throw error;
  }
}

/** One imported contract of one instance. */
class DirectImport {
  readonly trampolines: Trampolines;
  /** The instance that was linked last, or could not be. */
  #tried: CellInstance | undefined;
  #unlink = () => {};

  constructor(
    readonly countdown: Countdown,
    readonly caller: V8Instance,
    readonly link: Link,
    code: ContractCode,
    readonly infos: readonly FunctionInfo[],
    slow: readonly CoreFunction[],
  ) {
    this.trampolines = new Trampolines(
      code,
      slow.map((call) => {
        const own = call as (...args: unknown[]) => unknown;
        return ((...args: unknown[]) => {
          this.#relink();
          return own(...args);
        }) as CoreFunction;
      }),
    );
  }

  /** Links whoever answers now, for the calls to come. */
  #relink(): void {
    const callee = this.link.callee();
    if (callee === this.#tried) return;
    this.#unlink();
    this.#tried = callee;
    if (!(callee instanceof V8Instance) || callee === this.caller) return;
    const [from, to] = [this.caller.liveCore, callee.liveCore];
    if (from === undefined || to === undefined) {
      this.#tried = undefined;
      return;
    }
    const call = new DirectCall(this, callee, from);
    try {
      call.adapter = new Adapter(
        this.trampolines,
        { caller: from, callee: to, hart: this.countdown.memory },
        call.enter,
      );
    } catch (error) {
      if (error instanceof WebAssembly.LinkError) return;
      throw error;
    }
    this.trampolines.retarget(call.adapter);
    const { caller } = this;
    // Whoever ends first, its memory is held by nobody else then.
    const unlink = () => {
      this.#unlink = () => {};
      callee.unlinks.delete(unlink);
      caller.unlinks.delete(unlink);
      this.#tried = undefined;
      this.trampolines.rest();
    };
    this.#unlink = unlink;
    callee.unlinks.add(unlink);
    caller.unlinks.add(unlink);
  }
}

/** Calls from one instance into another, of one contract. */
class DirectCall {
  adapter: Adapter | undefined;
  readonly #limit: number;
  readonly #words: Int32Array;

  constructor(
    readonly from: DirectImport,
    readonly callee: V8Instance,
    readonly caller: CoreInstance,
  ) {
    this.#limit = ticksOf(from.link.limitMs);
    this.#words = from.countdown.words;
  }

  /**
   * The one frame of the host in a call; see `ENTERED`. Throws before anything
   * has happened if the caller has used up the stack: it ends, nobody else.
   */
  readonly enter = (index: number): number => {
    const { adapter, callee, caller, from: { link, countdown } } = this;
    // Who may not call out learns it from the host's own way.
    if (adapter === undefined || caller.isClosed) return ENTERED.slow;
    checkStack();
    const words = this.#words;
    const left = Atomics.load(words, COUNTDOWN) - AT_REST;
    // A deadline has a tick more than its time.
    if (!link.enter(callee, (left - 1) * TICK_MS)) return ENTERED.slow;
    const less = left > this.#limit ? left - this.#limit : 0;
    if (less > 0) {
      countdown.rearm();
      Atomics.sub(words, COUNTDOWN, less);
    }
    // With this frame on the stack nobody can be parked.
    const park = words[PARK] ?? 0;
    const running = words[RUNNING] ?? 0;
    words[PARK] = 0;
    words[RUNNING] = callee.tally;
    callee.enterDirect();
    try {
      adapter.run(index, less);
    } catch (error) {
      const before = { left, less, park, running };
      return this.#failed(adapter, index, error, before);
    }
    words[RUNNING] = running;
    words[PARK] = park;
    callee.leaveDirect();
    link.leave();
    return ENTERED.done;
  };

  #failed(
    adapter: Adapter,
    index: number,
    error: unknown,
    before: Readonly<Record<"left" | "less" | "park" | "running", number>>,
  ): number {
    const { callee, from: { link, countdown, infos } } = this;
    const info = infos[index];
    must(info !== undefined, "an adapter calls functions of its contract");
    const { who, fault, isGivenBack, isPending } = adapter;
    adapter.forget();
    this.#words[CLOSED] = 0;
    const left = Atomics.load(this.#words, COUNTDOWN) - AT_REST;
    if (!isGivenBack) countdown.lengthen(before.less);
    const isCallersDoing = who === WHO.callerData || who === WHO.callerCode;
    const trap = isCallersDoing
      ? isPending ? this.#finish(adapter, index) : undefined
      : callee.endDirect(
        who === WHO.calleeData ? new AbiFault(fault) : error,
        link.limitMs,
      );
    this.#words[RUNNING] = before.running;
    this.#words[PARK] = before.park;
    callee.leaveDirect();
    const used = before.left - (isGivenBack ? 0 : before.less) - left;
    const unwinding = trap && link.failed(callee, {
      info,
      trap,
      isCallers: !isCallersDoing && trap.kind === "deadline" &&
        (isGivenBack || before.left < this.#limit),
      forMs: used * TICK_MS,
    });
    if (trap === undefined) link.leave();
    if (isCallersDoing) {
      throw who === WHO.callerData ? new AbiFault(fault) : error;
    }
    if (unwinding !== undefined && !info.absence) throw unwinding;
    return ENTERED.gone;
  }

  /** The caller broke off before the called cell could clean up. */
  #finish(adapter: Adapter, index: number): CellTrap | undefined {
    let trap: CellTrap | undefined;
    this.from.countdown.apart(this.#limit, () => {
      try {
        adapter.runAfter(index);
      } catch (error) {
        this.#words[CLOSED] = 0;
        trap = this.callee.endDirect(error, this.from.link.limitMs);
      }
    });
    return trap;
  }
}
