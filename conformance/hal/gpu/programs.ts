/** Programs: their groups, their bindings, their whole numbers. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { seeded } from "../../sim/block_device.ts";
import {
  buffer,
  bytes,
  done,
  type GpuCase,
  launch,
  program,
  range,
  read,
  u32,
  words,
} from "./case.ts";
import {
  COMBINE,
  HISTOGRAM,
  INCREMENT,
  INTEGERS,
  integers,
  PLACES,
} from "./kernels/plain_kernels.ts";

const group = "behaviour";

export const PROGRAMS: readonly GpuCase[] = [
  {
    group,
    claim: "every invocation of a grid in three dimensions runs once",
    promise: "launch",
    run(fixture) {
      const [x, y, z] = [3, 2, 5] as const;
      const count = x * y * z * 16;
      const name = buffer(fixture, count * 4);
      const places = program(fixture, PLACES);
      done(fixture, launch(places, [range(name, count * 4)], [x, y, z]));
      const seen = u32(read(fixture, name, count * 4));
      const width = x * 4;
      const height = y * 2;
      for (const [place, value] of seen.entries()) {
        const gx = place % width;
        const gy = Math.floor(place / width) % height;
        const gz = Math.floor(place / (width * height));
        const which = ((gz >> 1) * y + (gy >> 1)) * x + (gx >> 2);
        const local = ((gz & 1) * 2 + (gy & 1)) * 4 + (gx & 3);
        strictEqual(value, which * 16 + local + 1, `at ${[gx, gy, gz]}`);
      }
    },
  },
  {
    group,
    claim: "a program runs as often as it is launched, on what it is given",
    promise: "work.dispatch",
    run(fixture) {
      const names = [buffer(fixture, 256), buffer(fixture, 256)];
      const increment = program(fixture, INCREMENT);
      for (const at of [0, 1, 0, 0]) {
        done(fixture, launch(increment, [range(names[at] ?? 0n, 256)]));
      }
      const values = names.map((name) => u32(read(fixture, name, 256))[63]);
      deepStrictEqual(values, [3, 1]);
    },
  },
  {
    group,
    claim: "a program sees the bound range as the whole array",
    promise: "launch.ranges",
    run(fixture) {
      const { bindingAlignment: step } = fixture.gpu.describe().limits;
      const name = buffer(fixture, step * 3);
      const increment = program(fixture, INCREMENT);
      const part = range(name, step - 8, step);
      done(fixture, launch(increment, [part], [8, 1, 1]));
      const seen = u32(read(fixture, name, step * 3));
      const want = seen.map((_, at) =>
        at >= step / 4 && at < step / 4 + (step - 8) / 4 ? 1 : 0
      );
      deepStrictEqual([...seen], [...want]);
    },
  },
  {
    group,
    claim: "bindings come in their order, read ones may share a buffer",
    promise: "launch.ranges",
    run(fixture) {
      const { bindingAlignment: step } = fixture.gpu.describe().limits;
      const from = buffer(
        fixture,
        bytes(Uint32Array.from(
          { length: step / 2 },
          (_, at) => at + 1,
        )),
      );
      const to = buffer(fixture, 16);
      const combine = program(fixture, COMBINE);
      const halves = [range(from, 16, step), range(from, 16)];
      done(
        fixture,
        launch(combine, [...halves, range(from, 16), range(to, 16)]),
      );
      const high = step / 4;
      deepStrictEqual(
        [...u32(read(fixture, to, 16))],
        [0, 1, 2, 3].map((at) => (high + at + 1) * 3 + at + 1),
      );
    },
  },
  {
    group,
    claim: "a binding that the shader does not use is bound all the same",
    promise: "source.bindings",
    run(fixture) {
      const first = buffer(fixture, words(1, 2, 3, 4));
      const second = buffer(fixture, words(10, 20, 30, 40));
      const [unused, to] = [buffer(fixture, 16), buffer(fixture, 16)];
      const combine = program(fixture, COMBINE);
      const ranges = [first, second, unused, to].map((name) => range(name, 16));
      done(fixture, launch(combine, ranges));
      deepStrictEqual([...u32(read(fixture, to, 16))], [13, 26, 39, 52]);
    },
  },
  {
    group,
    claim: "atomics of all invocations add up",
    promise: "work.dispatch",
    run(fixture, { seed }) {
      const random = seeded(seed);
      const values = Uint32Array.from(
        { length: 5000 },
        () => Math.floor(random() * 2 ** 32),
      );
      const data = buffer(fixture, bytes(values));
      const counts = buffer(fixture, 64);
      const histogram = program(fixture, HISTOGRAM);
      const ranges = [range(data, 20_000), range(counts, 64)];
      done(fixture, launch(histogram, ranges, [79, 1, 1]));
      const want = new Array<number>(16).fill(0);
      for (const value of values) {
        want[value & 15] = (want[value & 15] ?? 0) + 1;
      }
      deepStrictEqual([...u32(read(fixture, counts, 64))], want);
    },
  },
  {
    group,
    claim: "whole numbers wrap, divide by zero and shift as WGSL says",
    promise: "work.dispatch",
    run(fixture, { seed }) {
      const random = seeded(seed + 1);
      const edges = [0, 1, 2, 3, 31, 32, 0x7fffffff, 0x80000000, 0xffffffff];
      const pairs = edges.flatMap((a) => edges.map((b) => [a, b] as const));
      while (pairs.length < 512) {
        const one = () => Math.floor(random() * 2 ** 32);
        pairs.push([one(), one() >>> Math.floor(random() * 32)]);
      }
      const given = buffer(fixture, words(...pairs.flat()));
      const results = buffer(fixture, 512 * 32);
      const kernel = program(fixture, INTEGERS);
      const ranges = [range(given, 4096), range(results, 512 * 32)];
      done(fixture, launch(kernel, ranges, [8, 1, 1]));
      const got = u32(read(fixture, results, 512 * 32));
      for (const [at, [a, b]] of pairs.entries()) {
        deepStrictEqual(
          [...got.subarray(at * 8, at * 8 + 8)],
          integers(a, b),
          `${a} and ${b}`,
        );
      }
    },
  },
];
