/**
 * Dispatches and copies through the GPU driver, beside plain WebGPU.
 *
 *   deno task bench:gpu [--rounds 3] [--json]
 *
 * The same adapter, program and sizes, each in its own thread: plain WebGPU in
 * this one, the driver through its thread and its session. One at a time, and 32
 * submitted together; the figure is the mean time of one. Where there is no
 * adapter it says so and ends with 3.
 */
import type { HostedGpu } from "../hal/hosted/gpu_host.ts";
import type { Work } from "../hal/gpu_contract.ts";
import { openWebGpu } from "../drivers/web/gpu/open.ts";
import {
  type Line,
  print,
  readOptions,
  type Section,
  thisMachine,
} from "./bench_report.ts";
import { median } from "./bench_timing.ts";

const MANUAL = `usage: deno task bench:gpu [--rounds N] [--json]

  --rounds N   how often each is measured; the median counts (default 3)
  --json       one JSON object
`;

const MIB = 1 << 20;
const TOGETHER = 32;
const PATIENT_US = 60_000_000n;
const WGSL = `@group(0) @binding(0) var<storage, read_write> data: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&data)) { data[id.x] = data[id.x] * 1.5 + 1.0; }
}`;

type Kind = "dispatch" | "write" | "read";

interface Measured {
  readonly title: string;
  readonly kind: Kind;
  readonly octets: number;
  readonly batch: number;
  readonly count: number;
}

const WORKS: readonly Measured[] = (["dispatch", "write", "read"] as const)
  .flatMap((kind) =>
    [4096, MIB].flatMap((octets) =>
      [1, TOGETHER].filter((batch) => batch === 1 || octets === 4096)
        .map((batch) => ({
          title: `${kind} of ${octets === MIB ? "1 MiB" : "4 KiB"}${
            batch === 1 ? ", one at a time" : `, ${batch} together`
          }`,
          kind,
          octets,
          batch,
          count: batch === 1 ? 16 : 64,
        }))
    )
  );

/** Microseconds of one operation. */
type Competitor = (work: Measured) => Promise<number>;

async function timed(
  { count, batch }: Measured,
  act: (batch: number) => Promise<void> | void,
): Promise<number> {
  await act(batch);
  const begun = performance.now();
  for (let done = 0; done < count; done += batch) await act(batch);
  return (performance.now() - begun) * 1000 / count;
}

/** Plain WebGPU; undefined where there is no adapter. */
async function plain(): Promise<Competitor | undefined> {
  const gpu: GPU | undefined = navigator.gpu;
  const adapter = await gpu?.requestAdapter();
  if (adapter === null || adapter === undefined) return undefined;
  const device = await adapter.requestDevice();
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const usage = STORAGE | COPY_SRC | COPY_DST;
  const buffer = device.createBuffer({ size: MIB, usage });
  const module = device.createShaderModule({ code: WGSL });
  const pipeline = await device.createComputePipelineAsync({
    layout: "auto",
    compute: { module, entryPoint: "main" },
  });
  const layout = pipeline.getBindGroupLayout(0);
  const data = new Uint8Array(MIB);
  const act = async (kind: Kind, size: number): Promise<void> => {
    const encoder = device.createCommandEncoder();
    if (kind === "write") {
      device.queue.writeBuffer(buffer, 0, data, 0, size);
      return await device.queue.onSubmittedWorkDone();
    }
    if (kind === "dispatch") {
      const entries = [{ binding: 0, resource: { buffer, size } }];
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
      pass.dispatchWorkgroups(size / 256);
      pass.end();
      device.queue.submit([encoder.finish()]);
      return await device.queue.onSubmittedWorkDone();
    }
    const staging = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    new Uint8Array(staging.getMappedRange()).slice();
    staging.destroy();
  };
  return (work) =>
    timed(work, async (batch) => {
      const all = Array.from({ length: batch }, () =>
        act(work.kind, work.octets));
      await Promise.all(all);
    });
}

function driver({ gpu }: HostedGpu): Competitor {
  const ask = (work: Work) => {
    const answer = gpu.submit(work, PATIENT_US);
    if (answer.tag === "err") throw new Error(answer.val.tag);
  };
  const made = (work: Work): bigint => {
    ask(work);
    const [one] = gpu.wait(1, PATIENT_US);
    if (one?.outcome.tag !== "made") throw new Error(one?.outcome.tag);
    return one.outcome.val;
  };
  const buffer = made({ tag: "allocate", val: BigInt(MIB) });
  const program = made({
    tag: "compile",
    val: { wgsl: WGSL, entry: "main", bindings: ["read-write"] },
  });
  const data = new Uint8Array(MIB);
  const workOf = ({ kind, octets }: Measured): Work => {
    const range = { buffer, offset: 0n, length: BigInt(octets) };
    if (kind === "read") return { tag: "read", val: range };
    if (kind === "write") {
      const part = data.subarray(0, octets);
      return { tag: "write", val: { buffer, offset: 0n, octets: part } };
    }
    const x = octets / 256;
    return {
      tag: "dispatch",
      val: { program, ranges: [range], x, y: 1, z: 1 },
    };
  };
  return (measured) => {
    const work = workOf(measured);
    return timed(measured, (batch) => {
      for (let i = 0; i < batch; i++) ask(work);
      for (let left = batch; left > 0;) {
        left -= gpu.wait(left, PATIENT_US).length;
      }
    });
  };
}

if (import.meta.main) {
  const options = readOptions(MANUAL, 3);
  const machine = thisMachine();
  const bare = await plain();
  if (bare === undefined) {
    console.error(
      "bench:gpu: WebGPU finds no adapter here; " +
        "on Debian: apt-get install mesa-vulkan-drivers",
    );
    Deno.exit(3);
  }
  const hosted = openWebGpu();
  hosted.control.attach({ power: "any", software: true });
  const competitors = new Map<string, Competitor>([
    ["plain WebGPU", bare],
    ["web/gpu", driver(hosted)],
  ]);
  const sections: Section[] = [];
  for (const work of WORKS) {
    const took = new Map<string, number[]>();
    for (let round = 0; round < options.rounds; round++) {
      for (const [name, competitor] of competitors) {
        took.set(name, [...took.get(name) ?? [], await competitor(work)]);
      }
    }
    const lines: Line[] = [...took].map(([name, all]) => ({
      name,
      value: median(all),
      ...(name === "plain WebGPU" ? { yardstick: name } : {}),
    }));
    const notes = [hosted.gpu.describe().name];
    sections.push({ title: work.title, unit: "us", lines, notes });
  }
  print("gpu", machine, options, sections);
  hosted.close();
  Deno.exit(0);
}
