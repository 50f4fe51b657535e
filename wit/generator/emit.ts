/**
 * Straight-line lifting and lowering code, written once for both languages.
 *
 * A walk over a type emits the statements that load it from memory, store it to memory, lift it from flat values or
 * lower it to them. What differs between AssemblyScript and TypeScript is behind `Dialect`.
 */
import type { Code, Dialect } from "./dialect.ts";
import { resolved, type Type } from "../decode/model.ts";
import {
  type Arm,
  arms,
  type Core,
  discriminantSize,
  flat,
  layout,
  numbers,
  payloadOffset,
  sequence,
} from "../abi/layout.ts";

/** The core number type that memory and flat form use for a scalar. */
export function scalarPrim(type: Type): string {
  const t = resolved(type);
  if (t.kind === "prim") {
    return t.prim === "bool" ? "u8" : t.prim === "char" ? "u32" : t.prim;
  }
  if (t.kind === "own" || t.kind === "borrow") return "u32";
  return `u${layout(t).size * 8}`;
}

/** Names an expression unless it is a name already. */
export function named(d: Dialect, code: Code, v: string): string {
  if (/^\w+$/.test(v)) return v;
  const name = code.fresh();
  code.line(d.constant(name, v));
  return name;
}

/** Writes code that loads a value; gives an expression for it. */
export function load(
  d: Dialect,
  code: Code,
  type: Type,
  at: string,
  offset: number,
): string {
  const t = resolved(type);
  const word = (o: number) => d.loadCore("s32", at, offset + o);
  if (t.kind === "prim" && t.prim === "string") {
    return named(d, code, d.liftString(word(0), word(4)));
  }
  if (t.kind === "list") return loadList(d, code, t.element, word(0), word(4));
  if (isScalar(t)) {
    return named(
      d,
      code,
      d.fromNumber(t, d.loadCore(scalarPrim(t), at, offset)),
    );
  }
  const helper = d.helper("load", t);
  if (helper !== undefined) {
    return named(d, code, `${helper}${address(at, offset)})`);
  }
  return loadInline(d, code, t, at, offset);
}

/** As `load`, without the help of a function for the type itself. */
export function loadInline(
  d: Dialect,
  code: Code,
  type: Type,
  at: string,
  offset: number,
): string {
  const t = resolved(type);
  const items = members(t);
  if (items !== undefined) {
    const { offsets } = sequence(items);
    const values = items.map((item, i) =>
      load(d, code, item, at, offset + (offsets[i] as number))
    );
    return named(d, code, d.construct(t, values));
  }
  const of = arms(t) as readonly Arm[];
  const prim = `u${discriminantSize(of.length) * 8}`;
  const start = offset + payloadOffset(of);
  return switchLift(d, code, t, of, d.loadCore(prim, at, offset), (arm) => {
    return load(d, code, arm, at, start);
  });
}

/** Types that are one number, in memory and flat. */
export function isScalar(t: Type): boolean {
  return t.kind === "enum" || t.kind === "flags" || t.kind === "own" ||
    t.kind === "borrow" || (t.kind === "prim" && t.prim !== "string");
}

/** Types of the fields of a record or tuple. */
export function members(t: Type): readonly Type[] | undefined {
  if (t.kind === "record") return t.fields.map((field) => field.type);
  return t.kind === "tuple" ? t.items : undefined;
}

function address(at: string, offset: number): string {
  return offset === 0 ? at : `${at} + ${offset}`;
}

function switchLift(
  d: Dialect,
  code: Code,
  t: Type,
  of: readonly Arm[],
  discriminant: string,
  payload: (arm: Type, at: number) => string,
): string {
  const out = code.fresh();
  code.line(d.variable(out, d.typeText(t)));
  code.block(`switch (${discriminant})`, () => {
    of.forEach((arm, at) => {
      code.block(`case ${at}:`, () => {
        const v = arm.type === undefined ? undefined : payload(arm.type, at);
        code.line(`${out} = ${d.arm(t, at, v)};`);
        code.line("break;");
      });
    });
    code.line(`default: ${d.badArm(t, true)}`);
  });
  return out;
}

function loadList(
  d: Dialect,
  code: Code,
  element: Type,
  pointer: string,
  length: string,
): string {
  const prim = numbers(element);
  if (prim !== undefined) {
    return named(d, code, d.liftNumbers(prim, pointer, length));
  }
  const p = named(d, code, pointer);
  const n = named(d, code, length);
  const start = d.listStart(code, p, n, element);
  const out = code.fresh();
  const i = code.fresh();
  const at = code.fresh();
  code.line(d.constant(out, d.newArray(element, n)));
  code.block(loopHead(d, i, n), () => {
    code.line(d.constant(at, `${start} + ${i} * ${layout(element).size}`));
    code.line(d.setItem(out, i, load(d, code, element, at, 0)));
  });
  d.listEnd(code, p, n);
  return out;
}

function loopHead(d: Dialect, i: string, n: string): string {
  return `for (let ${i}: ${d.coreText("i32")} = 0; ${i} < ${n}; ${i}++)`;
}

/** Writes code that stores a value. */
export function store(
  d: Dialect,
  code: Code,
  type: Type,
  v: string,
  at: string,
  offset: number,
): void {
  const t = resolved(type);
  if (t.kind === "list" || (t.kind === "prim" && t.prim === "string")) {
    const [p, n] = lowerPointed(d, code, t, v);
    code.line(d.storeCore("u32", at, offset, p));
    code.line(d.storeCore("u32", at, offset + 4, n));
    return;
  }
  if (isScalar(t)) {
    code.line(d.storeCore(scalarPrim(t), at, offset, d.toNumber(t, v)));
    return;
  }
  const helper = d.helper("store", t);
  if (helper !== undefined) {
    code.line(`${helper}${address(at, offset)}, ${v});`);
  } else storeInline(d, code, t, v, at, offset);
}

/** As `store`, without the help of a function for the type itself. */
export function storeInline(
  d: Dialect,
  code: Code,
  type: Type,
  v: string,
  at: string,
  offset: number,
): void {
  const t = resolved(type);
  const items = members(t);
  if (items !== undefined) {
    const { offsets } = sequence(items);
    items.forEach((item, i) => {
      const start = offset + (offsets[i] as number);
      store(d, code, item, d.field(v, t, i), at, start);
    });
    return;
  }
  const of = arms(t) as readonly Arm[];
  const prim = `u${discriminantSize(of.length) * 8}`;
  const start = offset + payloadOffset(of);
  switchLower(d, code, t, of, v, (i, arm, payload) => {
    code.line(d.storeCore(prim, at, offset, String(i)));
    if (arm !== undefined) store(d, code, arm, payload, at, start);
  });
}

function switchLower(
  d: Dialect,
  code: Code,
  t: Type,
  of: readonly Arm[],
  v: string,
  each: (at: number, type: Type | undefined, payload: string) => void,
): void {
  code.block(`switch (${d.scrutinee(t, v)})`, () => {
    of.forEach((arm, at) => {
      code.block(`case ${d.armLabel(t, at)}:`, () => {
        const payload = arm.type === undefined
          ? ""
          : named(d, code, d.payload(t, at, v));
        each(at, arm.type, payload);
        code.line("break;");
      });
    });
    code.line(`default: ${d.badArm(t, false)}`);
  });
}

function lowerPointed(
  d: Dialect,
  code: Code,
  t: Type,
  v: string,
): readonly [string, string] {
  if (t.kind !== "list") return d.lowerString(code, v);
  const prim = numbers(t.element);
  if (prim !== undefined) return d.lowerNumbers(code, prim, v);
  const { size, align } = layout(t.element);
  const list = named(d, code, v);
  const n = code.fresh();
  const p = code.fresh();
  const i = code.fresh();
  const at = code.fresh();
  code.line(d.constant(n, d.lengthOf(list)));
  code.line(d.constant(p, d.allocate(`${n} * ${size}`, align)));
  code.block(loopHead(d, i, n), () => {
    code.line(d.constant(at, `${p} + ${i} * ${size}`));
    const item = named(d, code, d.getItem(list, i, t.element));
    store(d, code, t.element, item, at, 0);
  });
  return [p, n];
}

/** Writes code that lifts a value from flat ones, which are consumed from the front. */
export function lift(
  d: Dialect,
  code: Code,
  type: Type,
  from: string[],
): string {
  const t = resolved(type);
  const next = () => from.shift() as string;
  if (t.kind === "prim" && t.prim === "string") {
    const pointer = next();
    return named(d, code, d.liftString(pointer, next()));
  }
  if (t.kind === "list") {
    const pointer = next();
    return loadList(d, code, t.element, pointer, next());
  }
  if (isScalar(t)) return named(d, code, d.fromNumber(t, next()));
  const items = members(t);
  if (items !== undefined) {
    const values = items.map((item) => lift(d, code, item, from));
    return named(d, code, d.construct(t, values));
  }
  const of = arms(t) as readonly Arm[];
  const discriminant = next();
  const joined = flat(t).slice(1);
  const taken = from.splice(0, joined.length);
  return switchLift(d, code, t, of, discriminant, (arm) => {
    const own = flat(arm).map((core, at) =>
      d.coerce(taken[at] as string, joined[at] as Core, core)
    );
    return lift(d, code, arm, own);
  });
}

/** Writes code that lowers a value; gives the flat expressions. */
export function lower(
  d: Dialect,
  code: Code,
  type: Type,
  v: string,
): readonly string[] {
  const t = resolved(type);
  if (t.kind === "list" || (t.kind === "prim" && t.prim === "string")) {
    return lowerPointed(d, code, t, v);
  }
  if (isScalar(t)) return [named(d, code, d.toNumber(t, v))];
  const items = members(t);
  if (items !== undefined) {
    return items.flatMap((item, at) => lower(d, code, item, d.field(v, t, at)));
  }
  const of = arms(t) as readonly Arm[];
  const cores = flat(t);
  const outs = cores.map((core) => {
    const name = code.fresh();
    code.line(
      `let ${name}: ${d.coreText(core)} = ${d.coreZero(core)};`,
    );
    return name;
  });
  switchLower(d, code, t, of, v, (at, arm, payload) => {
    code.line(`${outs[0]} = ${at};`);
    if (arm === undefined) return;
    const values = lower(d, code, arm, payload);
    const own = flat(arm);
    values.forEach((value, i) => {
      const coerced = d.coerce(value, own[i] as Core, cores[i + 1] as Core);
      code.line(`${outs[i + 1]} = ${coerced};`);
    });
  });
  return outs;
}
