/**
 * Holds a core module against the contracts of its component.
 *
 * The engine calls core functions by the names that wit-component gives them. A
 * component may lift another function than the one of that name, so that what
 * its contract says and what the engine would call differ. Such a one is refused
 * here, before any code runs; behind it, every number that crosses has the type
 * that the bindings were made for.
 */
import { crossing, pointed } from "../../../wit/abi/layout.ts";
import {
  type Alias,
  type Func,
  type Interface,
  root,
  type World,
} from "../../../wit/decode/model.ts";
import { type CoreImport, type CoreShape, coreType } from "./core_shape.ts";
import { ComponentRefusal } from "./refusal.ts";

const REALLOC = "cabi_realloc";
const INTRINSIC = /^\[resource-(new|rep|drop)\]/;
/** Functions of no contract that the engine calls. */
const OWN: ReadonlyMap<string, string> = new Map([
  [REALLOC, coreType(["i32", "i32", "i32", "i32"], ["i32"])],
  ["_initialize", coreType([], [])],
]);

/** Throws a refusal that names the function. */
export function checkShape(shape: CoreShape, world: World): void {
  for (const [name, type] of OWN) expect(shape, name, type);
  for (const from of world.exports) checkExports(shape, from);
  const imported = new Map(world.imports.map((from) => [from.name, from]));
  const used = shape.imports.map((one) => checkImport(one, imported));
  const needsRealloc =
    used.some((func) => func?.result && pointed(func.result)) ||
    world.exports.some(({ functions }) => functions.some(takesMemory));
  if (needsRealloc && !shape.exports.has(REALLOC)) {
    throw refusal(`it takes lists or texts, but exports no "${REALLOC}"`);
  }
  checkResources(world);
}

function checkExports(shape: CoreShape, from: Interface): void {
  for (const func of from.functions) {
    const name = `${from.name}#${func.name}`;
    const { params, result } = crossingOf(func);
    const results = result === undefined ? [] : [result];
    if (!shape.exports.has(name)) {
      throw refusal(`it does not export "${name}", which its contract has`);
    }
    expect(shape, name, coreType(params, results));
    expect(shape, `cabi_post_${name}`, coreType(results, []));
  }
  for (const name of shape.exports.keys()) {
    if (name.startsWith(`${from.name}#[dtor]`)) {
      expect(shape, name, coreType(["i32"], []));
    }
  }
}

/** The function behind it; what no contract has is refused when it is linked. */
function checkImport(
  { module, name, type }: CoreImport,
  world: ReadonlyMap<string, Interface>,
): Func | undefined {
  const isNumber = INTRINSIC.test(name);
  const func = world.get(module)?.functions.find((one) => one.name === name);
  if (!isNumber && func === undefined) return undefined;
  const expected = func === undefined
    ? coreType(["i32"], name.startsWith("[resource-drop]") ? [] : ["i32"])
    : importType(func);
  if (type !== expected) {
    throw refusal(
      `it imports "${name}" of "${module}" as ${type}, not ${expected}`,
    );
  }
  return func;
}

function importType(func: Func): string {
  const { params, result, returned } = crossingOf(func);
  if (returned) return coreType([...params, "i32"], []);
  return coreType(params, result === undefined ? [] : [result]);
}

function crossingOf(func: Func) {
  return crossing(func.params.map((param) => param.type), func.result);
}

function takesMemory(func: Func): boolean {
  return crossingOf(func).spilled ||
    func.params.some((param) => pointed(param.type));
}

function expect(shape: CoreShape, name: string, type: string): void {
  const found = shape.exports.get(name);
  if (found === undefined || found === type) return;
  throw refusal(`it exports "${name}" as ${found}, not ${type}`);
}

/** Handles of both sides would go by one name. */
function checkResources(world: World): void {
  const names = new Set(world.imports.map((from) => from.name));
  for (const { name, types } of world.exports) {
    if (!names.has(name)) continue;
    const isOwn = ({ target }: Alias) =>
      target.kind === "resource" && root(target.resource).owner?.name === name;
    if (types.some(isOwn)) {
      throw refusal(`it imports and exports the resources of ${name}`);
    }
  }
}

function refusal(reason: string): ComponentRefusal {
  return new ComponentRefusal("unsupported", `its core module: ${reason}`);
}
