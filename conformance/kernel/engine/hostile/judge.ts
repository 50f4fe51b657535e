/**
 * What is asked of every hostile cell: it ends as its own fault, and alone.
 *
 * The neighbour is one instance that lives beside the whole corpus; the sibling
 * is another instance of the same component, made before the cell misbehaves.
 */
import { deepStrictEqual, fail, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import type { InterfaceBinding } from "../../../../wit/abi/binding.ts";
import {
  type CellInstance,
  CellTrap,
  EngineRefusal,
  type Grants,
  type TrapKind,
} from "../../../../kernel/engine/engine.ts";
import type { Stop } from "../engine_suite.ts";
import {
  compile,
  type EngineShape,
  LIMITS,
  LONG_MS,
  MEMORY_MIB,
  SHORT_MS,
} from "../fixture.ts";
import { type CellText, componentOf, moduleText } from "./text.ts";
import { type Calls, contracts, HOST } from "./world.ts";

/** How a cell ends: `stop` is what the engine stops endless code by. */
export type End = TrapKind | "stop";

export interface Hostile {
  /** What is wrong with it. */
  readonly name: string;
  readonly cell: CellText;
  /** Reveals it with 1; with 0 the cell behaves. */
  readonly call: (work: Calls, lie: number, host: Host) => unknown;
  /** What the cell gives when it behaves. */
  readonly right: unknown;
  /** Its end, or what it gives where the rules let it. */
  readonly end: End | { readonly gives: unknown };
}

/** What all of a host's resident heap may grow by for one cell, in octets. */
export const HEAP_GROWTH_MAX = 128 * 2 ** 20;

/** Objects that cells hold and give back. */
export class Item {
  static living = 0;
  #isOver = false;

  constructor(readonly n: number) {
    Item.living += 1;
  }

  number(): number {
    return this.n;
  }

  [Symbol.dispose](): void {
    if (this.#isOver) fail("an item was disposed of twice");
    this.#isOver = true;
    Item.living -= 1;
  }
}

/** What answers the imports; `asked` runs in each `ask`. */
export class Host {
  readonly Item = Item;
  asked: () => void = () => {};

  ask(x: number): number {
    this.asked();
    return (x + 7) >>> 0;
  }

  say(text: string): string {
    return `${text}!`;
  }

  name(letter: string): number {
    return letter.codePointAt(0) ?? 0;
  }

  total(lists: Uint32Array[]): number {
    return lists.flatMap((list) => [...list]).reduce((a, b) => a + b, 0) >>> 0;
  }

  sum(...all: number[]): number {
    return all.reduce((a, b) => a + b, 0) >>> 0;
  }

  sell(item: Item): number {
    const price = this.#known(item).n;
    item[Symbol.dispose]();
    return price;
  }

  weigh(item: Item): number {
    return this.#known(item).n;
  }

  #known(item: unknown): Item {
    if (item instanceof Item) return item;
    // A value of another type has reached the host: the corpus has won.
    console.error("not an item:", item);
    fail("the host was given what is no item");
  }
}

export interface Live {
  readonly instance: CellInstance;
  readonly work: Calls;
  readonly host: Host;
}

export async function grantsOf(host: Host): Promise<Grants> {
  const { host: { binding } } = await contracts();
  return new Map([[HOST, { binding, host }]]);
}

export class Judge {
  private constructor(
    readonly engine: EngineShape,
    readonly stop: Stop,
    readonly work: InterfaceBinding<Calls>,
    readonly neighbour: Live,
  ) {}

  static async of(engine: EngineShape, stop: Stop): Promise<Judge> {
    const { work } = await contracts();
    const octets = await componentOf(await moduleText(NEIGHBOUR));
    const neighbour = await live(engine, work.binding, octets);
    return new Judge(engine, stop, work.binding, neighbour);
  }

  live(octets: Uint8Array): Promise<Live> {
    return live(this.engine, this.work, octets);
  }

  /** The kind of trap that an end stands for here. */
  kindOf(end: End): TrapKind {
    return end === "stop" ? this.stop : end;
  }

  /** Everybody else goes on as if nothing had been. */
  peace(): void {
    const { instance, work } = this.neighbour;
    const answer = instance.guard(
      LONG_MS,
      () => [work["echo"]?.("still here"), work["run"]?.(35)],
    );
    deepStrictEqual(answer, { ok: true, value: ["still here", 42] });
  }

  async judge(hostile: Hostile): Promise<void> {
    const octets = await componentOf(await moduleText(hostile.cell));
    const cell = await this.live(octets);
    const sibling = await this.live(octets);
    const control = await this.live(octets);
    const ask = ({ instance, work, host }: Live, lie: number, ms: number) =>
      instance.guard(ms, () => hostile.call(work, lie, host));
    const right = { ok: true, value: hostile.right };
    deepStrictEqual(ask(control, 0, LONG_MS), right, "it behaves when told to");
    const before = heap();
    const answer = ask(cell, 1, hostile.end === "stop" ? SHORT_MS : LONG_MS);
    const grown = heap() - before;
    ok(grown < HEAP_GROWTH_MAX, `the host's heap grew by ${grown} octets`);
    ok(cell.instance.memoryBytes() <= MEMORY_MIB * 2 ** 20);
    const { end } = hostile;
    if (typeof end === "object") {
      deepStrictEqual(answer, { ok: true, value: end.gives });
    } else if (answer.ok) {
      fail(`it gave ${JSON.stringify(answer.value)}`);
    } else {
      const why = answer.trap.stack ?? answer.trap.message;
      strictEqual(answer.trap.kind, this.kindOf(end), why);
      this.isOver(cell.instance, answer.trap);
    }
    deepStrictEqual(ask(sibling, 0, LONG_MS), right, "its sibling is unharmed");
    this.peace();
    for (const { instance } of [cell, sibling, control]) instance.dispose();
  }

  /** The end is final, and said so everywhere. */
  isOver(instance: CellInstance, trap: CellTrap): void {
    strictEqual(instance.ended, trap);
    let ranAgain = false;
    const again = instance.guard(LONG_MS, () => ranAgain = true);
    ok(!again.ok && again.trap === trap && !ranAgain);
    try {
      instance.bind(this.work);
      fail("it was bound after its end");
    } catch (error) {
      strictEqual(error, trap);
    }
  }

  /** A component that must end while it is made. */
  async judgeStart(octets: Uint8Array, end: End): Promise<void> {
    const error = await this.failure(octets);
    ok(error instanceof CellTrap, String(error));
    strictEqual(error.kind, this.kindOf(end), error.stack);
    this.peace();
  }

  /** A component that must be refused before anything of it runs. */
  async judgeRefusal(
    octets: Uint8Array,
    kind: EngineRefusal["kind"],
    reason: RegExp,
  ): Promise<void> {
    const error = await this.failure(octets);
    ok(error instanceof EngineRefusal, String(error));
    strictEqual(error.kind, kind, error.reason);
    ok(reason.test(error.reason), error.reason);
    this.peace();
  }

  async failure(octets: Uint8Array): Promise<EngineRefusal | CellTrap> {
    const grants = await grantsOf(new Host());
    const making = this.engine.compile(octets, LIMITS).pipe(
      Effect.flatMap((cell) => this.engine.instantiate(cell, grants, LIMITS)),
      Effect.flip,
    );
    return await Effect.runPromise(making);
  }
}

async function live(
  engine: EngineShape,
  binding: InterfaceBinding<Calls>,
  octets: Uint8Array,
): Promise<Live> {
  const cell = await compile(engine, octets);
  const host = new Host();
  const instance = Effect.runSync(
    engine.instantiate(cell, await grantsOf(host), LIMITS),
  );
  return { instance, work: instance.bind(binding), host };
}

function heap(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

export const NEIGHBOUR: CellText = {
  uses: ["ask"],
  bodies: {
    run: "(call $ask (local.get 0))",
    echo: `(call $put (i32.const 64) (local.get 0) (local.get 1))
      (i32.const 64)`,
  },
  posts: { echo: "(global.set $next (i32.const 4096))" },
};
