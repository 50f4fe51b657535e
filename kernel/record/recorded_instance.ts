/**
 * One instance on the recording. It passes everything on.
 *
 * A call that has not been answered when its instance ends was ended by that.
 */
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import { hasResources } from "../call/connect.ts";
import type {
  AnswerOf,
  ArgumentsOf,
  CellInstance,
  CellTrap,
  Exported,
  Guarded,
  JoinedCall,
  ParkableCall,
  Slice,
} from "../engine/engine.ts";
import { methodsOf } from "./methods.ts";
import type { Life } from "./recorder.ts";

type AnyFunction = (...args: unknown[]) => unknown;

export class RecordedInstance implements CellInstance {
  readonly #inner: CellInstance;
  readonly #life: Life;

  constructor(inner: CellInstance, life: Life) {
    this.#inner = inner;
    this.#life = life;
  }

  get ended(): CellTrap | undefined {
    return this.#inner.ended;
  }

  has(interfaceName: string): boolean {
    return this.#inner.has(interfaceName);
  }

  bind<I>(binding: InterfaceBinding<I>): I {
    const bound = this.#inner.bind(binding);
    const life = this.#life;
    if (hasResources(binding)) {
      life.lost(`${binding.name} has resources`);
      return bound;
    }
    const own = bound as Record<string, AnyFunction>;
    return Object.fromEntries(
      methodsOf(binding, own).map((method) => {
        const head = life.headOf(binding.name, method);
        return [method, (...args: unknown[]) => {
          life.call(life.limitMs, head, args);
          const answer = own[method]?.(...args);
          life.answered(answer);
          return answer;
        }];
      }),
    ) as I;
  }

  guard<T>(deadlineMs: number, job: () => T, fuel?: number): Guarded<T> {
    this.#life.limitMs = deadlineMs;
    const ran = this.#inner.guard(deadlineMs, job, fuel);
    if (!ran.ok) this.#life.ended(ran.trap);
    return ran;
  }

  /** Nothing: who replays makes room when it is needed. */
  expect(_octets: number): void {}

  lend(spare: Uint8Array | undefined): void {
    this.#inner.lend(spare);
  }

  parkable<I, K extends keyof I>(
    what: Exported<I, K>,
    args: ArgumentsOf<I[K]>,
    limitMs: number,
    watch: (isRunning: boolean) => void,
  ): ParkableCall<AnswerOf<I[K]>> | undefined {
    const call = this.#inner.parkable(what, args, limitMs, watch);
    return call &&
      new RecordedCall(
        call,
        this.#life,
        () => this.#begin(what, args, limitMs),
      );
  }

  join<I, K extends keyof I>(
    what: Exported<I, K>,
    args: ArgumentsOf<I[K]>,
    limitMs: number,
  ): JoinedCall | undefined {
    const life = this.#life;
    // It runs at once, before it is known that it can.
    this.#begin(what, args, limitMs);
    let joined: JoinedCall | undefined;
    try {
      joined = this.#inner.join(what, args, limitMs);
    } finally {
      if (joined === undefined) life.dropped();
    }
    return joined && {
      answer: joined.answer.then((guarded) => concluded(life, guarded)),
      cancel: joined.cancel,
    };
  }

  fuelUsed(): number | undefined {
    return this.#inner.fuelUsed();
  }

  leftMs(): number {
    return this.#inner.leftMs();
  }

  takeDirectMs(): number {
    return this.#inner.takeDirectMs();
  }

  memoryBytes(): number {
    return this.#inner.memoryBytes();
  }

  dispose(): void {
    this.#life.disposed(this.#inner.memoryBytes());
    this.#inner.dispose();
  }

  #begin<I, K extends keyof I>(
    { binding, method }: Exported<I, K>,
    args: readonly unknown[],
    limitMs: number,
  ): void {
    const life = this.#life;
    life.call(limitMs, life.headOf(binding.name, method), args);
  }
}

function concluded<T>(life: Life, guarded: Guarded<T>): Guarded<T> {
  if (guarded.ok) life.answered(guarded.value);
  else life.ended(guarded.trap);
  return guarded;
}

class RecordedCall<T> implements ParkableCall<T> {
  readonly #inner: ParkableCall<T>;
  readonly #life: Life;
  #begin: (() => void) | undefined;

  constructor(inner: ParkableCall<T>, life: Life, begin: () => void) {
    this.#inner = inner;
    this.#life = life;
    this.#begin = begin;
  }

  async run(sliceMs: number): Promise<Slice<T>> {
    this.#begin?.();
    this.#begin = undefined;
    const slice = await this.#inner.run(sliceMs);
    if (!slice.parked) concluded(this.#life, slice.guarded);
    return slice;
  }

  cancel(reason: CellTrap): void {
    this.#inner.cancel(reason);
  }
}
