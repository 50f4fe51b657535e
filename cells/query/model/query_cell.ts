/**
 * The built query cell with a graph and ranks of a test's choice.
 *
 * The core module is taken out of the component and instantiated by itself, so
 * a test meets the cell and its bindings, and nothing of the kernel.
 */
import type { CoreInstance, InterfaceBinding } from "../../../wit/abi/mod.ts";
import { coreModule, withMemoryMax } from "./core_module.ts";
import type { RankModel } from "./rank_model.ts";
import { ResourceTables } from "../../../wit/abi/mod.ts";
import { type Reads, reads } from "../../../wit/gen/graph_reads.ts";
import {
  type Background,
  background,
} from "../../../wit/gen/kernel_background.ts";
import {
  type Lifecycle,
  lifecycle,
} from "../../../wit/gen/kernel_lifecycle.ts";
import { clock } from "../../../wit/gen/kernel_clock.ts";
import { log } from "../../../wit/gen/kernel_log.ts";
import { scheduling } from "../../../wit/gen/kernel_scheduling.ts";
import { type Answers, answers } from "../../../wit/gen/query_answers.ts";
import { explanations } from "../../../wit/gen/rank_explanations.ts";
import { personal } from "../../../wit/gen/rank_personal.ts";
import { history } from "../../../wit/gen/rank_history.ts";
import { ranks } from "../../../wit/gen/rank_ranks.ts";

const COMPONENT = new URL("../../../build/cells/query.wasm", import.meta.url);
/** 256 MiB of pages of 64 KiB. */
const MEMORY_PAGES_MAX = 4096;
/** More steps than any test's corpus takes. */
const STEPS_MAX = 100_000;

export interface QueryCell {
  readonly answers: Answers;
  readonly background: Background;
  readonly lifecycle: Lifecycle;
  /** Lines that the cell logged. */
  readonly logs: string[];
  readonly memory: WebAssembly.Memory;
  /** Its clock, in microseconds; it stands still by default. */
  readonly time: { us: bigint };
  /** What the scheduler answers; never by default. */
  shouldYield: () => boolean;
  /** Steps until the cell is idle; returns how many that took. */
  indexAll(): number;
}

/** By the most pages of memory: compiling takes longer than most tests. */
const modules = new Map<number, Promise<WebAssembly.Module>>();

async function compiled(memoryPagesMax: number): Promise<WebAssembly.Module> {
  const component = await Deno.readFile(COMPONENT);
  return await WebAssembly.compile(
    withMemoryMax(coreModule(component), memoryPagesMax),
  );
}

/** A fresh instance, started with `config` unless that is null. */
export async function openQuery(
  graph: Reads,
  rank: RankModel,
  config: [string, string][] | null = [],
  memoryPagesMax = MEMORY_PAGES_MAX,
): Promise<QueryCell> {
  const known = modules.get(memoryPagesMax) ?? compiled(memoryPagesMax);
  modules.set(memoryPagesMax, known);
  const module = await known;
  const logs: string[] = [];
  const scheduler = { shouldYield: () => false };
  const time = { us: 1n };
  const late: { core?: CoreInstance } = {};
  const core = () => {
    if (late.core) return late.core;
    throw new Error("the cell calls while it is instantiated");
  };
  const lower = <I>(binding: InterfaceBinding<I>, host: I) => [
    binding.name,
    binding.lower(core, host),
  ];
  const imports = Object.fromEntries([
    lower(reads, graph),
    lower(ranks, rank),
    lower(explanations, rank),
    lower(personal, rank),
    lower(history, rank),
    lower(log, { write: (level, line) => logs.push(`${level}: ${line}`) }),
    lower(clock, { monotonic: () => time.us, wall: () => 0n }),
    lower(scheduling, { shouldYield: () => scheduler.shouldYield() }),
  ]);
  const { exports } = await WebAssembly.instantiate(module, imports);
  const live = late.core = coreInstance(exports);
  const cell = Object.assign(scheduler, {
    answers: answers.bind(live),
    background: background.bind(live),
    lifecycle: lifecycle.bind(live),
    logs,
    time,
    memory: live.memory,
    indexAll: () => stepUntilIdle(cell.background),
  });
  if (config !== null) {
    const started = cell.lifecycle.start(config, undefined);
    if (started.tag === "err") throw new Error(started.val.val);
  }
  return cell;
}

/** A result as the bindings give it. */
type Outcome = { tag: "ok"; val?: unknown } | { tag: "err"; val?: unknown };
type Value<A extends Outcome> = Extract<A, { tag: "ok" }>["val"];
type Refused<A extends Outcome> = Extract<A, { tag: "err" }>["val"];

/** The value of an answer that must not be a refusal. */
export function must<A extends Outcome>(answer: A): Value<A> {
  if (answer.tag === "ok") return answer.val;
  throw new Error(`refused: ${JSON.stringify(answer.val)}`);
}

/** The refusal of an answer that must be one. */
export function refusalOf<A extends Outcome>(answer: A): Refused<A> {
  if (answer.tag === "err") return answer.val;
  throw new Error("it was answered, not refused");
}

function stepUntilIdle(cell: Background): number {
  for (let steps = 1; steps <= STEPS_MAX; steps++) {
    if (cell.step().tag === "idle") return steps;
  }
  throw new Error(`still not idle after ${STEPS_MAX} steps`);
}

function coreInstance(exports: WebAssembly.Exports): CoreInstance {
  const { memory, cabi_realloc } = exports;
  if (!(memory instanceof WebAssembly.Memory)) throw new Error("no memory");
  if (typeof cabi_realloc !== "function") throw new Error("no cabi_realloc");
  return {
    memory,
    exports,
    realloc: cabi_realloc as CoreInstance["realloc"],
    resources: new ResourceTables(),
  };
}
