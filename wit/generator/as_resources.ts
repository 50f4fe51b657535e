/**
 * Resources in AssemblyScript: a class for each imported one, the numbers behind the author's class for each exported one.
 */
import type { Func, Type } from "../decode/model.ts";
import type { ScriptDialect } from "./as_dialect.ts";
import { declareImport, importBody, type Seen } from "./as_imports.ts";
import type { Code } from "./dialect.ts";
import { ownResources } from "./resources.ts";
import { funcName, pascal, scriptName, typeName } from "./names.ts";

const MEMBERS = new Set(["drop", "handle", "rep", "dropped"]);

/** Name of a method or static in the class of a resource. */
export function memberFunction(name: string): string {
  const made = scriptName(name);
  return MEMBERS.has(made) ? made + "_" : made;
}

/** Writes the classes and functions of an interface's own resources. */
export function scriptResources(
  code: Code,
  d: ScriptDialect,
  one: Seen,
): void {
  for (const name of ownResources(one.from)) {
    if (one.imported && one.exported) {
      throw new Error(
        `"${one.from.name}" has resources, so one cell cannot both import and export it`,
      );
    }
    if (one.imported) imported(code, d, one, name);
    else exported(code, one, name);
  }
}

function external(
  code: Code,
  module: string,
  name: string,
  declaration: string,
): void {
  code.line("// @ts-ignore: decorator");
  code.line(`@external(${JSON.stringify(module)}, ${JSON.stringify(name)})`);
  code.line(`declare function ${declaration};`);
}

function imported(
  code: Code,
  d: ScriptDialect,
  one: Seen,
  resource: string,
): void {
  const own = typeName(resource);
  const module = one.from.name;
  const functions = one.from.functions.filter((func) =>
    funcName(func.name).resource === resource
  );
  external(
    code,
    module,
    `[resource-drop]${resource}`,
    `raw_drop_${own}(handle: i32): void`,
  );
  for (const func of functions) {
    declareImport(code, module, func, rawName(func));
  }
  code.block(`export class ${own} extends Imported`, () => {
    for (const func of functions) method(code, d, func);
    code.block("drop(): void", () => {
      code.line("const handle = this.handle;");
      code.line("assert(handle != 0);");
      code.line("this.handle = 0;");
      code.line(`raw_drop_${own}(handle);`);
    });
  });
  code.block(`export function liftOwn_${own}(handle: i32): ${own}`, () => {
    code.line(
      `const made = changetype<${own}>(__new(offsetof<${own}>(), idof<${own}>()));`,
    );
    code.line("made.handle = handle;");
    code.line("return made;");
  });
  code.block(`export function liftBorrow_${own}(handle: i32): ${own}`, () => {
    code.line(`const made = liftOwn_${own}(handle);`);
    code.line("noteBorrow(made);");
    code.line("return made;");
  });
  code.block(`export function lowerOwn_${own}(from: ${own}): i32`, () => {
    code.line("const handle = from.handle;");
    code.line("assert(handle != 0);");
    code.line("from.handle = 0;");
    code.line("return handle;");
  });
  code.block(`export function lowerBorrow_${own}(from: ${own}): i32`, () => {
    code.line("assert(from.handle != 0);");
    code.line("return from.handle;");
  });
}

function rawName(func: Func): string {
  const { kind, resource, name } = funcName(func.name);
  return `raw_${kind}_${pascal(resource)}_${pascal(name)}`;
}

function method(code: Code, d: ScriptDialect, func: Func): void {
  const { kind, name } = funcName(func.name);
  const raw = rawName(func);
  const self = kind === "method" ? 1 : 0;
  const params = func.params.slice(self).map((param, at) =>
    `p${at + self}: ${d.typeText(param.type)}`
  ).join(", ");
  const values = func.params.map((_, at) => `p${at}`);
  if (kind === "constructor") {
    code.block(`constructor(${params})`, () => {
      code.line("super();");
      const { result } = func;
      importBody(code, d, { ...func, result: HANDLE }, raw, values, (v) => {
        code.line(`this.handle = <i32>${v};`);
      });
      if (result === undefined) throw new Error("a constructor gives nothing");
    });
    return;
  }
  const result = func.result === undefined ? "void" : d.typeText(func.result);
  const head = `${kind === "static" ? "static " : ""}${memberFunction(name)}`;
  code.block(`${head}(${params}): ${result}`, () => {
    if (self === 1) code.line("const p0 = this;");
    importBody(code, d, func, raw, values);
  });
}

/** The number that a constructor gives, before it is an object. */
const HANDLE: Type = { kind: "prim", prim: "u32" };

function exported(code: Code, one: Seen, resource: string): void {
  const own = typeName(resource);
  const module = `[export]${one.from.name}`;
  code.line(`import { ${own} } from "../${one.file}";`);
  code.line(`export { ${own} };`);
  external(
    code,
    module,
    `[resource-new]${resource}`,
    `raw_new_${own}(rep: i32): i32`,
  );
  external(
    code,
    module,
    `[resource-rep]${resource}`,
    `raw_rep_${own}(handle: i32): i32`,
  );
  external(
    code,
    module,
    `[resource-drop]${resource}`,
    `raw_drop_${own}(handle: i32): void`,
  );
  code.line(`const reps_${own} = new Reps<${own}>();`);
  code.block(`export function liftOwn_${own}(handle: i32): ${own}`, () => {
    code.line(`const found = reps_${own}.at(raw_rep_${own}(handle));`);
    code.line("found.handle = handle;");
    code.line("return found;");
  });
  code.block(`export function liftBorrow_${own}(rep: i32): ${own}`, () => {
    code.line(`return reps_${own}.at(rep);`);
  });
  code.block(`export function lowerOwn_${own}(from: ${own}): i32`, () => {
    code.line("const handle = from.handle;");
    code.block("if (handle != 0)", () => {
      code.line("from.handle = 0;");
      code.line("return handle;");
    });
    code.line("assert(from.rep == 0);");
    code.line(`return raw_new_${own}(reps_${own}.add(from));`);
  });
  code.line(`/** Ends a ${own} that the cell was given back. */`);
  code.block(`export function drop${own}(from: ${own}): void`, () => {
    code.line("const handle = from.handle;");
    code.line("assert(handle != 0);");
    code.line("from.handle = 0;");
    code.line(`raw_drop_${own}(handle);`);
  });
  code.block(`export function destroy_${own}(rep: i32): void`, () => {
    code.line(`reps_${own}.remove(rep).dropped();`);
  });
}
