/**
 * The generated calls of one interface: into an instance that exports it, and from one that imports it.
 */
import type { Func, Interface, Type } from "../decode/model.ts";
import { Code } from "./dialect.ts";
import { lift, load, lower, store } from "./emit.ts";
import { crossing, layout, pointed, sequence } from "../abi/layout.ts";
import { camel, funcName, typeName } from "./names.ts";
import { hasBorrow, ownResources } from "./resources.ts";
import type { HostDialect } from "./ts_dialect.ts";

export const paramTypes = (func: Func) =>
  func.params.map((param) => param.type);

/** Writes `bind`. */
export function bind(
  code: Code,
  d: HostDialect,
  from: Interface,
  own: string,
): void {
  const inner = new Code();
  from.functions.forEach((func, at) => {
    const core = JSON.stringify(`${from.name}#${func.name}`);
    const type = coreType(d, func);
    inner.line(`const f${at} = abi.coreFunction<${type}>(core, ${core});`);
    if (hasPost(func)) {
      inner.line(`const post${at} = abi.postReturn(core, ${core});`);
    }
  });
  const resources = ownResources(from);
  for (const resource of resources) objects(inner, d, from, resource);
  inner.block("return", () => {
    for (const resource of resources) {
      const name = typeName(resource);
      inner.line(`${name}: ${name}_ as unknown as ${name}Class,`);
    }
    from.functions.forEach((func, at) => {
      if (funcName(func.name).kind === "plain") {
        callExport(inner, d, func, at, camel(func.name), ",");
      }
    });
  }, "};");
  const text = inner.toString();
  const uses = /\bm\b/.test(text);
  const param = uses || /\bcore\b/.test(text) ? "core" : "_core";
  code.block(`bind(${param}): ${own}`, () => {
    if (uses) code.line("const m = new abi.Memory(core);");
    for (const line of inner.lines) code.line(line);
  }, "},");
}

/** Writes the methods and the class of one exported resource. */
function objects(
  code: Code,
  d: HostDialect,
  from: Interface,
  resource: string,
): void {
  const name = typeName(resource);
  const key = JSON.stringify(`${from.name}.${resource}`);
  const each = (
    kinds: readonly string[],
    write: (func: Func, at: number) => void,
  ) =>
    from.functions.forEach((func, at) => {
      const parts = funcName(func.name);
      if (parts.resource === resource && kinds.includes(parts.kind)) {
        write(func, at);
      }
    });
  code.block(`res.addMethods(core, ${key},`, () => {
    each(["method"], (func, at) => {
      callExport(code, d, func, at, camel(funcName(func.name).name), ",");
    });
    code.line(`[Symbol.dispose](this: ${name}): void {`);
    code.line(`  res.dispose(core, ${key}, this);`);
    code.line("},");
  }, "});");
  code.block(`class ${name}_`, () => {
    each(["constructor"], (func, at) => {
      callExport(code, d, func, at, "constructor", "");
    });
    each(["static"], (func, at) => {
      const method = `static ${camel(funcName(func.name).name)}`;
      callExport(code, d, func, at, method, "");
    });
  });
}

/** The core signature of an export, as TypeScript. */
export function coreType(d: HostDialect, func: Func): string {
  const { params, result } = crossing(paramTypes(func), func.result);
  const list = params.map((core, at) => `f${at}: ${d.coreText(core)}`);
  const back = result === undefined ? "void" : d.coreText(result);
  return `(${list.join(", ")}) => ${back}`;
}

export function hasPost(func: Func): boolean {
  return func.result !== undefined && pointed(func.result);
}

/** Lower the arguments, call, lift the result, let the cell clean up. */
function callExport(
  code: Code,
  d: HostDialect,
  func: Func,
  at: number,
  method: string,
  after: string,
): void {
  const types = paramTypes(func);
  const { kind } = funcName(func.name);
  const names = func.params.map((_, i) => `a${i}`);
  const params = names.map((name, i) => {
    const self = kind === "method" && i === 0;
    return `${self ? "this" : name}: ${d.typeText(types[i] as Type)}`;
  }).join(", ");
  const result = func.result === undefined ? "void" : d.typeText(func.result);
  const type = kind === "constructor" ? "" : `: ${result}`;
  code.block(`${method}(${params})${type}`, () => {
    if (kind === "method") code.line("const a0 = this;");
    const borrows = types.some(hasBorrow);
    if (borrows) code.line("const before = m.core.resources.borrows;");
    const cross = crossing(types, func.result);
    const args = cross.spilled
      ? [spill(code, d, types, names)]
      : types.flatMap((type, i) => lower(d, code, type, names[i] as string));
    const call = `f${at}(${args.join(", ")})`;
    if (func.result === undefined) code.line(`${call};`);
    else code.line(`const flat = ${call};`);
    if (borrows) code.line("res.endBorrows(m.core, before);");
    if (func.result === undefined) return;
    const out = liftResult(code, d, func.result, cross.returned);
    if (hasPost(func)) code.line(`post${at}?.(flat);`);
    code.line(`return ${out}${kind === "constructor" ? " as never" : ""};`);
  }, `}${after}`);
}

export function liftResult(
  code: Code,
  d: HostDialect,
  type: Type,
  returned: boolean,
): string {
  if (!returned) return lift(d, code, type, ["flat"]);
  const { size, align } = layout(type);
  code.line("m.begin();");
  code.line(`const back = m.region(flat, ${size}, ${align});`);
  return load(d, code, type, "back", 0);
}

export function spill(
  code: Code,
  d: HostDialect,
  types: readonly Type[],
  names: readonly string[],
): string {
  const { offsets, size, align } = sequence(types);
  code.line(`const area = m.allocate(${size}, ${align});`);
  types.forEach((type, i) =>
    store(d, code, type, names[i] as string, "area", offsets[i] as number)
  );
  return "area";
}

/** Writes `lower`. */
export function lowerSide(
  code: Code,
  d: HostDialect,
  from: Interface,
  own: string,
): void {
  const inner = new Code();
  inner.block("return", () => {
    for (const func of from.functions) callHost(inner, d, func);
    for (const resource of ownResources(from)) {
      const key = JSON.stringify(`${from.name}.${resource}`);
      inner.line(
        `"[resource-drop]${resource}": (handle: number) => ` +
          `res.dropImported(core(), ${key}, handle),`,
      );
    }
  }, "};");
  const text = inner.toString();
  const memory = /\bmemory\(\)/.test(text);
  const core = memory || /\bcore\(\)/.test(text) ? "core" : "_core";
  const host = /\bhost\./.test(text) ? "host" : "_host";
  code.block(`lower(${core}, ${host}: ${own})`, () => {
    if (memory) {
      code.line("let made: abi.Memory | undefined;");
      code.line("const memory = () => made ??= new abi.Memory(core());");
    }
    for (const line of inner.lines) code.line(line);
  }, "},");
}

function hostCall(func: Func, values: readonly string[]): string {
  const { kind, resource, name } = funcName(func.name);
  const all = values.join(", ");
  const own = `host.${typeName(resource)}`;
  switch (kind) {
    case "plain":
      return `host.${camel(name)}(${all})`;
    case "constructor":
      return `new ${own}(${all})`;
    case "static":
      return `${own}.${camel(name)}(${all})`;
    case "method":
      return `${values[0]}.${camel(name)}(${values.slice(1).join(", ")})`;
  }
}

/** Lift the arguments, call the host, lower the result. */
function callHost(code: Code, d: HostDialect, func: Func): void {
  const types = paramTypes(func);
  const cross = crossing(types, func.result);
  const body = new Code();
  const values = hostArguments(body, d, types, cross);
  const call = hostCall(func, values);
  if (func.result === undefined) body.line(`${call};`);
  else {
    body.line(`const result = ${call};`);
    if (cross.returned) {
      const { size, align } = layout(func.result);
      body.line("m.refresh();");
      body.line(`const out = m.region(back, ${size}, ${align});`);
      store(d, body, func.result, "result", "out", 0);
    } else body.line(`return ${lower(d, body, func.result, "result")[0]};`);
  }
  const params = cross.params.map((core, at) => `f${at}: ${d.coreText(core)}`);
  if (cross.returned) params.push("back: number");
  code.block(
    `${JSON.stringify(func.name)}: (${params.join(", ")}) =>`,
    () => {
      code.line("abi.leave(core());");
      if (/\bm\b/.test(body.toString())) {
        code.line("const m = memory();");
        code.line("m.begin();");
      }
      for (const line of body.lines) code.line(line);
    },
    "},",
  );
}

export function hostArguments(
  code: Code,
  d: HostDialect,
  types: readonly Type[],
  cross: ReturnType<typeof crossing>,
): readonly string[] {
  if (!cross.spilled) {
    const from = cross.params.map((_, at) => `f${at}`);
    return types.map((type) => lift(d, code, type, from));
  }
  const { offsets, size, align } = sequence(types);
  code.line(`const area = m.region(f0, ${size}, ${align});`);
  return types.map((type, at) =>
    load(d, code, type, "area", offsets[at] as number)
  );
}

/** Writes `exportIntrinsics`. */
export function intrinsics(code: Code, from: Interface): void {
  const resources = ownResources(from);
  if (resources.length === 0) {
    code.line("exportIntrinsics() { return {}; },");
    return;
  }
  code.block("exportIntrinsics(core)", () => {
    code.block("return", () => {
      for (const resource of resources) {
        const key = JSON.stringify(`${from.name}.${resource}`);
        for (
          const [name, call] of [
            ["new", "newHandle"],
            ["rep", "repOf"],
            ["drop", "dropExported"],
          ]
        ) {
          code.line(
            `"[resource-${name}]${resource}": (n: number) => ` +
              `res.${call}(core(), ${key}, n),`,
          );
        }
      }
    }, "};");
  }, "},");
}
