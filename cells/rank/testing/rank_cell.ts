/**
 * A rank cell under test: the built component's core, called through the bindings.
 *
 * The scheduler asks it to yield at every `yieldEvery`-th question, and the clock stands
 * where the test puts it. Build it first: `deno task build --cell rank`.
 */
import { type CoreInstance, ResourceTables } from "../../../wit/abi/mod.ts";
import {
  graphAuthors,
  graphReads,
  halGpu,
  kernelBackground,
  kernelClock,
  kernelLifecycle,
  kernelLog,
  kernelScheduling,
  kernelSnapshots,
  rankExplanations,
  rankHistory,
  rankMeasures,
  rankPersonal,
  rankRanks,
} from "../../../wit/gen/mod.ts";
import type { InterfaceBinding } from "../../../wit/abi/binding.ts";
import type { Background } from "../../../wit/gen/kernel_background.ts";
import type { Lifecycle, State } from "../../../wit/gen/kernel_lifecycle.ts";
import type {
  Explanation,
  Explanations,
  Outcome,
  OutcomeFrom,
} from "../../../wit/gen/rank_explanations.ts";
import type { Snapshots } from "../../../wit/gen/kernel_snapshots.ts";
import type { Gpu } from "../../../hal/gpu_contract.ts";
import { absentGpu } from "../../../hal/gpu/absent.ts";
import type {
  Outcome as PersonalOutcome,
  Personal,
  PersonalFocus,
} from "../../../wit/gen/rank_personal.ts";
import type { History } from "../../../wit/gen/rank_history.ts";
import type { Measures } from "../../../wit/gen/rank_measures.ts";
import type { Ranks, Standing } from "../../../wit/gen/rank_ranks.ts";
import type { GraphModel } from "./graph_model.ts";
import { coreOf, withMemoryMax } from "./core_module.ts";

const COMPONENT = new URL("../../../build/cells/rank.wasm", import.meta.url);

/** Steps until a computation has to be over; a million links take far fewer. */
const STEPS_MAX = 1_000_000;

export interface RankCellOptions {
  /** Every how many questions the answer is to yield; absent: never. */
  readonly yieldEvery?: number;
  /** Ceiling of the memory; absent: none. */
  readonly memoryPagesMax?: number;
  /** What it shares with others; absent: nothing. */
  readonly snapshots?: Snapshots;
  /** Absent: none is granted. */
  readonly gpu?: Gpu;
}

/** What a cell is answered that the system file names nowhere. */
export const NO_SNAPSHOTS: Snapshots = {
  look: () => ({ tag: "ok", val: undefined }),
  read: () => ({ tag: "ok", val: undefined }),
  write: () => ({ tag: "ok", val: false }),
  publish: () => ({ tag: "ok", val: undefined }),
};

let octets: Promise<Uint8Array> | undefined;
/** By the most pages of memory: compiling takes longer than most tests. */
const modules = new Map<number | undefined, Promise<WebAssembly.Module>>();

async function compiled(pages: number | undefined) {
  octets ??= Deno.readFile(COMPONENT).then(coreOf);
  const core = await octets;
  const limited = pages === undefined ? core : withMemoryMax(core, pages);
  return await WebAssembly.compile(limited as BufferSource);
}

/** A fresh instance, not started yet. */
export async function openRank(
  graph: GraphModel,
  options: RankCellOptions = {},
): Promise<RankCell> {
  const pages = options.memoryPagesMax;
  const module = modules.get(pages) ?? compiled(pages);
  modules.set(pages, module);
  return new RankCell(await module, graph, options);
}

/** The value of an answer that has to be there. */
export function valueOf<T>(
  answer: { tag: "ok"; val: T } | { tag: "err"; val: unknown },
): T {
  if (answer.tag === "ok") return answer.val;
  throw new Error(`refused: ${JSON.stringify(answer.val)}`);
}

export class RankCell {
  readonly lifecycle: Lifecycle;
  readonly background: Background;
  readonly ranks: Ranks;
  readonly explanations: Explanations;
  readonly personal: Personal;
  readonly past: History;
  readonly measures: Measures;
  readonly memory: WebAssembly.Memory;
  readonly log: string[] = [];
  /** Microseconds on the cell's clock. */
  clockUs = 5_000_000n;
  /** Questions to the scheduler so far. */
  questions = 0;

  constructor(
    module: WebAssembly.Module,
    graph: GraphModel,
    options: RankCellOptions,
  ) {
    const every = options.yieldEvery;
    const late = () => core;
    const imports: Record<string, Record<string, unknown>> = {};
    const grant = <I>(binding: InterfaceBinding<I>, host: I) => {
      imports[binding.name] = binding.lower(late, host);
    };
    grant(graphReads, graph.reads());
    grant(graphAuthors, graph.authors());
    grant(kernelClock, { monotonic: () => this.clockUs, wall: () => 0n });
    grant(kernelLog, {
      write: (_, message) => void this.log.push(message),
    });
    grant(kernelScheduling, {
      shouldYield: () => ++this.questions % (every ?? Infinity) === 0,
    });
    grant(kernelSnapshots, options.snapshots ?? NO_SNAPSHOTS);
    grant(halGpu, options.gpu ?? absentGpu("none is granted"));
    const { exports } = new WebAssembly.Instance(
      module,
      imports as WebAssembly.Imports,
    );
    this.memory = exports.memory as WebAssembly.Memory;
    const core: CoreInstance = {
      memory: this.memory,
      exports,
      realloc: exports.cabi_realloc as CoreInstance["realloc"],
      resources: new ResourceTables(),
    };
    this.lifecycle = kernelLifecycle.bind(core);
    this.background = kernelBackground.bind(core);
    this.ranks = rankRanks.bind(core);
    this.explanations = rankExplanations.bind(core);
    this.personal = rankPersonal.bind(core);
    this.past = rankHistory.bind(core);
    this.measures = rankMeasures.bind(core);
  }

  /** Starts the cell, which has to succeed. */
  start(config: [string, string][] = [], previous?: State): this {
    const answer = this.lifecycle.start(config, previous);
    if (answer.tag === "err") throw new Error(JSON.stringify(answer.val));
    return this;
  }

  /** Steps until the cell rests; answers how many steps it took. */
  settle(): number {
    for (let steps = 1; steps <= STEPS_MAX; steps++) {
      if (this.background.step().tag === "idle") return steps;
    }
    throw new Error(`still computing after ${STEPS_MAX} steps`);
  }

  standing(): Standing {
    return valueOf(this.ranks.status());
  }

  /** The whole published vector. */
  vector(): Float64Array {
    const parts: number[] = [];
    for (;;) {
      const part = valueOf(this.ranks.vector(parts.length, 65536));
      if (part.length === 0) return Float64Array.from(parts);
      for (const value of part) parts.push(value);
    }
  }

  residuals(): Float64Array {
    return valueOf(this.ranks.residuals());
  }

  outcome(particle: number, limit = 1000): Outcome {
    return valueOf(this.explanations.explain(particle, limit));
  }

  /** Asks, lets the cell work, and asks again: the answer has to be there then. */
  explain(particle: number, limit = 1000): Explanation {
    if (this.outcome(particle, limit).tag === "preparing") this.settle();
    const outcome = this.outcome(particle, limit);
    if (outcome.tag === "explained") return outcome.val;
    throw new Error(`not explained: ${outcome.tag}`);
  }

  outcomeFrom(
    sources: number[],
    particle: number,
    limit = 1000,
  ): OutcomeFrom {
    const from = Uint32Array.from(sources);
    return valueOf(this.explanations.explainFrom(from, particle, limit));
  }

  /** The same of a focus from some particles. */
  explainFrom(sources: number[], particle: number, limit = 1000): Explanation {
    if (this.outcomeFrom(sources, particle, limit).tag === "preparing") {
      this.settle();
    }
    const outcome = this.outcomeFrom(sources, particle, limit);
    if (outcome.tag === "explained") return outcome.val;
    throw new Error(`not explained: ${outcome.tag}`);
  }

  /** What is said about the focus from some particles, of all others and the first `limit`. */
  from(sources: number[], limit = 1000): PersonalOutcome {
    const of = Uint32Array.from({ length: this.vector().length }, (_, i) => i);
    return valueOf(this.personal.ask(Uint32Array.from(sources), of, limit));
  }

  /** Asks, lets the cell work, and asks again: the answer has to be there then. */
  focusFrom(sources: number[], limit = 1000): PersonalFocus {
    if (this.from(sources, limit).tag === "preparing") this.settle();
    const outcome = this.from(sources, limit);
    if (outcome.tag === "computed") return outcome.val;
    throw new Error(`not computed: ${outcome.tag}`);
  }

  snapshot(): State {
    const version = this.lifecycle.stateVersion();
    return { version, octets: valueOf(this.lifecycle.snapshot()) };
  }
}
