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
  /** Late while the machine gave another thread its processor in time. */
  readonly late: number;
  /** Late while it did not, or while the soak itself had memory collected. */
  readonly lateExcused: number;
  readonly parks: number;
  readonly samples: readonly Sample[];
}

const WATCH_MS = 20;
const STALL_US = 2_000;
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
  #hasCollected = false;
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
    return this.#report();
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

  /** Which late jobs of the hard cell are the machine's. */
  async #watch(): Promise<void> {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const bed = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(new URL("./soak_watch.ts", import.meta.url), {
      type: "module",
    });
    worker.postMessage({ words, bed });
    const hard = this.bench.slot("hard");
    // Stopped at its deadline: it was late too, by no fault of its own.
    const lateness = () => hard.meter.missed + hard.faults;
    let seen = lateness();
    let waiting = 0;
    let stalledBefore = true;
    let stalledTwoBefore = true;
    while (!this.#isOver) {
      await pause(WATCH_MS);
      const stalled = Atomics.exchange(words, 0, 0) > STALL_US ||
        this.#hasCollected;
      this.#hasCollected = false;
      // A stall before, in or after a piece of time excuses what was late in it.
      if (stalled || stalledBefore || stalledTwoBefore) {
        this.#counts.lateExcused += waiting;
      } else this.#counts.late += waiting;
      waiting = lateness() - seen;
      seen = lateness();
      stalledTwoBefore = stalledBefore;
      stalledBefore = stalled;
      this.#notice();
    }
    Atomics.store(bed, 0, 1);
    Atomics.notify(bed, 0);
    worker.terminate();
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
      collect();
      this.#hasCollected = true;
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

  #report(): SoakReport {
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
      samples: this.#samples,
    };
  }
}
