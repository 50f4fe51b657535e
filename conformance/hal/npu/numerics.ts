/**
 * Operators in float32, each within a bound of the same in f64.
 *
 * One rounding is half a unit in the last place: U = 2^-24 of the result. Sums of
 * `k` products may be off by (k + 2) * U of the sum of their magnitudes, in
 * whatever order they are made. Functions (Sigmoid, Tanh, Exp, Softmax) may be
 * off by 16 U of the result and 2 * 10^-7 beside.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import { seeded } from "../../sim/block_device.ts";
import {
  f32,
  floats,
  i64,
  loaded,
  type NpuCase,
  type NpuFixture,
  run,
  wholes,
} from "./case.ts";
import {
  type Attribute,
  type ConstantSpec,
  INT64,
  model,
  type PortSpec,
  single,
} from "./encode.ts";

const group = "behaviour";
const U = 2 ** -24;
const FUNCTION_BESIDE = 2e-7;
/** Least normal number of float32: below it, results have fewer digits. */
const LEAST = 2 ** -126;

/** What is right, and how far off one may be. */
interface Want {
  readonly value: number;
  readonly bound: number;
}

function near(got: readonly number[], want: readonly Want[], what: string) {
  deepStrictEqual(got.length, want.length, what);
  for (const [at, { value, bound }] of want.entries()) {
    const off = Math.abs((got[at] ?? NaN) - value);
    const good = Number.isNaN(value)
      ? Number.isNaN(got[at])
      : Object.is(got[at], value) || off <= bound + LEAST;
    ok(good, `${what} ${at}: ${got[at]} is ${off} off ${value}, over ${bound}`);
  }
}

/** Numbers of float32 of both signs and some sizes. */
function numbers(count: number, seed: number): number[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => {
    const size = 2 ** (Math.floor(random() * 8) - 4);
    return Math.fround((random() * 2 - 1) * size);
  });
}

const rounded = (value: number, roundings = 1): Want => ({
  value,
  bound: roundings * U * Math.abs(value),
});
const computed = (value: number): Want => ({
  value,
  bound: 16 * U * Math.abs(value) + FUNCTION_BESIDE,
});

function applied(
  fixture: NpuFixture,
  op: string,
  inputs: ReadonlyArray<readonly [readonly number[], readonly number[]]>,
  shape: readonly number[],
  attributes: Readonly<Record<string, Attribute>> = {},
): number[] {
  const ports: PortSpec[] = inputs.map(([shape], i) => ({
    name: `i${i}`,
    shape,
  }));
  const name = loaded(fixture, single(op, ports, { shape }, attributes));
  const tensors = inputs.map(([shape, values], i) =>
    f32(`i${i}`, shape, values)
  );
  const [y] = run(fixture, name, tensors);
  fixture.npu.unload(name);
  deepStrictEqual([...(y?.shape ?? [])], shape, op);
  return floats(y);
}

/** One operator, with numbers by the seed. */
function operator(
  claim: string,
  act: (fixture: NpuFixture, seed: number) => void,
): NpuCase {
  return {
    group,
    claim,
    promise: "work.run",
    run: (fixture, { seed }) => act(fixture, seed),
  };
}

const COUNT = 257;
const BINARY: ReadonlyArray<
  readonly [string, (a: number, b: number) => number]
> = [
  ["Add", (a, b) => a + b],
  ["Sub", (a, b) => a - b],
  ["Mul", (a, b) => a * b],
  ["Div", (a, b) => a / b],
];
const UNARY: ReadonlyArray<readonly [string, (x: number) => Want]> = [
  ["Relu", (x) => rounded(Math.max(x, 0), 0)],
  ["Identity", (x) => rounded(x, 0)],
  ["Sigmoid", (x) => computed(1 / (1 + Math.exp(-x)))],
  ["Tanh", (x) => computed(Math.tanh(x))],
  ["Exp", (x) => computed(Math.exp(x))],
];

/** Rows of `a` times columns of `b`, with the bound of a sum of `k`. */
function product(
  a: readonly number[],
  b: readonly number[],
  [m, k, n]: readonly [number, number, number],
): Want[] {
  return Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let value = 0;
    let size = 0;
    for (let l = 0; l < k; l++) {
      const one = (a[i * k + l] ?? 0) * (b[l * n + j] ?? 0);
      value += one;
      size += Math.abs(one);
    }
    return { value, bound: (k + 2) * U * size };
  });
}

const CALCULATED: readonly NpuCase[] = [
  ...BINARY.map(([op, of]) =>
    operator(`${op} is rounded once`, (fixture, seed) => {
      const a = numbers(COUNT, seed);
      const b = numbers(COUNT, seed + 1);
      const got = applied(fixture, op, [[[COUNT], a], [[COUNT], b]], [COUNT]);
      near(got, a.map((x, i) => rounded(of(x, b[i] ?? 0))), op);
    })
  ),
  ...UNARY.map(([op, of]) =>
    operator(`${op} is as near as it must be`, (fixture, seed) => {
      const a = [...numbers(COUNT, seed), 0, 40, -40];
      const shape = [a.length];
      near(applied(fixture, op, [[shape, a]], shape), a.map(of), op);
    })
  ),
  operator(
    "infinities and what is no number pass as IEEE 754 says",
    (fixture) => {
      const a = [Infinity, -Infinity, NaN, 1, -1, Infinity];
      const b = [1, 1, 1, 0, 0, Infinity];
      const shape = [a.length];
      const of = (op: string) =>
        applied(fixture, op, [[shape, a], [shape, b]], shape);
      deepStrictEqual(of("Add"), [Infinity, -Infinity, NaN, 1, -1, Infinity]);
      deepStrictEqual(of("Sub"), [Infinity, -Infinity, NaN, 1, -1, NaN]);
      deepStrictEqual(of("Div"), [
        Infinity,
        -Infinity,
        NaN,
        Infinity,
        -Infinity,
        NaN,
      ]);
    },
  ),
  operator("MatMul is within the bound of its sums", (fixture, seed) => {
    for (const size of [[1, 1, 1], [3, 17, 5], [16, 64, 9]] as const) {
      const [m, k, n] = size;
      const a = numbers(m * k, seed);
      const b = numbers(k * n, seed + 1);
      const got = applied(fixture, "MatMul", [[[m, k], a], [[k, n], b]], [
        m,
        n,
      ]);
      near(got, product(a, b, size), `MatMul ${size}`);
    }
  }),
  operator("MatMul repeats what has fewer dimensions", (fixture, seed) => {
    const a = numbers(2 * 3 * 4, seed);
    const b = numbers(4 * 2, seed + 1);
    const got = applied(fixture, "MatMul", [[[2, 3, 4], a], [[4, 2], b]], [
      2,
      3,
      2,
    ]);
    near(got, product(a, b, [6, 4, 2]), "MatMul");
  }),
  operator("Gemm turns, scales and adds", (fixture, seed) => {
    const [m, k, n] = [4, 6, 3];
    const a = numbers(m * k, seed);
    const b = numbers(k * n, seed + 1);
    const c = numbers(n, seed + 2);
    const turned = Array.from(
      { length: n * k },
      (_, at) => b[at % k * n + Math.floor(at / k)] ?? 0,
    );
    const got = applied(
      fixture,
      "Gemm",
      [[[m, k], a], [[n, k], turned], [[n], c]],
      [m, n],
      { alpha: 0.5, beta: 2, transB: 1n },
    );
    const want = product(a, b, [m, k, n]).map(({ value, bound }, at) => {
      const added = 2 * (c[at % n] ?? 0);
      const slack = 4 * U * (Math.abs(value) + Math.abs(added));
      return { value: value / 2 + added, bound: bound + slack };
    });
    near(got, want, "Gemm");
  }),
  operator(
    "Softmax is along its dimension, and its sums are one",
    (fixture, seed) => {
      const shape = [3, 5, 2];
      const a = [...numbers(28, seed), 80, -80];
      for (const axis of [0, 1, 2]) {
        const step = [10, 2, 1][axis] ?? 1;
        const length = shape[axis] ?? 1;
        const got = applied(fixture, "Softmax", [[shape, a]], shape, {
          axis: BigInt(axis),
        });
        const want = a.map((x, at) => {
          const first = at - Math.floor(at / step) % length * step;
          let sum = 0;
          for (let i = 0; i < length; i++) {
            sum += Math.exp((a[first + i * step] ?? 0) - x);
          }
          return computed(1 / sum);
        });
        near(got, want, `Softmax ${axis}`);
      }
    },
  ),
  operator("ReduceSum sums along the named dimensions", (fixture, seed) => {
    const a = numbers(2 * 3 * 4, seed);
    const octets = model({
      nodes: [{
        op: "ReduceSum",
        inputs: ["a", "axes"],
        outputs: ["y"],
        attributes: { keepdims: 0n },
      }],
      inputs: [{ name: "a", shape: [2, 3, 4] }],
      outputs: [{ name: "y", shape: [3] }],
      constants: [{
        name: "axes",
        shape: [2],
        values: BigInt64Array.of(0n, -1n),
      }],
    });
    const [y] = run(fixture, loaded(fixture, octets), [f32("a", [2, 3, 4], a)]);
    const want = [0, 1, 2].map((row) => {
      const some = a.filter((_, at) => Math.floor(at / 4) % 3 === row);
      const size = some.reduce((sum, x) => sum + Math.abs(x), 0);
      const value = some.reduce((sum, x) => sum + x, 0);
      return { value, bound: 10 * U * size };
    });
    near(floats(y), want, "ReduceSum");
  }),
];

const counted = (count: number) => Array.from({ length: count }, (_, i) => i);

const MOVED: readonly NpuCase[] = [
  operator("shapes are stretched to each other", (fixture) => {
    const got = applied(
      fixture,
      "Add",
      [[[2, 1], [10, 20]], [[3], [1, 2, 3]]],
      [2, 3],
    );
    deepStrictEqual(got, [11, 12, 13, 21, 22, 23]);
  }),
  operator("Transpose moves each element to its place", (fixture) => {
    const got = applied(fixture, "Transpose", [[[2, 3, 4], counted(24)]], [
      4,
      2,
      3,
    ], { perm: [2n, 0n, 1n] });
    const want = counted(24).map((at) => {
      const [i, j, k] = [Math.floor(at / 6), Math.floor(at / 3) % 2, at % 3];
      return j * 12 + k * 4 + i;
    });
    deepStrictEqual(got, want);
    const turned = applied(fixture, "Transpose", [[[2, 2], counted(4)]], [
      2,
      2,
    ]);
    deepStrictEqual(turned, [0, 2, 1, 3]);
  }),
  operator("Concat joins along its dimension", (fixture) => {
    const parts = [
      [[2, 1], [1, 4]],
      [[2, 2], [2, 3, 5, 6]],
    ] as const;
    const got = applied(fixture, "Concat", parts, [2, 3], { axis: -1n });
    deepStrictEqual(got, [1, 2, 3, 4, 5, 6]);
  }),
  operator(
    "Reshape keeps the order, and finds the length that is open",
    (fixture) => {
      const octets = model({
        nodes: [{ op: "Reshape", inputs: ["a", "to"], outputs: ["y"] }],
        inputs: [{ name: "a", type: INT64, shape: ["n", 2] }],
        outputs: [{ name: "y", type: INT64, shape: ["m", 2, "k"] }],
        constants: [{
          name: "to",
          shape: [3],
          values: BigInt64Array.of(-1n, 0n, 3n),
        }],
      });
      const values = counted(12).map(BigInt);
      const name = loaded(fixture, octets);
      const [y] = run(fixture, name, [i64("a", [6, 2], values)]);
      deepStrictEqual([...(y?.shape ?? [])], [2, 2, 3]);
      deepStrictEqual(wholes(y), values);
    },
  ),
  operator("Constant gives what the file holds", (fixture) => {
    const value: ConstantSpec = {
      name: "",
      shape: [2],
      values: Float32Array.of(0.5, -2),
    };
    const octets = model({
      nodes: [
        { op: "Constant", inputs: [], outputs: ["c"], attributes: { value } },
        { op: "Mul", inputs: ["a", "c"], outputs: ["y"] },
      ],
      inputs: [{ name: "a", shape: [2] }],
      outputs: [{ name: "y", shape: [2] }],
    });
    const [y] = run(fixture, loaded(fixture, octets), [f32("a", [2], [4, 4])]);
    deepStrictEqual(floats(y), [2, -8]);
  }),
  operator("a small network is the sum of its parts", (fixture, seed) => {
    const [m, k, n] = [3, 8, 4];
    const x = numbers(m * k, seed);
    const w = numbers(k * n, seed + 1);
    const octets = model({
      nodes: [
        { op: "MatMul", inputs: ["x", "w"], outputs: ["h"] },
        { op: "Relu", inputs: ["h"], outputs: ["r"] },
        { op: "Softmax", inputs: ["r"], outputs: ["y"] },
      ],
      inputs: [{ name: "x", shape: ["rows", k] }],
      outputs: [{ name: "y", shape: ["rows", n] }],
      constants: [{ name: "w", shape: [k, n], values: Float32Array.from(w) }],
    });
    const [y] = run(fixture, loaded(fixture, octets), [f32("x", [m, k], x)]);
    const hidden = product(x, w, [m, k, n]);
    const want = hidden.map(({ value }, at) => {
      const row = hidden.slice(at - at % n, at - at % n + n);
      const top = Math.max(value, 0);
      const sum = row.reduce(
        (s, h) => s + Math.exp(Math.max(h.value, 0) - top),
        0,
      );
      const slack = 4 * Math.max(...row.map(({ bound }) => bound));
      return { value: 1 / sum, bound: computed(1 / sum).bound + slack / sum };
    });
    near(floats(y), want, "network");
  }),
];

export const NUMERICS: readonly NpuCase[] = [...CALCULATED, ...MOVED];
