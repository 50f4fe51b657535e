/**
 * One soak: random faults, swaps, kills and load on a real kernel, in real time.
 *
 * It throws as soon as a call of a cell that nobody harmed is not answered, an
 * answered addition is not there, or a message is lost, doubled or torn. What
 * takes judgement, memory and late jobs, is in the report.
 */
import { Effect, Exit } from "effect";
import {
  ADD_ONE,
  ASK_ON,
  type Tally,
  TELL_ON,
} from "../conformance/kernel/cell/fixture.ts";
import type { Connected } from "../kernel/call/connect.ts";
import type { Generation } from "../kernel/cell/generation.ts";
import { EPOCH_MS } from "../kernel/limits.ts";
import { seededRandom } from "../node/testing/links.ts";
import { type BenchKernel, withKernel } from "./bench_kernel.ts";
import { Courier } from "./soak_channel.ts";
import {
  FATAL_ACTS,
  FATAL_KNOBS,
  HARMED,
  type Plan,
  soakPlan,
  SWAPPED,
} from "./soak_plan.ts";
import { Witness } from "./soak_witness.ts";
import { knobIndex } from "../conformance/kernel/cell/fixture.ts";

/** What a soak looked like at a moment. */
export interface Sample {
  readonly atS: number;
  readonly rssMib: number;
  readonly heapMib: number;
  readonly outsideMib: number;
  /** Generations that were seen and are still in memory. */
  readonly generations: number;
}

export interface SoakReport {
  readonly seed: number;
  readonly seconds: number;
  readonly calls: number;
  readonly absent: number;
  readonly messages: number;
  readonly swaps: number;
  readonly refusedSwaps: number;
  readonly rollbacks: number;
  readonly kills: number;
  readonly faults: number;
  readonly disabled: number;
  readonly hardJobs: number;
  /** Late by more than the machine kept the thread waiting. */
  readonly late: number;
  /** Late by no more than that, the soak's own collections of memory included. */
  readonly lateExcused: number;
  readonly parks: number;
  /** Whether the operating system told when it gave no processor. */
  readonly witnessed: boolean;
  /** Of the first late ones: by how much, and how much of it was the machine's. */
  readonly worst: readonly {
    readonly lateMs: number;
    readonly takenMs: number;
  }[];
  readonly samples: readonly Sample[];
}

/** A late job: since when it could have run, and how long behind its last moment. */
interface Late {
  readonly fromMs: number;
  readonly toMs: number;
  readonly lateMs: number;
}

const WATCH_MS = 20;
/** Due in one epoch, a hard job has until the end of the next. */
const HARD_ROOM_MS = 2 * EPOCH_MS;
/** What was stopped had so much of its time without a processor, or it is late. */
const STOPPED_PART = 0.9;
const JUDGED_MS_MAX = 5_000;
const WORST_MAX = 20;
const EVENT_MS = 60;
const SAMPLES = 60;
const MIB = 2 ** 20;

const pause = (ms: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Where nothing can ask the collector, samples show what is not collected yet. */
const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});

export async function soak(seconds: number, seed: number): Promise<SoakReport> {
  const plan = await soakPlan();
  return await withKernel(
    plan.cells,
    plan.contracts,
    (bench) => new Soak(bench, plan, seconds, seed).run(),
  );
}

class Soak {
  readonly #random: (below: number) => number;
  readonly #tally: Readonly<Record<string, Connected<Tally>>>;
  readonly #courier = new Courier();
  readonly #seen = new WeakSet<Generation>();
  readonly #alive: FinalizationRegistry<undefined>;
  readonly #counts = {
    calls: 0,
    absent: 0,
    swaps: 0,
    refusedSwaps: 0,
    kills: 0,
    late: 0,
    lateExcused: 0,
  };
  readonly #samples: Sample[] = [];
  /** Additions to the ledger that were answered. */
  #added = 0;
  #generations = 0;
  #isOver = false;
  readonly #witness = new Witness();
  readonly #lates: Late[] = [];
  readonly #worst: { lateMs: number; takenMs: number }[] = [];
  #label = 0;
  readonly #beganMs = performance.now();

  constructor(
    readonly bench: BenchKernel,
    readonly plan: Plan,
    readonly seconds: number,
    readonly seed: number,
  ) {
    this.#random = seededRandom(seed);
    this.#alive = new FinalizationRegistry(() => this.#generations -= 1);
    this.#tally = Object.fromEntries(
      Object.keys(plan.cells).map((cell) => [
        cell,
        bench.kernel.connect(cell, plan.tally),
      ]),
    );
  }

  async run(): Promise<SoakReport> {
    await this.#witness.begin();
    const witnessed = this.#witness.isHere;
    const working = [
      this.#repeat(1, () => this.#ledger()),
      this.#repeat(1, () => this.#client()),
      this.#repeat(2, () => this.#maybe("flaky", 0)),
      this.#repeat(2, () => this.#maybe("asker", ASK_ON + ADD_ONE)),
      this.#repeat(1, () => this.#courierWork()),
      this.#repeat(EVENT_MS, () => this.#event()),
      this.#watch(),
      this.#sampling(),
    ];
    // The first of them that fails ends the soak.
    const ends = pause(this.seconds * 1_000);
    try {
      await Promise.race([ends, Promise.all(working)]);
    } finally {
      this.#isOver = true;
    }
    await Promise.all(working);
    this.#courier.finish();
    await this.#checkLedger();
    return this.#report(witnessed);
  }

  async #repeat(gapMs: number, job: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      await job();
      await pause(gapMs);
    }
  }

  #of(cell: string): Connected<Tally> {
    const tally = this.#tally[cell];
    if (tally === undefined) throw new Error(`no cell ${cell}`);
    return tally;
  }

  /** Nobody harms it: it must answer. */
  async #ledger(): Promise<void> {
    await Effect.runPromise(this.#of("ledger").add(1));
    this.#added += 1;
    this.#counts.calls += 1;
  }

  async #client(): Promise<void> {
    await Effect.runPromise(this.#of("client").act(TELL_ON + ADD_ONE));
    this.#added += 1;
    this.#counts.calls += 1;
  }

  /** It may be gone or refuse; but it says so. */
  async #maybe(cell: string, what: number): Promise<void> {
    const exit = await Effect.runPromise(
      Effect.exit(this.#of(cell).act(what)),
    );
    this.#counts.calls += 1;
    if (Exit.isFailure(exit)) this.#counts.absent += 1;
  }

  #courierWork(): Promise<void> {
    this.#courier.send(this.#random(40));
    if (this.#random(50) === 0) this.#courier.replaceSender();
    this.#courier.receive(this.#random(40));
    if (this.#random(50) === 0) this.#courier.replaceReceiver();
    return Promise.resolve();
  }

  #pick<T>(items: readonly T[]): T {
    const item = items[this.#random(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  async #event(): Promise<void> {
    const kind = this.#random(10);
    if (kind < 4) return await this.#swapWell();
    if (kind < 6) return await this.#swapBadly();
    if (kind < 9) return await this.#harm();
    return await this.#reload();
  }

  async #swapWell(): Promise<void> {
    this.#label = this.#label % 40 + 10;
    const cell = this.#pick(SWAPPED);
    await this.#swap(cell, await this.plan.good(cell, this.#label));
  }

  async #swapBadly(): Promise<void> {
    if (this.#random(3) === 0) {
      return await this.#swap("flaky", this.#pick(this.plan.rolledBack));
    }
    const { refused, refusedAtOnce } = this.plan;
    return this.#random(2) === 0
      ? await this.#swap("ledger", this.#pick(refusedAtOnce))
      : await this.#swap("flaky", this.#pick(refused));
  }

  async #swap(cell: string, bytes: Uint8Array): Promise<void> {
    const swapped = await Effect.runPromise(
      Effect.exit(this.bench.kernel.swap(cell, { bytes, version: "soak" })),
    );
    if (Exit.isSuccess(swapped)) this.#counts.swaps += 1;
    else this.#counts.refusedSwaps += 1;
  }

  /** Faults in a call, a heartbeat or a step. */
  async #harm(): Promise<void> {
    const cell = this.#pick(HARMED);
    this.#counts.kills += 1;
    if (this.#random(2) === 0) {
      return await this.#maybe(cell, this.#pick(FATAL_ACTS));
    }
    const [knob, to] = this.#pick(FATAL_KNOBS);
    await Effect.runPromise(
      Effect.exit(this.#of(cell).turn(knobIndex(knob), to)),
    );
  }

  /** Takes a cell away and brings it back. */
  async #reload(): Promise<void> {
    const { kernel, slot } = this.bench;
    const cell = "guest";
    const { spec } = slot(cell);
    const bytes = await this.plan.good(cell, 1);
    await Effect.runPromise(
      Effect.exit(kernel.apply({ kind: "unload", cell })),
    );
    await pause(this.#random(20));
    const component = { bytes, version: "soak" };
    await Effect.runPromise(
      Effect.exit(kernel.apply({ kind: "load", cell, spec, component })),
    );
  }

  /** Judges late jobs of the hard cell, once the witness has seen behind them. */
  async #watch(): Promise<void> {
    const { meter } = this.bench.slot("hard");
    const miss = meter.miss.bind(meter);
    meter.miss = (lateMs) => {
      miss(lateMs);
      this.#noteLate(lateMs, lateMs + HARD_ROOM_MS);
    };
    let unknown = this.bench.slot("hard").faults;
    while (!this.#isOver || this.#lates.length > 0) {
      await pause(WATCH_MS);
      // Stopped at its deadline: it was late too, by no fault of its own.
      const { faults, epitaphs } = this.bench.slot("hard");
      const { forMs = 0 } = epitaphs.at(-1) ?? {};
      for (; unknown < faults; unknown += 1) {
        this.#noteLate(forMs * STOPPED_PART, forMs + WATCH_MS);
      }
      this.#judgeLate();
      this.#notice();
    }
    await this.#witness.end();
  }

  #noteLate(lateMs: number, sinceMs: number): void {
    const toMs = performance.now();
    this.#lates.push({ fromMs: toMs - sinceMs, toMs, lateMs });
  }

  #judgeLate(): void {
    const witness = this.#witness;
    const nowMs = performance.now();
    for (let left = this.#lates.length; left > 0; left -= 1) {
      const late = this.#lates.shift();
      if (late === undefined) return;
      const isOld = nowMs - late.toMs > JUDGED_MS_MAX;
      if (!witness.knows(late.toMs) && !isOld) {
        this.#lates.push(late);
        continue;
      }
      const takenMs = witness.takenMs(late);
      if (takenMs >= late.lateMs) {
        this.#counts.lateExcused += 1;
        continue;
      }
      this.#counts.late += 1;
      const { lateMs } = late;
      if (this.#worst.length < WORST_MAX) this.#worst.push({ lateMs, takenMs });
    }
  }

  #notice(): void {
    for (const { current, standby } of this.bench.kernel.slots) {
      for (const generation of [current, standby?.generation]) {
        if (generation === undefined || this.#seen.has(generation)) continue;
        this.#seen.add(generation);
        this.#generations += 1;
        this.#alive.register(generation, undefined);
      }
    }
  }

  async #sampling(): Promise<void> {
    const gapMs = this.seconds * 1_000 / SAMPLES;
    while (!this.#isOver) {
      const untilMs = performance.now() + gapMs;
      while (!this.#isOver && performance.now() < untilMs) {
        await pause(Math.min(WATCH_MS, gapMs));
      }
      const fromMs = performance.now();
      collect();
      this.#witness.noteOwn({ fromMs, toMs: performance.now() });
      const { rss, heapUsed, external } = Deno.memoryUsage();
      this.#samples.push({
        atS: (performance.now() - this.#beganMs) / 1_000,
        rssMib: rss / MIB,
        heapMib: heapUsed / MIB,
        outsideMib: external / MIB,
        generations: this.#generations,
      });
    }
  }

  async #checkLedger(): Promise<void> {
    const total = await Effect.runPromise(this.#of("ledger").act(0));
    if (total !== this.#added) {
      throw new Error(`${this.#added} additions were answered, ${total} stay`);
    }
    for (const cell of ["ledger", "client", "spinner"]) {
      const { faults, epitaphs } = this.bench.slot(cell);
      if (faults > 0) {
        throw new Error(`${cell} faulted: ${JSON.stringify(epitaphs.at(-1))}`);
      }
    }
  }

  #report(witnessed: boolean): SoakReport {
    const { events, slot } = this.bench;
    return {
      seed: this.seed,
      seconds: this.seconds,
      ...this.#counts,
      messages: this.#courier.received,
      rollbacks: events.count("rolled-back"),
      faults: events.count("fault"),
      disabled: events.count("disabled"),
      hardJobs: slot("hard").calls,
      parks: slot("spinner").meter.parks,
      witnessed,
      worst: this.#worst,
      samples: this.#samples,
    };
  }
}
