/**
 * Values that travel as core numbers: checked, then made the other cell's, in
 * the locals that hold them.
 *
 * Both cells have the same flat form, so a number stays in its place: only
 * addresses change, and bits without a meaning go.
 */
import { resolved, type Type } from "../../../wit/decode/model.ts";
import { isScalar, members } from "../../../wit/generator/emit.ts";
import { type Core, flat } from "../../../wit/abi/layout.ts";
import { must } from "../../limits.ts";
import type { Body } from "./body.ts";
import type { Checks } from "./check.ts";
import type { Copies } from "./copy.ts";
import { OP } from "./opcodes.ts";
import { armsOf, flagBits } from "./shapes.ts";
import { WHY } from "./side.ts";

/** A local that carries a number, perhaps of another type. */
export interface Slot {
  readonly local: number;
  readonly carrier: Core;
  readonly core: Core;
}

const CONVERSIONS: Readonly<Record<string, readonly number[]>> = {
  "i64 i32": [OP.i32WrapI64],
  "i32 i64": [OP.i64ExtendI32U],
  "i64 f32": [OP.i32WrapI64, OP.f32ReinterpretI32],
  "f32 i64": [OP.i32ReinterpretF32, OP.i64ExtendI32U],
  "i64 f64": [OP.f64ReinterpretI64],
  "f64 i64": [OP.i64ReinterpretF64],
  "i32 f32": [OP.f32ReinterpretI32],
  "f32 i32": [OP.i32ReinterpretF32],
};

function convert(body: Body, from: Core, to: Core): void {
  if (from === to) return;
  const code = CONVERSIONS[`${from} ${to}`];
  must(code !== undefined, "a joined type carries its parts");
  body.op(...code);
}

function get(body: Body, { local, carrier, core }: Slot): void {
  body.get(local);
  convert(body, carrier, core);
}

function set(body: Body, { local, carrier, core }: Slot): void {
  convert(body, core, carrier);
  body.set(local);
}

function next(slots: Slot[]): Slot {
  const slot = slots.shift();
  must(slot !== undefined, "a value has all its slots");
  return slot;
}

/** Slots of the flat form of types that lie in locals from `first` on. */
export function slotsOf(types: readonly Type[], first: number): Slot[] {
  return types.flatMap(flat).map((core, at) => ({
    local: first + at,
    carrier: core,
    core,
  }));
}

/** Takes the slots of one arm off the joined ones; gives those left over. */
function armSlots(type: Type | undefined, joined: readonly Slot[]) {
  const cores = type === undefined ? [] : flat(type);
  return {
    own: cores.map((core, at): Slot => {
      const slot = joined[at];
      must(slot !== undefined, "an arm fits into its variant");
      return { ...slot, core };
    }),
    rest: joined.slice(cores.length),
  };
}

function eachArm(
  body: Body,
  type: Type,
  slots: Slot[],
  arm: (type: Type | undefined, own: Slot[], rest: readonly Slot[]) => void,
): void {
  const tag = next(slots);
  const joined = slots.splice(0, flat(type).length - 1);
  armsOf(type).forEach(({ type: inner }, at) => {
    const { own, rest } = armSlots(inner, joined);
    get(body, tag);
    body.i32(at).op(OP.i32Eq).when(() => arm(inner, own, rest));
  });
}

/** Checks a value; takes its slots from the front. */
export function checkFlat(
  body: Body,
  checks: Checks,
  type: Type,
  slots: Slot[],
): void {
  const t = resolved(type);
  if (t.kind === "list" || (t.kind === "prim" && t.prim === "string")) {
    get(body, next(slots));
    get(body, next(slots));
    return checks.pointed(body, t);
  }
  if (isScalar(t)) {
    const slot = next(slots);
    const isChecked = t.kind === "enum" ||
      (t.kind === "prim" && t.prim === "char");
    if (!isChecked) return;
    get(body, slot);
    return checks.scalar(body, t);
  }
  const items = members(t);
  if (items !== undefined) {
    return items.forEach((item) => checkFlat(body, checks, item, slots));
  }
  const [tag] = slots;
  must(tag !== undefined, "a variant has a discriminant");
  get(body, tag);
  body.i32(armsOf(t).length).op(OP.i32GeU);
  checks.side.failIf(body, WHY.noCase);
  eachArm(body, t, slots, (inner, own) => {
    if (inner !== undefined) checkFlat(body, checks, inner, own);
  });
}

/** Makes a checked value the other cell's; takes its slots from the front. */
export function copyFlat(
  body: Body,
  copies: Copies,
  type: Type,
  slots: Slot[],
): void {
  const t = resolved(type);
  if (t.kind === "list" || (t.kind === "prim" && t.prim === "string")) {
    const [address, length] = [next(slots), next(slots)];
    get(body, address);
    get(body, length);
    copies.pointed(body, t);
    set(body, address);
    return clean(body, length, undefined);
  }
  if (isScalar(t)) return clean(body, next(slots), narrowing(t));
  const items = members(t);
  if (items !== undefined) {
    return items.forEach((item) => copyFlat(body, copies, item, slots));
  }
  const [tag] = slots;
  must(tag !== undefined, "a variant has a discriminant");
  clean(body, tag, undefined);
  eachArm(body, t, slots, (inner, own, rest) => {
    if (inner !== undefined) copyFlat(body, copies, inner, own);
    for (const { local, carrier } of rest) body.zero(carrier).set(local);
  });
}

/** Leaves only those bits of a number that have a meaning. */
function clean(
  body: Body,
  slot: Slot,
  narrow: ((body: Body) => void) | undefined,
): void {
  if (narrow === undefined && slot.carrier === slot.core) return;
  get(body, slot);
  narrow?.(body);
  set(body, slot);
}

/** Code that takes an i32 to the meaning of its bits, unless all have one. */
function narrowing(type: Type): ((body: Body) => void) | undefined {
  const t = resolved(type);
  const mask = (bits: number) => (body: Body) =>
    void body.i32(bits).op(OP.i32And);
  if (t.kind === "flags") {
    const { length } = t.names;
    return length >= 32 ? undefined : mask(flagBits(length));
  }
  if (t.kind !== "prim") return undefined;
  switch (t.prim) {
    case "bool":
      return (body) => void body.i32(0).op(OP.i32Ne);
    case "u8":
      return mask(0xff);
    case "u16":
      return mask(0xffff);
    case "s8":
      return (body) => void body.op(OP.i32Extend8S);
    case "s16":
      return (body) => void body.op(OP.i32Extend16S);
  }
  return undefined;
}
