/**
 * A device that is right and slow, and knows the suite's own programs only.
 *
 * It checks the suite, not drivers: what it compiles are sources that say the
 * same as a program of the suite, comments aside, and runs its plain form. Any
 * other source is rejected where it departs from all of them.
 */
import type {
  Access,
  Outcome,
  Source,
  Work,
} from "../../../hal/gpu_contract.ts";
import { type Kernel, View } from "./kernels/kernel.ts";
import * as numeric from "./kernels/numeric_kernels.ts";
import * as plain from "./kernels/plain_kernels.ts";

const KERNELS: readonly Kernel[] = [
  plain.INCREMENT,
  plain.COMBINE,
  plain.PLACES,
  plain.WILD,
  plain.INTEGERS,
  plain.HISTOGRAM,
  numeric.SAXPY,
  numeric.REDUCE,
  numeric.SCAN,
  numeric.OFFSETS,
  numeric.SPMV,
  numeric.MATMUL,
];
export const INVOCATIONS_MAX = 256;

/** A program of nothing, whose groups have a size. */
const EMPTY =
  /^@compute @workgroup_size\((\d+), (\d+)\)\s*fn main\(\) \{\}\s*$/;
const HELPER = "fn helper() -> u32 { return 1u; }\n";

interface Program {
  readonly kernel: Kernel | undefined;
  readonly bindings: readonly Access[];
}

const DONE: Outcome = { tag: "done" };
const rejected = (val: string): Outcome => ({ tag: "rejected", val });

export class PlainDevice {
  readonly buffers = new Map<bigint, Uint8Array<ArrayBuffer>>();
  readonly programs = new Map<bigint, Program>();

  carryOut(name: bigint, work: Work): Outcome {
    switch (work.tag) {
      case "allocate":
        this.buffers.set(name, new Uint8Array(Number(work.val)));
        return { tag: "made", val: name };
      case "compile":
        return this.#compile(name, work.val);
      case "write": {
        const { buffer, offset, octets } = work.val;
        this.#octets(buffer).set(octets, Number(offset));
        return DONE;
      }
      case "read": {
        const { buffer, offset, length } = work.val;
        const from = Number(offset);
        const octets = this.#octets(buffer);
        return {
          tag: "octets",
          val: octets.slice(from, from + Number(length)),
        };
      }
      case "copy": {
        const { source, buffer, offset } = work.val;
        const from = Number(source.offset);
        const octets = this.#octets(source.buffer);
        const part = octets.subarray(from, from + Number(source.length));
        this.#octets(buffer).set(part, Number(offset));
        return DONE;
      }
      case "dispatch": {
        const { program, ranges, x, y, z } = work.val;
        const views = ranges.map(({ buffer, offset, length }) => {
          const from = Number(offset);
          const octets = this.#octets(buffer);
          return octets.subarray(from, from + Number(length));
        });
        const kernel = this.programs.get(program)?.kernel;
        const least = kernel?.least ?? [];
        const small = least.findIndex((octets, at) =>
          (views[at]?.length ?? 0) < octets
        );
        if (small >= 0) return rejected(`binding ${small} is too small`);
        kernel?.plain(views.map((octets) => new View(octets)), [x, y, z]);
        return DONE;
      }
    }
  }

  release(name: bigint): void {
    this.buffers.delete(name);
    this.programs.delete(name);
  }

  #octets(name: bigint): Uint8Array {
    const octets = this.buffers.get(name);
    if (octets === undefined) throw new Error(`there is no buffer ${name}`);
    return octets;
  }

  #compile(name: bigint, { wgsl, entry, bindings }: Source): Outcome {
    const source = wgsl.replace(HELPER, "").replaceAll(/^\/\/.*\n/gm, "");
    const kernel = KERNELS.find((one) => one.wgsl === source);
    const [empty, x, y] = EMPTY.exec(source) ?? [];
    if (kernel === undefined && empty === undefined) {
      return rejected(departure(source));
    }
    if (entry !== "main") return rejected(`there is no shader ${entry}`);
    if (Number(x ?? 0) * Number(y ?? 0) > INVOCATIONS_MAX) {
      return rejected("the group is too large");
    }
    const wrong =
      kernel?.bindings.findIndex((access, at) =>
        bindings[at] !== access && used(kernel, at)
      ) ?? -1;
    if (wrong >= 0) return rejected(`binding ${wrong} does not fit`);
    this.programs.set(name, { kernel, bindings });
    return { tag: "made", val: name };
  }
}

function used({ wgsl }: Kernel, binding: number): boolean {
  return wgsl.includes(`@binding(${binding})`);
}

/** Where a source stops to be like any program, from 1. */
function departure(source: string): string {
  const like = KERNELS.map(({ wgsl }) => {
    const at = [...source].findIndex((char, place) => char !== wgsl[place]);
    return at < 0 ? source.length : at;
  });
  const lines = source.slice(0, Math.max(...like)).split("\n");
  const column = (lines.at(-1)?.length ?? 0) + 1;
  return `${lines.length}:${column}: this device knows no such program`;
}
