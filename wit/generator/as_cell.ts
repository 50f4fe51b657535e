/**
 * All generated AssemblyScript of one cell: types, wrappers of what it imports, and the entry of what it exports.
 *
 * The result is a list of files for `assembly/gen/` and the canonical name of each core export; nothing is written here.
 */
import type { Func, Interface, Type, World } from "../decode/model.ts";
import { Codec, definers, paramTypes, ScriptDialect } from "./as_dialect.ts";
import { importWrapper, type Seen } from "./as_imports.ts";
import { memberFunction, scriptResources } from "./as_resources.ts";
import { scriptTypes } from "./as_types.ts";
import { Code } from "./dialect.ts";
import { lift, load, lower, store } from "./emit.ts";
import { crossing, layout, pointed, sequence } from "../abi/layout.ts";
import {
  funcName,
  interfaceName,
  scriptName,
  snake,
  typeName,
} from "./names.ts";
import { hasBorrow, ownResources } from "./resources.ts";

/** What a cell gets. */
export interface CellSource {
  /** File name under `gen/` to text. */
  readonly files: ReadonlyMap<string, string>;
  /** Core export as compiled to the name that the ABI wants. */
  readonly renames: ReadonlyMap<string, string>;
}

/** Where the SDK is, seen from the `assembly/gen` of a cell in `cells/`. */
const SDK = "../../../sdk/assembly";
const HEAD = "// Generated from WIT; do not edit.\n";

/** Generates everything for one world; `sdk` is where the SDK is, seen from `assembly/gen`. */
export function cellSource(world: World, sdk = SDK): CellSource {
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
  const placed = [...out].map(([file, text]) =>
    [file, text.replaceAll(SDK, sdk)] as const
  );
  return { files: new Map(placed), renames };
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
  const files = new Set<string>();
  return [...all.values()].map((one) => {
    const { iface, pack } = interfaceName(one.from.name);
    const alone = short.get(iface) === 1 && !taken.includes(snake(iface));
    const file = alone ? snake(iface) : `${snake(pack)}_${snake(iface)}`;
    if (files.has(file)) throw new Error(`two interfaces would be ${file}.ts`);
    files.add(file);
    return { ...one, file };
  });
}

function preamble(
  seen: readonly Seen[],
  self: string,
  text: string,
): string {
  const lines = [HEAD.trimEnd()];
  if (/\babi\./.test(text)) lines.push(`import * as abi from "${SDK}/abi";`);
  if (/\bcodec\./.test(text)) lines.push('import * as codec from "./codec";');
  if (/\bOption[.<]/.test(text)) {
    lines.push(`import { Option } from "${SDK}/option";`);
  }
  if (/\b(Result[.<]|Unit\b|UNIT\b)/.test(text)) {
    lines.push(`import { Result, UNIT, Unit } from "${SDK}/result";`);
  }
  const tuples = [...new Set(text.match(/\bTuple[1-9]\d*(?=<)/g) ?? [])].sort();
  if (tuples.length > 0) {
    lines.push(`import { ${tuples.join(", ")} } from "${SDK}/tuple";`);
  }
  const classes = ["Imported", "Reps", "noteBorrow", "dropBorrows"].filter((
    name,
  ) => new RegExp(`\\b${name}\\b`).test(text));
  if (classes.length > 0) {
    lines.push(`import { ${classes.join(", ")} } from "${SDK}/resource";`);
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
      if (funcName(func.name).kind === "plain") {
        importWrapper(code, d, one, func);
      }
    }
  }
  const text = types + code.toString();
  return preamble(seen, one.file, text) + text;
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
    `export { realloc as cabi_realloc } from "${SDK}/abi";\n` +
    imports.join("\n") + "\n\n" + text;
}

function exportDestructors(
  code: Code,
  d: ScriptDialect,
  one: Seen,
  renames: Map<string, string>,
): void {
  for (const resource of ownResources(one.from)) {
    const name = `e${renames.size}`;
    renames.set(name, `${one.from.name}#[dtor]${resource}`);
    const destroy = d.inFile(one.from.name, `destroy_${typeName(resource)}`);
    // May run inside a call of the cell itself, so it ends no call.
    code.block(`export function ${name}(rep: i32): void`, () => {
      code.line(`${destroy}(rep);`);
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
      const call = authorCall(one, func, values);
      if (func.result === undefined) code.line(`${call};`);
      else code.line(`const result = ${call};`);
      if (types.some(hasBorrow)) code.line("dropBorrows();");
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
  one: Seen,
  func: Func,
  values: readonly string[],
): string {
  const { kind, resource, name } = funcName(func.name);
  const impl = `impl_${one.file}`;
  if (kind === "plain") {
    return `${impl}.${scriptName(name)}(${values.join(", ")})`;
  }
  const rest = (kind === "method" ? values.slice(1) : values).join(", ");
  const own = `${impl}.${typeName(resource)}`;
  if (kind === "constructor") return `new ${own}(${rest})`;
  const member = memberFunction(name);
  return kind === "method"
    ? `${values[0]}.${member}(${rest})`
    : `${own}.${member}(${rest})`;
}
