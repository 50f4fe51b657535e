/**
 * A graph cell under test: the built component's core, called through the bindings.
 *
 * Build it first: `deno task build --cell graph`. The cell stands on any block
 * device; the scheduler asks it to yield at every `yieldEvery`-th question.
 */
import { type CoreInstance, ResourceTables } from "../../../wit/abi/mod.ts";
import type { InterfaceBinding } from "../../../wit/abi/binding.ts";
import {
  graphAuthors,
  graphContents,
  graphLedger,
  graphProofs,
  graphReads,
  graphViews,
  halBlock,
  kernelBackground,
  kernelLifecycle,
  kernelLog,
  kernelScheduling,
  kernelSuccession,
} from "../../../wit/gen/mod.ts";
import type { Authors } from "../../../wit/gen/graph_authors.ts";
import type { Contents } from "../../../wit/gen/graph_contents.ts";
import type { Ledger } from "../../../wit/gen/graph_ledger.ts";
import type { Proofs } from "../../../wit/gen/graph_proofs.ts";
import type { Reads } from "../../../wit/gen/graph_reads.ts";
import type { Views } from "../../../wit/gen/graph_views.ts";
import type { Block } from "../../../wit/gen/hal_block.ts";
import type { Background } from "../../../wit/gen/kernel_background.ts";
import type { Lifecycle, State } from "../../../wit/gen/kernel_lifecycle.ts";
import type { Succession } from "../../../wit/gen/kernel_succession.ts";
import { coreOf } from "./core_module.ts";

const COMPONENT = new URL("../../../build/cells/graph.wasm", import.meta.url);
const STEPS_MAX = 100_000;

export const NETWORK_NAME = "test";

export interface GraphCellOptions {
  /** Every how many questions the answer is to yield; absent: never. */
  readonly yieldEvery?: number;
}

let compiled: Promise<WebAssembly.Module> | undefined;

async function compile(): Promise<WebAssembly.Module> {
  const core = coreOf(await Deno.readFile(COMPONENT));
  return new WebAssembly.Module(core as BufferSource);
}

/** A fresh instance over the device, not started yet. */
export async function graphCell(
  device: Block,
  options: GraphCellOptions = {},
): Promise<GraphCell> {
  compiled ??= compile();
  return new GraphCell(await compiled, device, options);
}

/** A started and settled instance over the device. */
export async function openGraph(
  device: Block,
  options: GraphCellOptions = {},
  config: [string, string][] = [],
): Promise<GraphCell> {
  const cell = await graphCell(device, options);
  cell.start([["network", NETWORK_NAME], ...config]);
  cell.settle();
  return cell;
}

/** The value of an answer that has to be there. */
export function valueOf<T>(
  answer: { tag: "ok"; val: T } | { tag: "err"; val: unknown },
): T {
  if (answer.tag === "ok") return answer.val;
  throw new Error(`refused: ${JSON.stringify(answer.val)}`);
}

export class GraphCell {
  readonly lifecycle: Lifecycle;
  readonly background: Background;
  readonly succession: Succession;
  readonly ledger: Ledger;
  readonly reads: Reads;
  readonly authors: Authors;
  readonly proofs: Proofs;
  readonly views: Views;
  readonly contents: Contents;
  readonly memory: WebAssembly.Memory;
  readonly log: string[] = [];
  #questions = 0;

  constructor(
    module: WebAssembly.Module,
    device: Block,
    options: GraphCellOptions,
  ) {
    const every = options.yieldEvery;
    const late = () => core;
    const imports: Record<string, Record<string, unknown>> = {};
    const grant = <I>(binding: InterfaceBinding<I>, host: I) => {
      imports[binding.name] = binding.lower(late, host);
    };
    grant(halBlock, device);
    grant(kernelLog, {
      write: (level, message) => void this.log.push(`${level}: ${message}`),
    });
    grant(kernelScheduling, {
      shouldYield: () => every !== undefined && ++this.#questions % every === 0,
    });
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
    this.succession = kernelSuccession.bind(core);
    this.ledger = graphLedger.bind(core);
    this.reads = graphReads.bind(core);
    this.authors = graphAuthors.bind(core);
    this.proofs = graphProofs.bind(core);
    this.views = graphViews.bind(core);
    this.contents = graphContents.bind(core);
  }

  /** Starts the cell, which has to succeed. */
  start(
    config: [string, string][] = [["network", NETWORK_NAME]],
    previous?: State,
  ): this {
    const answer = this.lifecycle.start(config, previous);
    if (answer.tag === "err") throw new Error(JSON.stringify(answer.val));
    return this;
  }

  /** Steps until the cell rests; answers how many steps it took. */
  settle(): number {
    for (let steps = 1; steps <= STEPS_MAX; steps++) {
      if (this.background.step().tag === "idle") return steps;
    }
    throw new Error(`still opening after ${STEPS_MAX} steps`);
  }
}
