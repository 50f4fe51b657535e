/**
 * Numbers in f32 against f64, each within a bound that is computed.
 *
 * With u = 2^-24, a sum of terms that each went through k roundings differs from
 * the exact one by at most g(k) times the sum of their magnitudes, where g(k) is
 * k u / (1 - k u); a product rounds once more. Fused multiplication rounds less.
 */
import { ok } from "node:assert/strict";
import { seeded } from "../../sim/block_device.ts";
import {
  buffer,
  bytes,
  done,
  f32,
  type GpuCase,
  launch,
  program,
  range,
  read,
  words,
} from "./case.ts";
import {
  GROUP,
  MATMUL,
  OFFSETS,
  REDUCE,
  SAXPY,
  SCAN,
  SPMV,
  TILE,
} from "./kernels/numeric_kernels.ts";

const group = "behaviour";
const promise = "work.dispatch";
const UNIT = 2 ** -24;
/** Not to mistake results below the smallest normal number. */
const TINY = 2 ** -126;

const growth = (roundings: number) => roundings * UNIT / (1 - roundings * UNIT);

/** Numbers of both signs over some orders of magnitude. */
function numbers(length: number, seed: number): Float32Array {
  const random = seeded(seed);
  return Float32Array.from(
    { length },
    () => (random() - 0.5) * 2 ** Math.floor(random() * 12),
  );
}

function close(
  got: Float32Array,
  want: readonly number[],
  bounds: readonly number[],
): void {
  for (const [at, exact] of want.entries()) {
    const error = Math.abs((got[at] ?? NaN) - exact);
    const bound = (bounds[at] ?? 0) + TINY;
    ok(error <= bound, `[${at}] is ${got[at]}, not ${exact} within ${bound}`);
  }
}

const at = (values: ArrayLike<number>, place: number) => values[place] ?? 0;

function saxpy(seed: number) {
  const length = 3000;
  const [a] = numbers(1, seed);
  const x = numbers(length, seed + 1);
  const y = numbers(length, seed + 2);
  const factor = a ?? 1;
  return { length, factor, x, y };
}

export const NUMERICS: readonly GpuCase[] = [
  {
    group,
    claim: "numerics: saxpy is within two roundings of f64",
    promise,
    run(fixture, { seed }) {
      const { length, factor, x, y } = saxpy(seed);
      const given = [Float32Array.of(factor), x, y].map((values) =>
        [buffer(fixture, bytes(values)), values.byteLength] as const
      );
      const ranges = given.map(([name, octets]) => range(name, octets));
      const groups = Math.ceil(length / GROUP);
      done(fixture, launch(program(fixture, SAXPY), ranges, [groups, 1, 1]));
      const [, , [to] = [0n]] = given;
      const want = [...x].map((value, i) => factor * value + at(y, i));
      const bounds = [...x].map((value, i) =>
        growth(2) * (Math.abs(factor * value) + Math.abs(at(y, i)))
      );
      close(f32(read(fixture, to, length * 4)), want, bounds);
    },
  },
  {
    group,
    claim: "numerics: a reduction is within its tree's roundings of f64",
    promise,
    run(fixture, { seed }) {
      const groups = 13;
      const length = groups * GROUP - 77;
      const values = numbers(length, seed);
      const from = buffer(fixture, bytes(values));
      const sums = buffer(fixture, groups * 4);
      const ranges = [range(from, length * 4), range(sums, groups * 4)];
      done(fixture, launch(program(fixture, REDUCE), ranges, [groups, 1, 1]));
      const parts = Array.from(
        { length: groups },
        (_, i) => [...values.subarray(i * GROUP, (i + 1) * GROUP)],
      );
      close(
        f32(read(fixture, sums, groups * 4)),
        parts.map((part) => total(part)),
        parts.map((part) =>
          growth(Math.log2(GROUP)) * total(part.map(Math.abs))
        ),
      );
    },
  },
  {
    group,
    claim: "numerics: a scan of three launches is within its roundings of f64",
    promise,
    run(fixture, { seed }) {
      const groups = 9;
      const length = groups * GROUP;
      const values = numbers(length, seed + 5);
      const from = buffer(fixture, bytes(values));
      const running = buffer(fixture, length * 4);
      const [sums, before, rest] = [groups * 4, GROUP * 4, 4].map((octets) =>
        [buffer(fixture, octets), octets] as const
      );
      ok(sums !== undefined && before !== undefined && rest !== undefined);
      const scan = program(fixture, SCAN);
      const offsets = program(fixture, OFFSETS);
      const of = ([name, octets]: readonly [bigint, number]) =>
        range(name, octets);
      const all = range(running, length * 4);
      done(
        fixture,
        launch(scan, [range(from, length * 4), all, of(sums)], [
          groups,
          1,
          1,
        ]),
      );
      done(fixture, launch(scan, [of(sums), of(before), of(rest)]));
      done(fixture, launch(offsets, [of(before), all], [groups, 1, 1]));
      const roundings = 2 * Math.log2(GROUP) + 1;
      let sum = 0;
      let magnitude = 0;
      const want: number[] = [];
      const bounds: number[] = [];
      for (const value of values) {
        want.push(sum += value);
        bounds.push(growth(roundings) * (magnitude += Math.abs(value)));
      }
      close(f32(read(fixture, running, length * 4)), want, bounds);
    },
  },
  {
    group,
    claim: "numerics: a sparse product is within its rows' roundings of f64",
    promise,
    run(fixture, { seed }) {
      const { starts, columns, weights, x, rows } = sparse(seed);
      const entries = new Uint32Array(columns.length * 2);
      const asBits = new Uint32Array(weights.buffer);
      for (const [i, column] of columns.entries()) {
        entries[i * 2] = column;
        entries[i * 2 + 1] = at(asBits, i);
      }
      const given = [
        words(...starts),
        bytes(entries),
        bytes(x),
        new Uint8Array(rows * 4),
      ].map((octets) => [buffer(fixture, octets), octets.length] as const);
      const ranges = given.map(([name, octets]) => range(name, octets));
      const spmv = program(fixture, SPMV);
      done(fixture, launch(spmv, ranges, [Math.ceil(rows / 64), 1, 1]));
      const products = Array.from({ length: rows }, (_, row) => {
        const places = columns.slice(at(starts, row), at(starts, row + 1));
        return places.map((column, i) =>
          at(weights, at(starts, row) + i) * at(x, column)
        );
      });
      close(
        f32(read(fixture, given[3]?.[0] ?? 0n, rows * 4)),
        products.map((row) => total(row)),
        products.map((row) =>
          growth(row.length + 1) * total(row.map(Math.abs))
        ),
      );
    },
  },
  {
    group,
    claim: "numerics: a matrix product is within its side's roundings of f64",
    promise,
    run(fixture, { seed }) {
      const side = 5 * TILE;
      const [a, b] = [
        numbers(side * side, seed),
        numbers(side * side, seed + 9),
      ];
      const given = [
        words(side),
        bytes(a),
        bytes(b),
        new Uint8Array(side * side * 4),
      ].map((octets) => [buffer(fixture, octets), octets.length] as const);
      const ranges = given.map(([name, octets]) => range(name, octets));
      done(fixture, launch(program(fixture, MATMUL), ranges, [5, 5, 1]));
      const want: number[] = [];
      const bounds: number[] = [];
      for (let place = 0; place < side * side; place++) {
        const [row, column] = [Math.floor(place / side), place % side];
        const products = Array.from(
          { length: side },
          (_, k) => at(a, row * side + k) * at(b, k * side + column),
        );
        want.push(total(products));
        bounds.push(growth(side + 1) * total(products.map(Math.abs)));
      }
      const got = f32(read(fixture, given[3]?.[0] ?? 0n, side * side * 4));
      close(got, want, bounds);
    },
  },
];

const total = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0);

/** A sparse matrix by rows, with empty and long ones among them. */
function sparse(seed: number) {
  const random = seeded(seed + 3);
  const rows = 150;
  const columns: number[] = [];
  const starts = [0];
  for (let row = 0; row < rows; row++) {
    const length = row % 10 === 0 ? 0 : Math.floor(random() ** 3 * 90);
    for (let i = 0; i < length; i++) columns.push(Math.floor(random() * 200));
    starts.push(columns.length);
  }
  const weights = numbers(columns.length, seed + 4);
  return { rows, starts, columns, weights, x: numbers(200, seed + 6) };
}
