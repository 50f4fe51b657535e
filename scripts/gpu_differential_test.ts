/**
 * The reference of the GPU contract beside WebGPU, on the same programs.
 *
 * Random programs of whole numbers, and of floats that no order of operations
 * and no fused one changes, so that both must give the same octets; then the
 * suite's kernels. Each failure prints its seed. Without an adapter the programs
 * run on the reference alone, twice, and the test says so.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  buffer,
  type GpuFixture,
  launch,
  outcomeOf,
  range,
  read,
  shown,
  u32,
  words,
} from "../conformance/hal/gpu/case.ts";
import { openCpuGpu } from "../drivers/cpu/gpu/open.ts";
import { openWebGpu } from "../drivers/web/gpu/open.ts";
import type { HostedGpu } from "../hal/hosted/gpu_host.ts";
import { randomProgram } from "./gpu_differential/random_program.ts";
import { randomFloats } from "./gpu_differential/random_program.ts";
import { seeded } from "../conformance/sim/block_device.ts";
import {
  MATMUL,
  REDUCE,
  SCAN,
  SPMV,
} from "../conformance/hal/gpu/kernels/numeric_kernels.ts";
import type { Kernel } from "../conformance/hal/gpu/kernels/kernel.ts";

/** `KARYON_STRESS=50` takes so many times as many. */
const PROGRAMS = 12 * Number(Deno.env.get("KARYON_STRESS") ?? 1);
const INVOCATIONS = 64;
const WISH = { power: "any", software: true } as const;

function fixtureOf({ gpu, control }: HostedGpu): GpuFixture {
  return { gpu, control, wish: WISH, dispose() {} };
}

/** The reference, and WebGPU where there is an adapter. */
function withBoth(body: (all: readonly GpuFixture[]) => void): void {
  const hosted = [openCpuGpu(), openWebGpu()];
  try {
    const [own, web] = hosted;
    ok(own !== undefined && web !== undefined);
    strictEqual(own.control.attach(WISH).tag, "ok");
    const answer = web.control.attach(WISH);
    const absent = answer.tag === "err";
    if (absent) {
      console.log(`  beside itself alone: ${answer.val.val ?? answer.val.tag}`);
    }
    body([fixtureOf(own), fixtureOf(absent ? own : web)]);
  } finally {
    for (const one of hosted) one.close();
  }
}

/** What a program makes of its data, on one device. */
function results(
  fixture: GpuFixture,
  wgsl: string,
  given: ReadonlyArray<Uint8Array>,
  groups: readonly [number, number, number],
  reads: number,
): Uint8Array {
  const bindings = given.map((_, at) =>
    at < reads ? "read" as const : "read-write" as const
  );
  const made = outcomeOf(fixture, {
    tag: "compile",
    val: { wgsl, entry: "main", bindings },
  });
  ok(made.tag === "made", `${shown(made)}\n${wgsl}`);
  const names = given.map((octets) => buffer(fixture, octets));
  const ranges = names.map((name, at) => range(name, given[at]?.length ?? 0));
  const ended = outcomeOf(fixture, launch(made.val, ranges, groups));
  strictEqual(ended.tag, "done", shown(ended));
  const last = names.at(-1) ?? 0n;
  const octets = read(fixture, last, given.at(-1)?.length ?? 0);
  for (const name of [...names, made.val]) fixture.gpu.release(name);
  return octets;
}

Deno.test("gpu: random programs give the same octets on the reference and on WebGPU", () => {
  const first = Number(crypto.getRandomValues(new Uint32Array(1))[0]);
  withBoth(([own, other]) => {
    ok(own !== undefined && other !== undefined);
    for (let at = 0; at < PROGRAMS; at++) {
      const seed = (first + at) >>> 0;
      const random = seeded(seed);
      const wgsl = randomProgram(seed, INVOCATIONS);
      const data = Uint32Array.from(
        { length: 256 },
        () => Math.floor(random() * 2 ** 32) >>> Math.floor(random() * 32),
      );
      const given = [
        words(...data),
        randomFloats(random, 64),
        new Uint8Array(INVOCATIONS * 16),
      ];
      const both: number[][] = [own, other].map((
        one,
      ): number[] => [...u32(results(one, wgsl, given, [1, 1, 1], 2))]);
      deepStrictEqual(both[0], both[1], `seed ${seed}\n${wgsl}`);
    }
  });
});

/** Whole numbers as floats: sums of them are exact in any order. */
function exact(
  kernel: Kernel,
  given: ReadonlyArray<Uint8Array>,
  groups: number,
) {
  return { kernel, given, groups };
}

const small = (length: number) =>
  new Uint8Array(
    Float32Array.from({ length }, (_, i) => (i * 7) % 13 - 6).buffer,
  );

const KERNELS = [
  exact(REDUCE, [small(1000), new Uint8Array(16)], 4),
  exact(SCAN, [small(1024), new Uint8Array(16), new Uint8Array(4096)], 4),
  exact(SPMV, [
    words(0, 2, 2, 5, 6),
    words(
      ...[[3, 2], [1, 4], [0, -1], [2, 3], [3, 5], [1, 1]].flatMap((
        [column = 0, value = 0],
      ) => [
        column,
        new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0,
      ]),
    ),
    small(4),
    new Uint8Array(16),
  ], 1),
  exact(MATMUL, [words(16), small(256), small(256), new Uint8Array(1024)], 2),
];

Deno.test("gpu: the suite's kernels give the same octets where sums are exact", () => {
  withBoth((all) => {
    for (const { kernel, given, groups } of KERNELS) {
      const reads = kernel.bindings.filter((access) =>
        access === "read"
      ).length;
      const shape = [groups, kernel === MATMUL ? groups : 1, 1] as const;
      const both: number[][] = all.map((
        one,
      ): number[] => [...u32(results(one, kernel.wgsl, given, shape, reads))]);
      deepStrictEqual(both[0], both[1], kernel.name);
      ok(both[0]?.some((word) => word !== 0), `${kernel.name} wrote nothing`);
    }
  });
});
