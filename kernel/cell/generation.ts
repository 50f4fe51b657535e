/**
 * One life of a cell: an instance, what it exports, and whether it still lives.
 *
 * A generation that faulted never runs again; its memory goes with it.
 */
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import {
  type Background,
  background,
} from "../../wit/gen/kernel_background.ts";
import {
  type Lifecycle,
  lifecycle,
} from "../../wit/gen/kernel_lifecycle.ts";
import type { CellInstance, CompiledCell } from "../engine/engine.ts";
import { Unwound } from "../call/errors.ts";

/** Why a generation ended against its will. */
export interface Fault {
  /** `deadline`, `trap`, `abi`, `stack`, `memory`, or `unwound`. */
  readonly kind: string;
  readonly reason: string;
}

export type Ran<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: Fault };

export class Generation {
  alive = true;
  busy = false;
  readonly lifecycle: Lifecycle;
  readonly background: Background | undefined;
  readonly #bound = new Map<string, unknown>();

  constructor(
    readonly number: number,
    readonly image: CompiledCell,
    readonly version: string,
    readonly instance: CellInstance,
  ) {
    this.lifecycle = this.bound(lifecycle);
    this.background = instance.has(background.name)
      ? this.bound(background)
      : undefined;
  }

  /** Typed calls of an exported contract; made once per generation. */
  bound<I>(binding: InterfaceBinding<I>): I {
    const known = this.#bound.get(binding.name);
    if (known !== undefined) return known as I;
    const made = this.instance.bind(binding);
    this.#bound.set(binding.name, made);
    return made;
  }

  /** Runs `job` under a deadline. After a fault the generation is dead. */
  guard<T>(deadlineMs: number, job: (generation: this) => T): Ran<T> {
    const ran = this.instance.guard(deadlineMs, () => job(this));
    if (ran.ok) return ran;
    this.alive = false;
    this.#bound.clear();
    const { trap } = ran;
    return {
      ok: false,
      fault: trap.cause instanceof Unwound
        ? { kind: "unwound", reason: trap.cause.message }
        : { kind: trap.kind, reason: trap.message },
    };
  }

  /** The end of an orderly life. */
  end(): void {
    this.alive = false;
    this.#bound.clear();
    this.instance.dispose();
  }
}
