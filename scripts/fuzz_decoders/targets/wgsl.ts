/**
 * drivers/cpu/gpu: WGSL, compiled, and run for some steps on guarded buffers.
 *
 * What is refused has a place and a way out; what is taken is a sound module that
 * changes nothing but what is bound for writing, and ends.
 */
import {
  MATMUL,
  REDUCE,
  SCAN,
  SPMV,
} from "../../../conformance/hal/gpu/kernels/numeric_kernels.ts";
import {
  HISTOGRAM,
  INTEGERS,
  PLACES,
  WILD,
} from "../../../conformance/hal/gpu/kernels/plain_kernels.ts";
import { compile } from "../../../drivers/cpu/gpu/compile.ts";
import { DeviceMemory } from "../../../drivers/cpu/gpu/memory.ts";
import { RunEnded, RunnableProgram } from "../../../drivers/cpu/gpu/run.ts";
import { WgslRefused } from "../../../drivers/cpu/gpu/wgsl/refused.ts";
import type { Access } from "../../../hal/gpu_contract.ts";
import { randomProgram } from "../../gpu_differential/random_program.ts";
import {
  type Chance,
  hold,
  type Target,
  textOf,
  textTarget,
} from "../target.ts";

const BOUNDS = { invocationsMax: 256, workgroupOctetsMax: 16_384 };
const BINDINGS = 8;
const RANGE_OCTETS = 1024;
const GUARD_OCTETS = 256;
const STEPS = 2 ** 18;

/** Bindings one beside the other, with guards between them. */
class Guarded {
  readonly memory = new DeviceMemory();
  readonly #at: number;
  readonly #octets = BINDINGS * (RANGE_OCTETS + GUARD_OCTETS) + GUARD_OCTETS;

  constructor() {
    const span = this.memory.allocate(this.#octets);
    if (span === undefined) throw new Error("there is no memory");
    this.#at = span.at;
  }

  ranges() {
    return Array.from({ length: BINDINGS }, (_, binding) => ({
      at: this.#at + GUARD_OCTETS + binding * (RANGE_OCTETS + GUARD_OCTETS),
      octets: RANGE_OCTETS,
    }));
  }

  fill(): Uint8Array {
    const view = this.memory.view(this.#at, this.#octets);
    for (let at = 0; at < view.length; at++) view[at] = at % 251;
    return view;
  }

  check(bindings: readonly Access[]): void {
    const view = this.memory.view(this.#at, this.#octets);
    const written = this.ranges().filter((_, at) =>
      bindings[at] === "read-write"
    );
    for (const [at, octet] of view.entries()) {
      if (octet === at % 251) continue;
      const where = this.#at + at;
      const isBound = written.some((one) =>
        where >= one.at && where < one.at + one.octets
      );
      hold(isBound, `it wrote at ${at}, where nothing is bound for writing`);
    }
  }
}

/** As the source says it of each binding. */
function bindingsOf(source: string): Access[] {
  const bindings = Array.from({ length: BINDINGS }, (): Access => "read-write");
  for (
    const [, at] of source.matchAll(/@binding\((\d)\) var<storage, read>/g)
  ) {
    bindings[Number(at)] = "read";
  }
  return bindings;
}

const entryOf = (source: string) =>
  /@compute[^{;]{0,60}?\bfn (\w+)/.exec(source)?.[1] ?? "main";

let guarded: Guarded | undefined;

async function judge(source: string): Promise<"taken" | "refused"> {
  const bindings = bindingsOf(source);
  let made;
  try {
    made = compile(source, entryOf(source), bindings, BOUNDS);
  } catch (error) {
    if (!(error instanceof WgslRefused)) throw error;
    hold(
      /^\d+:\d+: .+; .+/s.test(error.message),
      `it refuses with ${error.message}`,
    );
    return "refused";
  }
  hold(WebAssembly.validate(made.octets), "it makes a module that is none");
  guarded ??= new Guarded();
  const program = new RunnableProgram(made, guarded.memory);
  guarded.fill();
  try {
    const ranges = guarded.ranges();
    const never = () => Promise.resolve(true);
    if (program.unfit(ranges) === undefined) {
      await program.run(ranges, [2, 1, 1], STEPS, never);
    }
  } catch (error) {
    if (!(error instanceof RunEnded)) throw error;
  }
  guarded.check(bindings);
  return "taken";
}

const WORDS = `( ) { } [ ] < > ; , . & * - -1 0u 1u 4294967295u 2147483648 1e38f
  0x7fffffff f32 i32 u32 bool vec3<u32> vec2 array<u32, 4> array<u32> atomic<u32>
  ptr<function, u32> if else loop for while switch break continue continuing return
  var let const fn struct workgroupBarrier(); storageBarrier() select min max dot
  arrayLength(&data) /* // @compute @workgroup_size(300) @binding(1) var<workgroup>
  var<private> main data id.x _ = += << >> == && || ! ~ % / bitcast<f32>`
  .split(/\s+/);

/** Those of one line stand where the others do. */
const LIKE = [
  ["+", "-", "*", "/", "%", "&", "|", "^"],
  ["<", "<=", ">", "==", "!="],
  ["0u", "1u", "2u", "31u", "63u", "4294967295u", "k", "i", "id.x", "local.x"],
  ["f32", "i32", "u32"],
  ["min", "max", "dot", "countOneBits", "reverseBits"],
  ["if", "while"],
  ["break", "continue", "return", "workgroupBarrier()"],
];

/** Tokens left out, doubled, swapped, or others in their place. */
function change(octets: Uint8Array, chance: Chance): Uint8Array {
  const text = new TextDecoder().decode(octets);
  const tokens = text.match(/\w+|\s+|[^\w\s]/g) ?? [];
  const one = (of: readonly string[]) =>
    of[Math.floor(chance() * of.length)] ?? "";
  const times = 1 + Math.floor(chance() ** 2 * 4);
  for (let at = 0; at < times; at++) {
    const where = Math.floor(chance() * tokens.length);
    const like = LIKE.find((all) => all.includes(tokens[where] ?? ""));
    if (like !== undefined) {
      tokens[where] = one(like);
      continue;
    }
    const kind = Math.floor(chance() * 5);
    if (kind === 0) tokens.splice(where, 1);
    else if (kind === 1) tokens.splice(where, 0, one(tokens));
    else if (kind === 2) tokens.splice(where, 1, ` ${one(WORDS)} `);
    else if (kind === 3) tokens.splice(where, 1, one(tokens));
    else tokens.splice(where, 0, ...Array(40).fill(tokens[where] ?? "("));
  }
  return new TextEncoder().encode(tokens.join(""));
}

/** The programs of rank, from its source. */
function rankSource(): string {
  const folder = "cells/rank/assembly/gpu";
  const text = ["kernels", "kernels_nodes"]
    .map((name) => textOf(`${folder}/${name}.ts`)).join("\n");
  return [...text.matchAll(/: string = `([^`]*)`/g)].map(([, wgsl]) => wgsl)
    .join("");
}

export const WGSL: readonly Target[] = [
  textTarget({
    name: "wgsl",
    about: "programs for the GPU's reference, compiled and run",
    form: "octets",
    cost: 2,
    change,
    seeds: () => [
      ...[HISTOGRAM, INTEGERS, PLACES, WILD, MATMUL, REDUCE, SCAN, SPMV]
        .map(({ wgsl }) => wgsl),
      randomProgram(1, 64),
      randomProgram(2, 32),
      rankSource(),
    ],
    run: judge,
  }),
];
