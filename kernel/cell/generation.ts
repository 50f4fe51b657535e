/**
 * One life of a cell: an instance, what it exports, and whether it still lives.
 *
 * A generation that faulted never runs again. However it ends, its memory, its
 * bound calls and its capabilities go with it.
 */
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import {
  type Background,
  background,
} from "../../wit/gen/kernel_background.ts";
import { type Lifecycle, lifecycle } from "../../wit/gen/kernel_lifecycle.ts";
import {
  type Succession,
  succession,
} from "../../wit/gen/kernel_succession.ts";
import type {
  CellInstance,
  CellTrap,
  CompiledCell,
  Guarded,
} from "../engine/engine.ts";
import { Unwound } from "../call/errors.ts";
import { BrokenInvariant, must } from "../limits.ts";
import type { Diary } from "./diary.ts";

/** Why a generation ended against its will. */
export interface Fault {
  /** `deadline`, `trap`, `abi`, `stack`, `memory`, `host`, `unwound`, `failed`. */
  readonly kind: string;
  readonly reason: string;
  /** True if others brought it down: it is restarted and not counted. */
  readonly blameless: boolean;
}

export type Ran<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: Fault };

export interface GenerationParts {
  readonly number: number;
  readonly image: CompiledCell;
  readonly version: string;
  readonly instance: CellInstance;
  readonly diary: Diary;
  /** Takes back the capabilities that were minted for it. */
  readonly revoke: () => void;
}

export class Generation {
  /** True while one of its functions runs. */
  busy = false;
  /** Whether its time in direct calls is still to be asked for. */
  hasDirectTime = false;
  /**
   * How far it has read back what it knows only from a device; absent once it
   * has, or where a generation before it is not missing. Its contracts are
   * answered by nobody meanwhile.
   */
  restoring: string | undefined;
  readonly number: number;
  readonly image: CompiledCell;
  readonly version: string;
  readonly instance: CellInstance;
  readonly diary: Diary;
  readonly lifecycle: Lifecycle;
  readonly background: Background | undefined;
  readonly succession: Succession | undefined;
  readonly #bound = new Map<string, unknown>();
  readonly #revoke: () => void;
  #alive = true;

  /** The image exports these contracts as this kernel knows them, or throws. */
  constructor(parts: GenerationParts) {
    this.number = parts.number;
    this.image = parts.image;
    this.version = parts.version;
    this.instance = parts.instance;
    this.diary = parts.diary;
    this.#revoke = parts.revoke;
    this.lifecycle = this.bound(lifecycle);
    this.background = this.instance.has(background.name)
      ? this.bound(background)
      : undefined;
    this.succession = this.instance.has(succession.name)
      ? this.bound(succession)
      : undefined;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Whether it exports exactly this contract. */
  offers(binding: InterfaceBinding<unknown>): boolean {
    return this.#bound.has(binding.name) ||
      this.image.exports.get(binding.name) === binding.signature;
  }

  /** Typed calls of an exported contract; made once per generation. */
  bound<I>(binding: InterfaceBinding<I>): I {
    const known = this.#bound.get(binding.name);
    if (known !== undefined) return known as I;
    const made = this.instance.bind(binding);
    this.#bound.set(binding.name, made);
    return made;
  }

  /**
   * Runs `job` under a deadline. After a fault the generation is dead. A broken
   * invariant of the kernel that came up in `job` is thrown on: it is nobody's
   * fault below.
   */
  guard<T>(deadlineMs: number, job: (generation: this) => T): Ran<T> {
    return this.concluded(this.instance.guard(deadlineMs, () => job(this)));
  }

  /** What a call of the instance came to. After a fault it is dead. */
  concluded<T>(ran: Guarded<T>): Ran<T> {
    if (ran.ok) return ran;
    return { ok: false, fault: this.fell(ran.trap) };
  }

  /** Its instance has trapped: the end of it. Throws on as `guard` does. */
  fell(trap: CellTrap): Fault {
    this.#release();
    if (trap.cause instanceof BrokenInvariant) throw trap.cause;
    const isUnwound = trap.cause instanceof Unwound;
    return {
      kind: isUnwound ? "unwound" : trap.kind,
      reason: trap.message,
      blameless: isUnwound,
    };
  }

  /** The end of an orderly life. Idempotent. */
  end(): void {
    must(!this.busy, "a generation is not ended while it runs");
    if (this.#alive) this.#release();
  }

  #release(): void {
    this.#alive = false;
    this.#bound.clear();
    this.#revoke();
    this.instance.dispose();
  }
}
