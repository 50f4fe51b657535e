/**
 * All generated AssemblyScript of one cell: types, wrappers of what it imports, and the entry of what it exports.
 *
 * The result is a list of files for `assembly/gen/` and the canonical name of each core export; nothing is written here.
 */
import type { Func, Interface, Type, World } from "../decode/model.ts";
import {
  areaSize,
  Codec,
  definers,
  paramTypes,
  ScriptDialect,
} from "./as_dialect.ts";
import { scriptResources } from "./as_resources.ts";
import { scriptTypes } from "./as_types.ts";
import { Code, lift, load, lower, store } from "./emit.ts";
import { crossing, layout, pointed, sequence } from "./layout.ts";
import { funcName, interfaceName, pascal, scriptName, snake } from "./names.ts";

/** What a cell gets. */
export interface CellSource {
  /** File name under `gen/` to text. */
  readonly files: ReadonlyMap<string, string>;
  /** Core export as compiled to the name that the ABI wants. */
  readonly renames: ReadonlyMap<string, string>;
}

const HEAD = "// Generated from WIT; do not edit.\n";

/** One interface as the cell sees it. */
export interface Seen {
  readonly from: Interface;
  readonly file: string;
  readonly imported: boolean;
  readonly exported: boolean;
}

/** Generates everything for one world. */
export function cellSource(world: World): CellSource {
  const seen = interfacesOf(world);
  const names = definers([...world.imports, ...world.exports]);
  const files = new Map(seen.map((one) => [one.from.name, one.file]));
  const codec = new Codec(files, names);
  const out = new Map<string, string>();
  const renames = new Map<string, string>([["cabi_realloc", "cabi_realloc"]]);
  for (const one of seen) {
    out.set(`${one.file}.ts`, interfaceFile(codec, seen, one));
  }
  out.set("entry.ts", entryFile(codec, seen, renames));
  out.set("codec.ts", codecFile(codec, seen));
  return { files: out, renames };
}

/** Interfaces with their file names: the own name, or with the package in front where two would clash. */
function interfacesOf(world: World): readonly Seen[] {
  const all = new Map<string, Seen>();
  const note = (from: Interface, imported: boolean) => {
    const before = all.get(from.name);
    all.set(from.name, {
      from,
      file: "",
      imported: imported || (before?.imported ?? false),
      exported: !imported || (before?.exported ?? false),
    });
  };
  for (const one of world.imports) note(one, true);
  for (const one of world.exports) note(one, false);
  const short = new Map<string, number>();
  for (const name of all.keys()) {
    const { iface } = interfaceName(name);
    short.set(iface, (short.get(iface) ?? 0) + 1);
  }
  const taken = ["entry", "codec"];
  return [...all.values()].map((one) => {
    const { iface, pack } = interfaceName(one.from.name);
    const alone = short.get(iface) === 1 && !taken.includes(snake(iface));
    const file = alone ? snake(iface) : `${snake(pack)}_${snake(iface)}`;
    return { ...one, file };
  });
}

function preamble(
  seen: readonly Seen[],
  self: string,
  text: string,
): string {
  const lines = [HEAD.trimEnd()];
  const sdk = "../../../sdk/assembly";
  if (/\babi\./.test(text)) lines.push(`import * as abi from "${sdk}/abi";`);
  if (/\bcodec\./.test(text)) lines.push('import * as codec from "./codec";');
  if (/\bOption[.<]/.test(text)) {
    lines.push(`import { Option } from "${sdk}/option";`);
  }
  if (/\b(Result[.<]|Unit\b|UNIT\b)/.test(text)) {
    lines.push(`import { Result, UNIT, Unit } from "${sdk}/result";`);
  }
  const tuples = [...new Set(text.match(/\bTuple[1-9]\d*(?=<)/g) ?? [])].sort();
  if (tuples.length > 0) {
    lines.push(`import { ${tuples.join(", ")} } from "${sdk}/tuple";`);
  }
  const classes = ["Exported", "Reps"].filter((name) =>
    new RegExp(`\\b${name}\\b`).test(text)
  );
  if (classes.length > 0) {
    lines.push(`import { ${classes.join(", ")} } from "${sdk}/resource";`);
  }
  for (const one of seen) {
    if (one.file === self) continue;
    if (new RegExp(`\\b${one.file}_\\.`).test(text)) {
      lines.push(`import * as ${one.file}_ from "./${one.file}";`);
    }
  }
  return lines.join("\n") + "\n\n";
}

function codecFile(codec: Codec, seen: readonly Seen[]): string {
  const text = codec.bodies.join("\n");
  return preamble(seen, "codec", text) + text;
}

function interfaceFile(
  codec: Codec,
  seen: readonly Seen[],
  one: Seen,
): string {
  const d = new ScriptDialect(codec, one.from.name, "codec.");
  const types = scriptTypes(d, one.from);
  const code = new Code();
  scriptResources(code, d, one);
  if (one.imported) {
    for (const func of one.from.functions) {
      if (funcName(func.name).kind === "plain") importWrapper(code, d, one, func);
    }
  }
  const text = types + code.toString();
  return preamble(seen, one.file, text) + text;
}

/** Writes the declaration of a core import and the typed function over it. */
function importWrapper(
  code: Code,
  d: ScriptDialect,
  one: Seen,
  func: Func,
): void {
  const name = scriptName(func.name);
  const raw = `raw${pascal(func.name)}`;
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
  code.line(`@external(${JSON.stringify(module)}, ${JSON.stringify(func.name)})`);
  code.line(`declare function ${raw}(${params}): ${result};`);
}

/** Writes the body of a call to an import: lower, call, lift. */
export function importBody(
  code: Code,
  d: ScriptDialect,
  func: Func,
  raw: string,
  values: readonly string[],
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
  code.line(`return ${out};`);
}

function entryFile(
  codec: Codec,
  seen: readonly Seen[],
  renames: Map<string, string>,
): string {
  const code = new Code();
  const d = new ScriptDialect(codec, undefined, "codec.");
  const imports: string[] = [];
  for (const one of seen) {
    if (!one.exported) continue;
    if (one.from.functions.length > 0) {
      imports.push(`import * as impl_${one.file} from "../${one.file}";`);
    }
    for (const func of one.from.functions) {
      exportWrapper(code, d, one, func, renames);
    }
    exportDestructors(code, d, one, renames);
  }
  const text = code.toString();
  return preamble(seen, "entry", text + " abi.") +
    'export { realloc as cabi_realloc } from "../../../sdk/assembly/abi";\n' +
    imports.join("\n") + "\n\n" + text;
}

function exportDestructors(
  code: Code,
  d: ScriptDialect,
  one: Seen,
  renames: Map<string, string>,
): void {
  for (const alias of one.from.types) {
    if (alias.target.kind !== "resource") continue;
    const name = `e${renames.size}`;
    renames.set(name, `${one.from.name}#[dtor]${alias.name}`);
    code.block(`export function ${name}(rep: i32): void`, () => {
      code.line(`${d.typeText(alias.target)}.destroy(rep);`);
      code.line("abi.leave();");
    });
  }
}

/** Writes one core export: lift, call the author, lower. */
function exportWrapper(
  code: Code,
  d: ScriptDialect,
  one: Seen,
  func: Func,
  renames: Map<string, string>,
): void {
  const types = paramTypes(func);
  const cross = crossing(types, func.result);
  const name = `e${renames.size}`;
  const canonical = `${one.from.name}#${func.name}`;
  renames.set(name, canonical);
  const params = cross.params.map((core, at) => `f${at}: ${core}`).join(", ");
  const post = cross.returned && pointed(func.result as Type);
  code.line(`// ${canonical}`);
  code.block(
    `export function ${name}(${params}): ${cross.result ?? "void"}`,
    () => {
      const values = exportArguments(code, d, types, cross);
      const call = authorCall(d, one, func, values);
      if (func.result === undefined) code.line(`${call};`);
      else code.line(`const result = ${call};`);
      if (cross.returned) {
        const type = func.result as Type;
        code.line(`const out = abi.results(${layout(type).size});`);
        store(d, code, type, "result", "out", 0);
      }
      const flatResult = func.result !== undefined && !cross.returned
        ? lower(d, code, func.result, "result")[0]
        : undefined;
      if (!post) code.line("abi.leave();");
      if (cross.returned) code.line("return <i32>out;");
      else if (flatResult !== undefined) code.line(`return ${flatResult};`);
    },
  );
  if (!post) return;
  const after = `e${renames.size}`;
  renames.set(after, `cabi_post_${canonical}`);
  code.block(`export function ${after}(out: i32): void`, () => {
    code.line("abi.leave();");
  });
}

function exportArguments(
  code: Code,
  d: ScriptDialect,
  types: readonly Type[],
  cross: ReturnType<typeof crossing>,
): readonly string[] {
  if (!cross.spilled) {
    const from = cross.params.map((_, at) => `f${at}`);
    return types.map((type) => lift(d, code, type, from));
  }
  const { offsets, size } = sequence(types);
  code.line("const area = <usize>f0;");
  const values = types.map((type, at) =>
    load(d, code, type, "area", offsets[at] as number)
  );
  code.line(`abi.freeList(f0, ${size});`);
  return values;
}

function authorCall(
  d: ScriptDialect,
  one: Seen,
  func: Func,
  values: readonly string[],
): string {
  const { kind, resource, name } = funcName(func.name);
  const impl = `impl_${one.file}`;
  if (kind === "plain") {
    return `${impl}.${scriptName(name)}(${values.join(", ")})`;
  }
  const className = d.inFile(one.from.name, resource)
    .replace(/^.*\./, "");
  return `${impl}.${className}(${values.join(", ")})`;
}

export { areaSize };
