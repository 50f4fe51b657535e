/**
 * Changes of a valid module that know its structure.
 *
 * Most keep it valid by their form; the platform has the last word, and a change
 * that it refuses is taken back. All draws come from one chance, so the same
 * seed gives the same module.
 */
import { Writer } from "../../../../kernel/engine/rewriter/writer.ts";
import {
  type Body,
  type Instruction,
  instructionsOf,
  type Parts,
  putTogether,
  takeApart,
} from "./parts.ts";
import type { Octets } from "./sources.ts";

export type Chance = () => number;

const TRIES = 12;
const CHANGES_MAX = 5;
const RANGE_MAX = 40;

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Opcodes that take and give the same, and have the same immediates. */
const ALIKE: readonly (readonly number[])[] = [
  range(0x6a, 0x78),
  range(0x7c, 0x8a),
  range(0x92, 0x98),
  range(0xa0, 0xa6),
  range(0x46, 0x4f),
  range(0x51, 0x5a),
  range(0x5b, 0x60),
  range(0x61, 0x66),
  [...range(0x67, 0x69), 0x45, 0xc0, 0xc1],
  [...range(0x79, 0x7b), ...range(0xc2, 0xc4)],
  range(0x8b, 0x91),
  range(0x99, 0x9f),
  [0x28, ...range(0x2c, 0x2f)],
  [0x29, ...range(0x30, 0x35)],
  [0x36, 0x3a, 0x3b],
  [0x37, ...range(0x3c, 0x3e)],
  [0x02, 0x03],
  [0x0c, 0x0d],
  [0x10, 0x12],
  [0x11, 0x13],
  [0x0f, 0x00, 0x01],
];

/** Code without operands and results. */
const SNIPPETS: readonly (readonly number[])[] = [
  [0x01],
  [0x41, 7, 0x1a],
  [0x03, 0x40, 0x0b],
  [0x02, 0x40, 0x0c, 0, 0x0b],
  [0x02, 0x40, 0x0b],
  [0x02, 0x40, 0x41, 1, 0x0d, 0, 0x01, 0x0b],
  [0x41, 1, 0x04, 0x40, 0x01, 0x05, 0x01, 0x0b],
  [0x41, 0, 0x04, 0x40, 0x00, 0x0b],
  [0x03, 0x40, 0x41, 0, 0x0d, 0, 0x0b],
  [0x03, 0x40, 0x02, 0x40, 0x41, 1, 0x0d, 0, 0x0c, 1, 0x0b, 0x0b],
  [0x02, 0x40, 0x03, 0x40, 0x41, 1, 0x0d, 1, 0x0c, 0, 0x0b, 0x0b],
  [0x02, 0x40, 0x41, 0, 0x0e, 1, 0, 0, 0x0b],
  // Memories: fill, copy, grow, one access at the end of what may be there.
  [0x41, 8, 0x41, 1, 0x41, 0xe4, 0, 0xfc, 11, 0],
  [0x41, 0, 0x41, 4, 0x41, 33, 0xfc, 10, 0, 0],
  [0x41, 1, 0x40, 0, 0x1a],
  [0x3f, 0, 0x1a],
  [0x41, 0x7f, 0x2d, 0, 0, 0x1a],
  // A table: size, fill with null, copy onto itself.
  [0xfc, 16, 0, 0x1a],
  [0x41, 0, 0xd0, 0x70, 0x41, 1, 0xfc, 17, 0],
  [0x41, 0, 0x41, 1, 0x41, 2, 0xfc, 14, 0, 0],
  [0xd0, 0x70, 0x41, 3, 0xfc, 15, 0, 0x1a],
  [0x00],
  [0x0f],
  // Inside of a loop it has no end then.
  [0x41, 1, 0x0d, 0],
  [0x41, 1, 0x0d, 1],
  [0x0c, 0],
];

const NUMBERS = [0, 1, 2, 3, 7, 16, 31, 64, 255, 65_535, 65_536, -1, -64];
const FLOATS = [
  0,
  -0,
  1,
  -1.5,
  0.1,
  1e30,
  -1e300,
  Infinity,
  -Infinity,
  2 ** 31,
];

const pick = <T>(from: readonly T[], chance: Chance): T | undefined =>
  from[Math.floor(chance() * from.length)];

/** From an instruction to the end of what it opens; ends at a block's own end. */
function balanced(code: readonly Instruction[], from: number, length: number) {
  let depth = 0;
  let at = from;
  for (; at < code.length - 1; at++) {
    const { name, immediate } = code[at] as Instruction;
    if (immediate === "block" || immediate === "try-table") depth += 1;
    else if (name === "end" || name === "delegate") depth -= 1;
    else if (depth === 0 && /^(else|catch|catch_all)$/.test(name)) break;
    if (depth < 0) break;
    if (depth === 0 && at - from + 1 >= length) return at + 1;
  }
  return at;
}

function changedConstant(
  { name }: Instruction,
  chance: Chance,
): Uint8Array | undefined {
  const writer = new Writer();
  if (name === "i32.const" || name === "i64.const") {
    writer.byte(name === "i32.const" ? 0x41 : 0x42);
    const value = pick(NUMBERS, chance) ?? 0;
    const shift = Math.floor(chance() * 31);
    writer.s64(chance() < 0.3 ? -(2 ** shift) : value);
    return writer.done();
  }
  const view = new DataView(new ArrayBuffer(9));
  const value = pick(FLOATS, chance) ?? 0;
  if (name === "f32.const") {
    view.setUint8(0, 0x43);
    view.setFloat32(1, value, true);
    return new Uint8Array(view.buffer, 0, 5).slice();
  }
  if (name !== "f64.const") return undefined;
  view.setUint8(0, 0x44);
  view.setFloat64(1, value, true);
  return new Uint8Array(view.buffer);
}

/** Octets of one instruction instead of another one, if it can be changed. */
function changed(
  instruction: Instruction,
  chance: Chance,
): Uint8Array | undefined {
  const { octets, immediate } = instruction;
  const constant = changedConstant(instruction, chance);
  if (constant !== undefined) return constant;
  if (["label", "function", "global", "index"].includes(immediate)) {
    if (octets.length === 2 && chance() < 0.6) {
      return Uint8Array.of(octets[0] ?? 0, Math.floor(chance() * 6));
    }
  }
  const alike = ALIKE.find((codes) => codes.includes(octets[0] ?? 0));
  if (alike === undefined) return undefined;
  const copy = octets.slice();
  copy[0] = pick(alike, chance) ?? 0;
  // The alignment of another width may be too large: 0 always fits.
  if (immediate === "memarg") copy[1] = (copy[1] ?? 0) & 0xc0;
  // `br_if` takes a condition.
  if (copy[0] === 0x0d && octets[0] === 0x0c) {
    return Uint8Array.of(0x41, Math.floor(chance() * 2), ...copy);
  }
  return copy;
}

type Change = (body: Body, chance: Chance) => readonly Instruction[];

const raw = (octets: Uint8Array): Instruction[] => instructionsOf(octets);

const CHANGES: readonly Change[] = [
  function instruction({ code }, chance) {
    for (let left = 20; left > 0; left--) {
      const at = Math.floor(chance() * code.length);
      const octets = changed(code[at] as Instruction, chance);
      if (octets !== undefined) return code.toSpliced(at, 1, ...raw(octets));
    }
    return code;
  },
  function snippet({ code }, chance) {
    const at = Math.floor(chance() * code.length);
    const octets = Uint8Array.from(pick(SNIPPETS, chance) ?? []);
    return code.toSpliced(at, 0, ...raw(octets));
  },
  function deletion({ code }, chance) {
    const from = Math.floor(chance() * code.length);
    const length = 1 + Math.floor(chance() * 6);
    return code.toSpliced(from, balanced(code, from, length) - from);
  },
  function duplicate({ code }, chance) {
    const from = Math.floor(chance() * code.length);
    const to = balanced(code, from, 1 + Math.floor(chance() * RANGE_MAX));
    const at = chance() < 0.5 ? to : Math.floor(chance() * code.length);
    return code.toSpliced(at, 0, ...code.slice(from, to));
  },
  /** Puts a block, a loop or an `if` around a piece. */
  function wrap({ code }, chance) {
    const from = Math.floor(chance() * code.length);
    const to = balanced(code, from, 1 + Math.floor(chance() * RANGE_MAX));
    const open = pick(
      [[0x02, 0x40], [0x03, 0x40], [0x41, 1, 0x04, 0x40], [
        ...[0x1f, 0x40, 1, 2, 0],
      ], [0x06, 0x40]],
      chance,
    ) ?? [];
    const close = open[0] === 0x06 ? [0x19, 0x0b] : [0x0b];
    return [
      ...code.slice(0, from),
      ...raw(Uint8Array.from(open)),
      ...code.slice(from, to),
      ...raw(Uint8Array.from(close)),
      ...code.slice(to),
    ];
  },
  /** Runs a piece again, as often as a local counts. */
  function repeat({ code }, chance) {
    const from = Math.floor(chance() * code.length);
    const to = balanced(code, from, 1 + Math.floor(chance() * RANGE_MAX));
    const local = Math.floor(chance() * 4);
    const step = [0x20, local, 0x41, 1, 0x6b, 0x22, local, 0x0d, 0, 0x0b];
    return [
      ...code.slice(0, from),
      ...raw(Uint8Array.of(0x03, 0x40)),
      ...code.slice(from, to),
      ...raw(Uint8Array.from(step)),
      ...code.slice(to),
    ];
  },
  function exchange({ code }, chance) {
    const from = Math.floor(chance() * code.length);
    const middle = balanced(code, from, 1 + Math.floor(chance() * 8));
    const to = balanced(code, middle, 1 + Math.floor(chance() * 8));
    return [
      ...code.slice(0, from),
      ...code.slice(middle, to),
      ...code.slice(from, middle),
      ...code.slice(to),
    ];
  },
];

/** Gives a function the body of another one of the same type. */
function swapped({ bodies }: Parts, chance: Chance): readonly Body[] {
  const at = Math.floor(chance() * bodies.length);
  const others = bodies.filter(({ type }) => type === bodies[at]?.type);
  const other = pick(others, chance);
  return other === undefined ? bodies : bodies.with(at, other);
}

function flipped(octets: Octets, chance: Chance): Octets {
  const copy = octets.slice();
  const at = 8 + Math.floor(chance() * (copy.length - 8));
  copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(chance() * 8));
  return copy;
}

function once(octets: Octets, chance: Chance): Octets {
  if (chance() < 0.08) return flipped(octets, chance);
  const parts = takeApart(octets);
  const at = Math.floor(chance() * parts.bodies.length);
  const body = parts.bodies[at];
  if (body === undefined) return flipped(octets, chance);
  if (chance() < 0.05) {
    return putTogether(parts.sections, swapped(parts, chance));
  }
  const change = pick(CHANGES, chance) as Change;
  const code = change(body, chance);
  return putTogether(
    parts.sections,
    parts.bodies.with(at, { ...body, code }),
  );
}

/** A valid module some changes away, and the last change that was refused. */
export function mutated(
  octets: Octets,
  chance: Chance,
): { readonly octets: Octets; readonly refused: Octets | undefined } {
  let now = octets;
  let refused: Octets | undefined;
  const changes = 1 + Math.floor(chance() * CHANGES_MAX);
  for (let left = changes; left > 0; left--) {
    for (let tries = TRIES; tries > 0; tries--) {
      const next = once(now, chance);
      if (WebAssembly.validate(next)) {
        now = next;
        break;
      }
      refused = next;
    }
  }
  return { octets: now, refused };
}
