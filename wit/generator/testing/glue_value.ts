/**
 * What jco's glue gives, brought to the form of our bindings where the two are known to differ.
 *
 * jco 1.26's library lifts a signed integer that travels inside a joined 64-bit slot without its sign: the low bits are
 * right, so they are read again as signed here.
 */
import { resolved, type Type } from "../../decode/model.ts";
import { arms } from "../../abi/layout.ts";
import { camel } from "../names.ts";
import { armName, isNested } from "../ts_text.ts";

/** A value from the glue with the signs that its type says. */
export function glueValue(type: Type, value: unknown): unknown {
  const t = resolved(type);
  if (t.kind === "prim") return signed(t.prim, value);
  if (value === undefined || value === null) return value;
  if (t.kind === "list") {
    return Array.isArray(value)
      ? value.map((item) => glueValue(t.element, item))
      : value;
  }
  if (t.kind === "tuple") {
    return (value as unknown[]).map((item, at) =>
      glueValue(t.items[at] as Type, item)
    );
  }
  if (t.kind === "record") {
    const from = value as Record<string, unknown>;
    return Object.fromEntries(t.fields.map((field) => {
      const key = camel(field.name);
      return [key, glueValue(field.type, from[key])];
    }));
  }
  if (t.kind === "option" && !isNested(t)) return glueValue(t.some, value);
  const of = arms(t);
  if (of === undefined) return value;
  const { tag, val } = value as { tag: string; val?: unknown };
  const at = of.findIndex((_, i) => armName(t, i) === tag);
  const inner = of[at]?.type;
  return inner === undefined ? { tag } : { tag, val: glueValue(inner, val) };
}

function signed(prim: string, value: unknown): unknown {
  if (typeof value !== "number") return value;
  if (prim === "s32") return value | 0;
  if (prim === "s16") return value << 16 >> 16;
  if (prim === "s8") return value << 24 >> 24;
  return value;
}
