/**
 * What a cell imports, in AssemblyScript: the core function and the typed one over it.
 */
import type { Func, Interface, Type } from "../decode/model.ts";
import { paramTypes, type ScriptDialect } from "./as_dialect.ts";
import { type Code } from "./dialect.ts";
import { lift, load, lower, store } from "./emit.ts";
import { crossing, layout, pointed, sequence } from "../abi/layout.ts";
import { camel, scriptName } from "./names.ts";

/** One interface as the cell sees it. */
export interface Seen {
  readonly from: Interface;
  readonly file: string;
  readonly imported: boolean;
  readonly exported: boolean;
}

/** Writes the declaration of a core import and the typed function over it. */
export function importWrapper(
  code: Code,
  d: ScriptDialect,
  one: Seen,
  func: Func,
): void {
  const name = scriptName(func.name);
  const raw = `raw_${camel(func.name)}`;
  declareImport(code, one.from.name, func, raw);
  const params = func.params.map((param, at) =>
    `p${at}: ${d.typeText(param.type)}`
  ).join(", ");
  const result = func.result === undefined ? "void" : d.typeText(func.result);
  const named = func.params.map((param) => param.name).join(", ");
  code.line(`/** ${func.name}(${named}) */`);
  code.block(`export function ${name}(${params}): ${result}`, () => {
    importBody(code, d, func, raw, func.params.map((_, at) => `p${at}`));
  });
}

/** Declares the core function behind an import. */
export function declareImport(
  code: Code,
  module: string,
  func: Func,
  raw: string,
): void {
  const cross = crossing(paramTypes(func), func.result);
  const cores = [...cross.params, ...(cross.returned ? ["i32"] : [])];
  const params = cores.map((core, at) => `p${at}: ${core}`).join(", ");
  const result = cross.returned ? "void" : cross.result ?? "void";
  code.line("// @ts-ignore: decorator");
  code.line(
    `@external(${JSON.stringify(module)}, ${JSON.stringify(func.name)})`,
  );
  code.line(`declare function ${raw}(${params}): ${result};`);
}

/** Writes the body of a call to an import: lower, call, lift. */
export function importBody(
  code: Code,
  d: ScriptDialect,
  func: Func,
  raw: string,
  values: readonly string[],
  finish: (value: string) => void = (value) => code.line(`return ${value};`),
): void {
  const types = paramTypes(func);
  const cross = crossing(types, func.result);
  const temporary = types.some(pointed);
  if (temporary) code.line("const mark = abi.mark();");
  const args: string[] = [];
  if (cross.spilled) {
    const { offsets, size } = sequence(types);
    code.line(`const area = abi.area(${size});`);
    types.forEach((type, at) =>
      store(d, code, type, values[at] as string, "area", offsets[at] as number)
    );
    args.push("<i32>area");
  } else {
    types.forEach((type, at) =>
      args.push(...lower(d, code, type, values[at] as string))
    );
  }
  if (cross.returned) {
    const { size } = layout(func.result as Type);
    code.line(`const back = abi.back(${size});`);
    args.push("<i32>back");
  }
  const call = `${raw}(${args.join(", ")})`;
  const returns = cross.result !== undefined && !cross.returned;
  code.line(returns ? `const flat = ${call};` : `${call};`);
  if (temporary) code.line("abi.release(mark);");
  if (func.result === undefined) return;
  const out = cross.returned
    ? load(d, code, func.result, "back", 0)
    : lift(d, code, func.result, ["flat"]);
  finish(out);
}
