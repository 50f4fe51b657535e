/**
 * Makes each NaN the canonical one, where code must give the same octets.
 *
 * An operation that makes a NaN may give it any payload and sign (core
 * specification, 4.3.3), and engines do: `f64.min` differs between two of them,
 * and addition may between two optimisations of one. Behind each such operation
 * a function of one comparison gives the value, or the canonical NaN.
 *
 * Deliberately absent: values from outside. A NaN that a host gives is a number
 * of its language, whose bits nobody knows.
 */
import type { Additions } from "./additions.ts";
import type { Instruments } from "./checks.ts";
import { OP, TYPE } from "./opcode_octets.ts";
import { Writer } from "./writer.ts";

const MAKER =
  /^(f32|f64|f32x4|f64x2)\.(add|sub|mul|div|min|max|sqrt|ceil|floor|trunc|nearest|demote.*|promote.*)$/;

interface Shape {
  readonly type: number;
  /** The canonical NaN, in each lane. */
  readonly constant: readonly number[];
  readonly equal: readonly number[];
  readonly choose: readonly number[];
}

const NAN_32 = [0x00, 0x00, 0xc0, 0x7f];
const NAN_64 = [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x7f];
const V128_CONST = [OP.vector, 0x0c];
const BITSELECT = [OP.vector, 0x52];

const SHAPES: Readonly<Record<string, Shape>> = {
  "f32": {
    type: TYPE.f32,
    constant: [OP.f32Const, ...NAN_32],
    equal: [OP.f32Eq],
    choose: [OP.select],
  },
  "f64": {
    type: TYPE.f64,
    constant: [OP.f64Const, ...NAN_64],
    equal: [OP.f64Eq],
    choose: [OP.select],
  },
  "f32x4": {
    type: TYPE.v128,
    constant: [...V128_CONST, ...NAN_32, ...NAN_32, ...NAN_32, ...NAN_32],
    equal: [OP.vector, 0x41],
    choose: BITSELECT,
  },
  "f64x2": {
    type: TYPE.v128,
    constant: [...V128_CONST, ...NAN_64, ...NAN_64],
    equal: [OP.vector, 0x47],
    choose: BITSELECT,
  },
};

/** The function of a shape is added when an operation first asks for it. */
export function nanSettling(additions: Additions): Instruments {
  const calls = new Map<string, Uint8Array>();
  return {
    settle: (name) => {
      const shape = MAKER.exec(name)?.[1];
      if (shape === undefined) return undefined;
      const known = calls.get(shape);
      if (known !== undefined) return known;
      const call = callOf(shape, additions);
      calls.set(shape, call);
      return call;
    },
  };
}

function callOf(name: string, additions: Additions): Uint8Array {
  const shape = SHAPES[name];
  if (shape === undefined) throw new Error(`no shape ${name}`);
  const { type, constant, equal, choose } = shape;
  const own = [OP.localGet, 0];
  const added = additions.function(
    [TYPE.function, 1, type, 1, type],
    Uint8Array.from(
      [0, ...own, ...constant, ...own, ...own, ...equal, ...choose, OP.end],
    ),
  );
  const writer = new Writer();
  writer.byte(OP.call);
  writer.u32(added);
  return writer.done();
}
