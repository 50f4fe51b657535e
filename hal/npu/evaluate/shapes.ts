/** Operators that move elements and calculate nothing. */
import { NpuRejected } from "../link.ts";
import { countOf } from "../tensors.ts";
import { axisOf, input, type Operator, wholesOf } from "./numbers.ts";
import {
  blank,
  fromFile,
  indices,
  shaped,
  strides,
  type Value,
} from "./values.ts";

export const identity: Operator = (_, values) => [input(values, 0)];

export const constant: Operator = ({ attributes }) => {
  const { tensor, float, integer, floats, integers } =
    attributes.get("value") ??
      attributes.get("value_float") ?? attributes.get("value_int") ??
      attributes.get("value_floats") ?? attributes.get("value_ints") ?? {};
  if (tensor !== undefined) return [fromFile(tensor)];
  if (float !== undefined) {
    return [{ element: "float32", shape: [], data: Float32Array.of(float) }];
  }
  if (integer !== undefined) {
    return [{ element: "int64", shape: [], data: BigInt64Array.of(integer) }];
  }
  if (attributes.has("value_floats")) {
    const data = Float32Array.from(floats ?? []);
    return [{ element: "float32", shape: [data.length], data }];
  }
  if (attributes.has("value_ints")) {
    const data = BigInt64Array.from(integers ?? []);
    return [{ element: "int64", shape: [data.length], data }];
  }
  throw new NpuRejected("a Constant of that type is absent here");
};

export const reshape: Operator = ({ attributes }, values) => {
  const value = input(values, 0);
  const wanted = wholesOf(input(values, 1));
  const zeros = (attributes.get("allowzero")?.integer ?? 0n) !== 0n;
  let open = -1;
  const shape = wanted.map((length, at) => {
    if (length === 0n && !zeros) return value.shape[at] ?? -1;
    if (length === -1n && open < 0) {
      open = at;
      return 1;
    }
    return Number(length);
  });
  const count = countOf(value.shape);
  if (open >= 0) shape[open] = count / countOf(shape);
  const whole = shape.every((length) =>
    Number.isInteger(length) && length >= 0
  );
  if (!whole || countOf(shape) !== count) {
    throw new NpuRejected(`[${value.shape}] cannot become [${wanted}]`);
  }
  return [shaped(value, shape)];
};

export const transpose: Operator = ({ attributes }, values) => {
  const value = input(values, 0);
  const rank = value.shape.length;
  const order = attributes.get("perm")?.integers.map(Number) ??
    value.shape.map((_, at) => rank - 1 - at);
  const whole = order.toSorted((a, b) => a - b).every((axis, at) =>
    axis === at
  );
  if (order.length !== rank || !whole) {
    throw new NpuRejected(`[${order}] is no order of ${rank} dimensions`);
  }
  const own = strides(value.shape);
  const shape = order.map((axis) => value.shape[axis] ?? 0);
  const steps = order.map((axis) => own[axis] ?? 0);
  const places: number[] = [];
  for (const index of indices(shape)) {
    places.push(index.reduce((sum, i, at) => sum + i * (steps[at] ?? 0), 0));
  }
  return [gathered(value, shape, places)];
};

function gathered(
  value: Value,
  shape: readonly number[],
  places: readonly number[],
): Value {
  const result = blank(value.element, shape);
  for (const [at, place] of places.entries()) {
    const one = value.data[place];
    if (one !== undefined) result.data[at] = one;
  }
  return result;
}

export const concat: Operator = ({ attributes }, values) => {
  const first = input(values, 0);
  const axis = axisOf(
    attributes.get("axis")?.integer ?? BigInt(first.shape.length),
    first.shape.length,
  );
  const rest = (shape: readonly number[]) => String(shape.toSpliced(axis, 1));
  const fits = values.every(({ element, shape }) =>
    element === first.element && shape.length === first.shape.length &&
    rest(shape) === rest(first.shape)
  );
  if (!fits) throw new NpuRejected("the inputs do not fit together");
  const lengths = values.map(({ shape }) => shape[axis] ?? 0);
  const sum = lengths.reduce((all, length) => all + length, 0);
  const result = blank(first.element, first.shape.with(axis, sum));
  const inner = countOf(first.shape.slice(axis + 1));
  const outer = countOf(first.shape.slice(0, axis));
  let to = 0;
  for (let row = 0; row < outer; row++) {
    for (const [which, { data }] of values.entries()) {
      const length = (lengths[which] ?? 0) * inner;
      for (let i = 0; i < length; i++, to++) {
        const one = data[row * length + i];
        if (one !== undefined) result.data[to] = one;
      }
    }
  }
  return [result];
};
