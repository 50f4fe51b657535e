/**
 * Operators that calculate, in float32 as IEEE 754 has it, and int64 that wraps.
 *
 * Sums of float32 are kept in a double and rounded once; each other result is
 * rounded as it is made.
 */
import { NpuRejected } from "../link.ts";
import type { OnnxNode } from "../onnx/model.ts";
import { countOf } from "../tensors.ts";
import { blank, broadcast, stretched, strides, type Value } from "./values.ts";

export type Operator = (node: OnnxNode, inputs: readonly Value[]) => Value[];

export function input(values: readonly Value[], at: number): Value {
  const value = values[at];
  if (value === undefined) throw new NpuRejected(`input ${at} is not given`);
  return value;
}

export function elementwise(
  floats: (a: number, b: number) => number,
  wholes: (a: bigint, b: bigint) => bigint,
): Operator {
  return (_, values) => {
    const a = input(values, 0);
    const b = input(values, 1);
    const result = blank(a.element, broadcast(a.shape, b.shape));
    const left = stretched(a.shape, result.shape);
    const right = stretched(b.shape, result.shape);
    const { data } = result;
    for (let at = 0; at < data.length; at++) {
      const x = a.data[left.next().value ?? 0];
      const y = b.data[right.next().value ?? 0];
      if (typeof x === "number" && typeof y === "number") {
        data[at] = floats(x, y);
      } else if (typeof x === "bigint" && typeof y === "bigint") {
        data[at] = wholes(x, y);
      } else throw new NpuRejected("the inputs have different types");
    }
    return [result];
  };
}

export function quotient(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new NpuRejected("a whole number is divided by zero");
  return a / b;
}

/** One float32 to one float32. */
export function each(of: (x: number) => number): Operator {
  return (_, values) => {
    const { shape, data } = floatsOf(input(values, 0));
    return [{ element: "float32", shape, data: data.map(of) }];
  };
}

export function floatsOf(value: Value): Value & { element: "float32" } {
  if (value.element === "float32") return value;
  throw new NpuRejected("it is absent here for int64");
}

export const relu: Operator = (_, values) => {
  const value = input(values, 0);
  if (value.element === "int64") {
    return [{ ...value, data: value.data.map((x) => x > 0n ? x : 0n) }];
  }
  // Not a number stays what it is.
  return [{ ...value, data: value.data.map((x) => x < 0 ? 0 : x) }];
};

export const matMul: Operator = (_, values) => {
  const a = floatsOf(input(values, 0));
  const b = floatsOf(input(values, 1));
  if (a.shape.length === 0 || b.shape.length === 0) {
    throw new NpuRejected("a single number has no rows");
  }
  const rows = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const columns = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const [m = 0, k = 0] = rows.slice(-2);
  const [inner = 0, n = 0] = columns.slice(-2);
  if (inner !== k) {
    throw new NpuRejected(`shapes [${a.shape}] and [${b.shape}] do not fit`);
  }
  const batch = broadcast(rows.slice(0, -2), columns.slice(0, -2));
  const result = blank("float32", [...batch, m, n]);
  const left = stretched(rows.slice(0, -2), batch);
  const right = stretched(columns.slice(0, -2), batch);
  for (let at = 0; at < countOf(batch); at++) {
    const x = (left.next().value ?? 0) * m * k;
    const y = (right.next().value ?? 0) * k * n;
    multiply(
      { data: a.data.subarray(x, x + m * k), row: k, column: 1 },
      { data: b.data.subarray(y, y + k * n), row: n, column: 1 },
      { m, k, n },
      (i, j, sum) => result.data[(at * m + i) * n + j] = sum,
    );
  }
  const shape = [
    ...batch,
    ...(a.shape.length === 1 ? [] : [m]),
    ...(b.shape.length === 1 ? [] : [n]),
  ];
  return [{ ...floatsOf(result), shape }];
};

interface Matrix {
  readonly data: Float32Array;
  readonly row: number;
  readonly column: number;
}

function multiply(
  a: Matrix,
  b: Matrix,
  { m, k, n }: { m: number; k: number; n: number },
  put: (i: number, j: number, sum: number) => void,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) {
        sum += (a.data[i * a.row + l * a.column] ?? 0) *
          (b.data[l * b.row + j * b.column] ?? 0);
      }
      put(i, j, sum);
    }
  }
}

export const gemm: Operator = ({ attributes }, values) => {
  const a = floatsOf(input(values, 0));
  const b = floatsOf(input(values, 1));
  const c = values[2];
  if (a.shape.length !== 2 || b.shape.length !== 2) {
    throw new NpuRejected("Gemm takes matrices");
  }
  const turned = (name: string) => (attributes.get(name)?.integer ?? 0n) !== 0n;
  const of = (
    { shape, data }: Value & { element: "float32" },
    turn: boolean,
  ) => {
    const [rows = 0, columns = 0] = shape;
    return turn
      ? { data, row: 1, column: columns, shape: [columns, rows] }
      : { data, row: columns, column: 1, shape: [rows, columns] };
  };
  const left = of(a, turned("transA"));
  const right = of(b, turned("transB"));
  const [m = 0, k = 0] = left.shape;
  const [inner = 0, n = 0] = right.shape;
  if (inner !== k) throw new NpuRejected("the matrices do not fit");
  const alpha = attributes.get("alpha")?.float ?? 1;
  const beta = attributes.get("beta")?.float ?? 1;
  const result = floatsOf(blank("float32", [m, n]));
  const added = c === undefined ? undefined : addend(floatsOf(c), [m, n]);
  multiply(left, right, { m, k, n }, (i, j, sum) => {
    const at = i * n + j;
    const extra = added === undefined ? 0 : beta * (added[at] ?? 0);
    result.data[at] = alpha * sum + extra;
  });
  return [result];
};

function addend(
  { shape, data }: Value & { element: "float32" },
  to: readonly number[],
): Float32Array {
  if (String(broadcast(shape, to)) !== String(to)) {
    throw new NpuRejected("the third matrix does not fit");
  }
  return Float32Array.from(stretched(shape, to), (place) => data[place] ?? 0);
}

/** The place of a dimension that may be counted from the end. */
export function axisOf(axis: bigint, rank: number): number {
  const at = Number(axis) + (axis < 0n ? rank : 0);
  if (at >= 0 && at < rank) return at;
  throw new NpuRejected(`there is no dimension ${axis} of ${rank}`);
}

export const softmax: Operator = ({ attributes }, values) => {
  const { shape, data } = floatsOf(input(values, 0));
  const axis = axisOf(attributes.get("axis")?.integer ?? -1n, shape.length);
  const step = strides(shape)[axis] ?? 1;
  const length = shape[axis] ?? 1;
  const result = new Float32Array(data.length);
  for (let from = 0; from < data.length; from++) {
    if (Math.floor(from / step) % length !== 0) continue;
    let most = -Infinity;
    for (let i = 0; i < length; i++) {
      most = Math.max(most, data[from + i * step] ?? 0);
    }
    let sum = 0;
    for (let i = 0; i < length; i++) {
      sum += Math.exp((data[from + i * step] ?? 0) - most);
    }
    for (let i = 0; i < length; i++) {
      const place = from + i * step;
      result[place] = Math.exp((data[place] ?? 0) - most) / sum;
    }
  }
  return [{ element: "float32", shape, data: result }];
};

export const reduceSum: Operator = ({ attributes }, values) => {
  const value = input(values, 0);
  const { shape } = value;
  const named = wholesOf(values[1]).map((axis) => axisOf(axis, shape.length));
  const noop = (attributes.get("noop_with_empty_axes")?.integer ?? 0n) !== 0n;
  if (named.length === 0 && noop) return [value];
  const kept = shape.map((length, at) =>
    named.length === 0 || named.includes(at) ? 1 : length
  );
  const into = [...stretched(kept, shape)];
  const result = blank(value.element, kept);
  if (value.element === "float32") {
    const sums = new Float64Array(result.data.length);
    for (const [at, x] of value.data.entries()) {
      const place = into[at] ?? 0;
      sums[place] = (sums[place] ?? 0) + x;
    }
    floatsOf(result).data.set(sums);
  } else if (result.element === "int64") {
    for (const [at, x] of value.data.entries()) {
      const place = into[at] ?? 0;
      result.data[place] = (result.data[place] ?? 0n) + x;
    }
  }
  if ((attributes.get("keepdims")?.integer ?? 1n) !== 0n) return [result];
  const left = shape.filter((_, at) => named.length > 0 && !named.includes(at));
  return [{ ...result, shape: left }];
};

/** The numbers of an optional input of whole numbers. */
export function wholesOf(value: Value | undefined): bigint[] {
  if (value === undefined) return [];
  if (value.element === "int64") return [...value.data];
  throw new NpuRejected("it takes int64 here");
}
