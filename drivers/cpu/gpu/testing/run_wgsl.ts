/** Compiles a source, runs it on some octets, and gives what became of them. */
import { strictEqual } from "node:assert/strict";
import type { Access, Outcome } from "../../../../hal/gpu_contract.ts";
import { CpuGpu } from "../device.ts";

const MIB = 1 << 20;

export interface Asked {
  readonly wgsl: string;
  readonly buffers: ReadonlyArray<Uint32Array | Int32Array | Float32Array>;
  /** Those that are only read; the first ones. */
  readonly reads?: number;
  readonly groups?: readonly [number, number, number];
  readonly stepsMax?: number;
  readonly entry?: string;
}

export interface Ran {
  readonly outcome: Outcome;
  /** All buffers, as they are afterwards. */
  readonly octets: readonly Uint8Array[];
}

/** What came of it: of compiling if that was rejected, or else of the run. */
export async function run(asked: Asked): Promise<Ran> {
  const { wgsl, buffers, reads = 0, groups: [x, y, z] = [1, 1, 1] } = asked;
  const options = {
    memoryMax: 16 * MIB,
    transferMax: MIB,
    sourceMax: MIB,
    inFlightMax: 4,
  };
  const { stepsMax } = asked;
  const gpu = new CpuGpu(
    stepsMax === undefined ? options : { ...options, stepsMax },
  );
  await gpu.attach({ power: "any", software: true }, () => {});
  const bindings = buffers.map((_, at): Access =>
    at < reads ? "read" : "read-write"
  );
  const source = { wgsl, entry: asked.entry ?? "main", bindings };
  const made = await gpu.carryOut(99n, { tag: "compile", val: source });
  if (made.tag !== "made") return { outcome: made, octets: [] };
  const ranges = [];
  for (const [at, values] of buffers.entries()) {
    const buffer = BigInt(at + 1);
    const { byteLength, byteOffset } = values;
    const octets = new Uint8Array(values.buffer, byteOffset, byteLength);
    const length = BigInt(byteLength);
    await gpu.carryOut(buffer, { tag: "allocate", val: length });
    const upload = { buffer, offset: 0n, octets: octets.slice() };
    await gpu.carryOut(0n, { tag: "write", val: upload });
    ranges.push({ buffer, offset: 0n, length });
  }
  const launch = { program: 99n, ranges, x, y, z };
  const outcome = await gpu.carryOut(0n, { tag: "dispatch", val: launch });
  const octets = [];
  for (const range of ranges) {
    const read = await gpu.carryOut(0n, { tag: "read", val: range });
    octets.push(read.tag === "octets" ? read.val : new Uint8Array());
  }
  return { outcome, octets };
}

/** The words of the last buffer, after a run that went well. */
export async function words(asked: Asked): Promise<number[]> {
  const { outcome, octets } = await run(asked);
  const text = "val" in outcome ? `${outcome.val}` : "";
  strictEqual(`${outcome.tag} ${text}`.trim(), "done");
  return [
    ...new Uint32Array((octets.at(-1) ?? new Uint8Array()).slice().buffer),
  ];
}

/** The same, as f32. */
export async function floats(asked: Asked): Promise<number[]> {
  return [...new Float32Array(Uint32Array.from(await words(asked)).buffer)];
}

/** A body of one invocation that writes to `out`. */
export function body(text: string, of = "u32", before = ""): string {
  return `${before}
@group(0) @binding(0) var<storage, read_write> out: array<${of}>;
@compute @workgroup_size(1)
fn main() {
${text}
}`;
}

/** What `body` writes, in so many words. */
export const wrote = (text: string, count = 8, before = "") =>
  words({ wgsl: body(text, "u32", before), buffers: [new Uint32Array(count)] });
