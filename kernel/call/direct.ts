/**
 * A capability as the engine may use it directly: the door's rules without the
 * door.
 *
 * A direct call is let through only where the door would let it through with
 * nothing to say; in every other case the door is asked, and gives the reason.
 * It counts, nests, ends generations and tells of faults as a call through the
 * door does. Time is not read but sampled (decision 0016).
 */
import type { FunctionInfo, InterfaceBinding } from "../../wit/abi/binding.ts";
import type { CapTable, CellCap } from "../cap/table.ts";
import type { Generation } from "../cell/generation.ts";
import type { Slot } from "../cell/slot.ts";
import type { CellInstance, CellTrap, Link } from "../engine/engine.ts";
import {
  CALL_DEPTH_MAX,
  CALL_MS_MIN,
  must,
  TIMED_CALLS_EVERY,
} from "../limits.ts";
import type { Calls } from "./calls.ts";
import { Unwound } from "./errors.ts";
import { unready } from "./readiness.ts";

interface Target {
  readonly calls: Calls;
  readonly caps: CapTable;
  readonly slot: Slot;
  readonly cap: CellCap;
}

export class DirectLink implements Link {
  readonly limitMs: number;
  readonly #calls: Calls;
  readonly #caps: CapTable;
  readonly #slot: Slot;
  readonly #cap: CellCap;
  readonly #binding: InterfaceBinding<unknown>;
  /** Who runs by this link. */
  #entered: Generation | undefined;

  constructor(target: Target, binding: InterfaceBinding<unknown>) {
    this.#calls = target.calls;
    this.#caps = target.caps;
    this.#slot = target.slot;
    this.#cap = target.cap;
    this.#binding = binding;
    this.limitMs = target.slot.spec.callMs;
  }

  callee(): CellInstance | undefined {
    const { current } = this.#slot;
    const isThere = current?.alive === true &&
      unready(this.#slot, this.#binding) === undefined;
    return isThere ? current.instance : undefined;
  }

  enter(callee: CellInstance, leftMs: number): boolean {
    const slot = this.#slot;
    const generation = slot.current;
    if (
      generation === undefined || generation.instance !== callee ||
      !generation.alive || generation.busy ||
      generation.restoring !== undefined ||
      !this.#caps.isLive(this.#cap) || leftMs < CALL_MS_MIN ||
      this.#calls.depth >= CALL_DEPTH_MAX ||
      // So that the durations that are shown are those of such calls, too.
      slot.calls % TIMED_CALLS_EVERY === TIMED_CALLS_EVERY - 1
    ) return false;
    this.#entered = generation;
    generation.busy = true;
    slot.calls += 1;
    this.#calls.direct.enter(slot, generation);
    return true;
  }

  leave(): void {
    this.#leave();
  }

  failed(
    callee: CellInstance,
    { info, trap, isCallers, forMs }: {
      readonly info: FunctionInfo;
      readonly trap: CellTrap;
      readonly isCallers: boolean;
      readonly forMs: number;
    },
  ): Error {
    const slot = this.#slot;
    const generation = this.#leave();
    must(generation.instance === callee, "who fails has been called");
    const fell = generation.fell(trap);
    // Stopped because its caller had no more time: it broke no promise.
    const fault = fell.kind === "deadline" && isCallers
      ? { ...fell, blameless: true }
      : fell;
    const during = `${this.#binding.name} ${info.method}`;
    this.#calls.onFault(slot, generation, fault, { during, forMs });
    return new Unwound(slot.name, "gone");
  }
  #leave(): Generation {
    const generation = this.#entered;
    must(generation !== undefined, "who leaves has been called");
    this.#entered = undefined;
    generation.busy = false;
    this.#calls.direct.leave();
    return generation;
  }
}
