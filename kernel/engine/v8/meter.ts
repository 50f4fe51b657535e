/**
 * Fuel and stack of metered cells.
 *
 * A call is given fuel when it begins and has none outside. A nested call gets
 * no more than its caller has left, and what it uses its caller has used too; so
 * the fuel of the first call bounds all that runs in it. The same holds for the
 * stack, which the chain of calls shares.
 */
import {
  FUEL_MAX,
  STACK_OCTETS_CALLEE,
  STACK_OCTETS_HOST,
  STACK_OCTETS_MAX,
} from "../limits.ts";
import { FUEL_EXPORT, STACK_EXPORT, STOP_EXPORT } from "../rewriter/rewrite.ts";
import { STOPPED_BY } from "../rewriter/fuel.ts";

/** The call that runs on a hart now, if one does. One per engine. */
export class Meter {
  running: Tank | undefined;
}

function numberGlobal(value: WebAssembly.ExportValue | undefined) {
  return value instanceof WebAssembly.Global ? value : undefined;
}

/** What one instance has left of its call. */
export class Tank {
  readonly #meter: Meter;
  #fuel: WebAssembly.Global | undefined;
  #stack: WebAssembly.Global | undefined;
  #stop: WebAssembly.Global | undefined;
  #caller: Tank | undefined;
  #given = 0;
  #stackGiven = 0;
  #used = 0;
  #isRunning = false;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** Of the running call until now, or of the last one; its calls included. */
  get used(): number {
    return this.#isRunning ? this.#given - this.#left : this.#used;
  }

  /** Why the code stopped itself. */
  get stoppedBy(): "fuel" | "stack" | undefined {
    const reason: unknown = this.#stop?.value;
    return reason === STOPPED_BY.fuel
      ? "fuel"
      : reason === STOPPED_BY.stack
      ? "stack"
      : undefined;
  }

  /** The core instance exists; before that no code of it can have run. */
  attach(exports: WebAssembly.Exports): void {
    this.#fuel = numberGlobal(exports[FUEL_EXPORT]);
    this.#stack = numberGlobal(exports[STACK_EXPORT]);
    this.#stop = numberGlobal(exports[STOP_EXPORT]);
    this.#fill();
  }

  /** Throws if a call from the running one would not have its share of stack. */
  checkStack(): void {
    const caller = this.#meter.running;
    if (caller === undefined) return;
    if (caller.#stackLeft < STACK_OCTETS_HOST + STACK_OCTETS_CALLEE) {
      throw new RangeError("the call stack has no room for another cell");
    }
  }

  begin(fuel: number): void {
    const caller = this.#meter.running;
    this.#caller = caller;
    this.#given = fuelOf(
      caller === undefined ? fuel : Math.min(fuel, caller.#left),
    );
    this.#stackGiven = caller === undefined
      ? STACK_OCTETS_MAX
      : Math.max(0, caller.#stackLeft - STACK_OCTETS_HOST);
    this.#isRunning = true;
    this.#meter.running = this;
    this.#fill();
  }

  end(): void {
    this.#used = this.#given - this.#left;
    this.#isRunning = false;
    if (this.#fuel !== undefined) this.#fuel.value = 0n;
    const caller = this.#caller;
    this.#meter.running = caller;
    this.#caller = undefined;
    if (caller !== undefined) caller.#take(this.#used);
  }

  #fill(): void {
    if (this.#fuel !== undefined) this.#fuel.value = BigInt(this.#given);
    if (this.#stack !== undefined) this.#stack.value = this.#stackGiven;
  }

  /** Without a counter it has no code that could use any. */
  get #left(): number {
    return this.#fuel === undefined ? this.#given : Number(this.#fuel.value);
  }

  get #stackLeft(): number {
    return this.#stack === undefined
      ? this.#stackGiven
      : Number(this.#stack.value);
  }

  #take(fuel: number): void {
    if (this.#fuel === undefined) this.#given -= fuel;
    else this.#fuel.value -= BigInt(fuel);
  }
}

/** A whole number of units, however odd the wish is. */
function fuelOf(wish: number): number {
  return wish >= 1 ? Math.min(Math.floor(wish), FUEL_MAX) : 0;
}
