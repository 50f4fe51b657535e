/**
 * All harts but the first, as the kernel on the first one uses them.
 *
 * A cell of another hart is started, changed and stopped there; what is known of
 * it here is what its hart last told. Of the threads themselves: threads.ts.
 */
import { Effect } from "effect";
import { type Component, LoadRefused } from "../cell/nursery.ts";
import type { Slot } from "../cell/slot.ts";
import { type CellStatus, wayBackMs } from "../cell/status.ts";
import type { Change, Changed, Preview } from "../change/change.ts";
import {
  HART_SILENT_MS_MAX,
  HART_STATUS_MS,
  HART_STOP_MS_MAX,
  must,
} from "../limits.ts";
import type { Machine } from "../machine.ts";
import { passes } from "../sched/passes.ts";
import type { SwapReport } from "../swap/swap.ts";
import { Agenda } from "./agenda.ts";
import { callOver, type Far, type FarCell } from "./far.ts";
import { Known } from "./known.ts";
import type { LoadFault, Told } from "./protocol.ts";
import type { FarHart } from "./thread.ts";
import { type Ground, type HartsParts, soon, Threads } from "./threads.ts";

export type { HartRecord, HartsParts } from "./threads.ts";

export class Harts {
  /** The way from the first hart's cells to those of others. */
  readonly far: Far;
  readonly #known: Known;
  readonly #threads: Threads;
  #ground: Ground | undefined;
  /** What of the first hart's cells was told last. */
  readonly #told = new WeakMap<
    Slot,
    Pick<Slot, "spec" | "planned" | "image" | "standby">
  >();

  constructor(readonly parts: HartsParts) {
    this.#known = new Known(parts.options.system);
    this.#threads = new Threads(parts, this.#known, () => this.#begun);
    const { cells } = this.#known;
    const messagesOf: Far["messagesOf"] = (contract, method) =>
      parts.messages.get(contract)?.[method];
    this.far = {
      cells,
      messagesOf,
      call: callOver(cells, this.#threads.lines, messagesOf),
    };
  }

  has(cell: string): boolean {
    return this.#known.cells.has(cell);
  }

  status(cell: string): CellStatus {
    return this.#known.status(cell);
  }

  /** Names of all cells on other harts. */
  get names(): ReadonlyArray<string> {
    return [...this.#known.cells.keys()];
  }

  /** Starts the threads; those that do not start leave their cells disabled. */
  async begin(machine: Machine): Promise<void> {
    const agenda = new Agenda({
      ...machine.hart,
      slotOf: (cell) => machine.slotByName.get(cell),
      contracts: this.parts.options.contracts,
      messagesOf: this.far.messagesOf,
    });
    this.#ground = { machine, agenda };
    const count = this.parts.options.system.harts ?? 0;
    const numbers = Array.from({ length: count }, (_, at) => at + 1);
    await Promise.all(numbers.map((number) => this.#threads.begin(number)));
  }

  /** Serves calls from other harts, and looks after them, until interrupted. */
  get run(): Effect.Effect<never> {
    const { agenda } = this.#begun;
    const { monotonicMs } = this.parts.platform;
    let lookedMs = monotonicMs();
    const look = Effect.gen({ self: this }, function* () {
      this.share();
      const nowMs = monotonicMs();
      const isOnTime = nowMs - lookedMs < HART_SILENT_MS_MAX / 2;
      // After a pause of this thread nobody could be heard.
      if (isOnTime) this.#threads.endSilent(nowMs);
      lookedMs = nowMs;
      yield* Effect.sleep(HART_STATUS_MS);
    });
    return Effect.raceFirst(agenda.run, passes(look));
  }

  /** The first start of a cell, in its turn. */
  async start(cell: string): Promise<void> {
    this.share();
    const hart = this.#threads.hartOf(cell);
    if (hart === undefined) return;
    try {
      await hart.peer.ask("start", cell);
    } catch {
      // Its hart has ended, and what became of its cells was told.
    }
  }

  swap(cell: string, component: Component): Effect.Effect<
    SwapReport,
    LoadRefused
  > {
    return this.#asked(
      cell,
      async ({ peer }) => await peer.ask("swap", { cell, component }),
      component,
    );
  }

  apply(change: Change): Effect.Effect<Changed, LoadRefused> {
    const component = "component" in change ? change.component : undefined;
    return this.#asked(
      hartCell(change),
      async ({ peer }) => await peer.ask("apply", change),
      component,
    );
  }

  preview(change: Change): Effect.Effect<Preview, LoadRefused> {
    return this.#asked(
      hartCell(change),
      async ({ peer }) => await peer.ask("preview", change),
    );
  }

  withdraw(cell: string, contract: string): Effect.Effect<void, LoadRefused> {
    return this.#asked(
      cell,
      async ({ peer }) => await peer.ask("withdraw", { cell, contract }),
    );
  }

  /** A new cell comes to a hart; `forget` takes it back if it is not loaded. */
  expect(spec: FarCell["spec"]): void {
    this.#known.expect(spec);
  }

  forget(cell: string): void {
    this.#known.forget(cell);
  }

  noteConnected(cell: string, contract: string): void {
    this.#threads.noteConnected(cell, contract);
  }

  /** Nothing starts any more, on any of them. */
  halt(): void {
    this.#threads.halt();
  }

  /** The last stop of one cell, after `halt`. */
  async stop(cell: string): Promise<void> {
    const hart = this.#threads.hartOf(cell);
    if (hart === undefined) return;
    await soon(hart.peer.ask("stop", cell), HART_STOP_MS_MAX);
  }

  /** The end of what they record, once their cells have stopped. */
  async closeRecords(): Promise<void> {
    await this.#threads.closeRecords(HART_STOP_MS_MAX);
  }

  /** The threads end. */
  close(): void {
    this.#threads.close();
  }

  /** Tells the other harts what has changed of the first one's cells. */
  share(): void {
    for (const slot of this.#begun.machine.slots) {
      const { name, spec, planned, image, standby } = slot;
      const last = this.#told.get(slot);
      const isSame = last?.spec === spec && last.planned === planned &&
        last.image === image && last.standby === standby;
      if (isSame) continue;
      this.#told.set(slot, { spec, planned, image, standby });
      this.#threads.tellAll(0, name, {
        spec: { ...spec, ...planned?.terms },
        exports: image?.compiled.exports,
        wayBackMs: wayBackMs(slot),
      });
    }
  }

  get #begun(): Ground {
    const ground = this.#ground;
    must(ground !== undefined, "harts have begun");
    return ground;
  }

  #asked<A>(
    cell: string,
    ask: (hart: FarHart) => Promise<Told<A, LoadFault>>,
    component?: Component,
  ): Effect.Effect<A, LoadRefused> {
    return Effect.promise(async (): Promise<Told<A, LoadFault>> => {
      this.share();
      const hart = this.#threads.hartOf(cell);
      if (hart === undefined) return noHart(cell);
      if (component !== undefined) this.#known.remember(component);
      try {
        return await ask(hart);
      } catch (error) {
        return noHart(cell, error);
      }
    }).pipe(
      Effect.flatMap((told) =>
        told.ok
          ? Effect.succeed(told.value)
          : Effect.fail(new LoadRefused(told.refusal))
      ),
    );
  }
}

/** The cell on whose hart a change is made. */
function hartCell(change: Change): string {
  return change.kind === "load" ? change.spec.name : change.cell;
}

function noHart(cell: string, error?: unknown): Told<never, LoadFault> {
  const reason = error === undefined
    ? "its hart does not run"
    : `its hart ended: ${textOf(error)}`;
  return { ok: false, refusal: { cell, stage: "hart", reason } };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
