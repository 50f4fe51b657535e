/** A whole source: what it declares, and the program that an entry point is. */
import { checkFunction, signature } from "./check_functions.ts";
import { assertion } from "./check_statements.ts";
import { VARIABLE_OCTETS_MAX } from "./check_declarations.ts";
import { check, valueOf } from "./check_expressions.ts";
import { accessOf, spaceOf, structOf, typeOf, wholeOf } from "./check_types.ts";
import type { Entry, FunctionIr, Variable } from "./ir.ts";
import { as, concrete, constant, knownOf } from "./operators.ts";
import { parseModule } from "./parse_module.ts";
import { type Place, refuse, WgslRefused } from "./refused.ts";
import { type Entity, Globals } from "./scope.ts";
import type {
  AttributeSyntax,
  DeclarationSyntax,
  ModuleSyntax,
} from "./syntax.ts";
import { zeroOf } from "./constants.ts";
import {
  isConstructible,
  isRuntimeSized,
  isShareable,
  sizeOf,
  textOf,
  type Type,
} from "./types.ts";

/** What one entry point needs. */
export interface ProgramIr {
  readonly entry: FunctionIr;
  readonly size: Entry["size"];
  /** What is called, before who calls it. */
  readonly functions: readonly FunctionIr[];
  /** Module variables that are used. */
  readonly variables: readonly Variable[];
}

export interface Bounds {
  readonly invocationsMax: number;
  readonly workgroupOctetsMax: number;
}

/** Throws `WgslRefused` where the source is not WGSL as it is taken here. */
export function checkSource(
  source: string,
  entry: string,
  bounds: Bounds,
): ProgramIr {
  try {
    return checked(source, entry, bounds);
  } catch (error) {
    // However it is nested: the bounds of the parser are below this one.
    if (!(error instanceof RangeError)) throw error;
    throw new WgslRefused(
      { line: 1, column: 1 },
      `the source is nested too deeply (${error.message})`,
      "give parts of it names",
    );
  }
}

function checked(source: string, name: string, bounds: Bounds): ProgramIr {
  const all = parseModule(source);
  const globals = new Globals(all, { resolve, check });
  const bodies = new Map<string, FunctionIr>();
  for (const one of all) {
    if (one.kind === "assert") {
      assertion(one.condition, globals.context());
      continue;
    }
    const entity = globals.find(one.name, one.place);
    if (entity?.kind === "function") bodies.set(one.name, entity.function);
  }
  for (const one of all) {
    const owner = one.kind === "function" ? bodies.get(one.name) : undefined;
    if (one.kind === "function" && owner !== undefined) {
      checkFunction(one, owner, globals);
    }
  }
  for (const one of bodies.values()) calledBy(one, new Set(), new Set());
  const entry = bodies.get(name);
  if (entry?.entry === undefined) {
    refuse(
      entry?.place ?? { line: 1, column: 1 },
      entry === undefined
        ? `there is no function ${name}`
        : `${name} is no entry point of a compute shader`,
      "name a function with @compute and @workgroup_size",
    );
  }
  return programOf(entry, entry.entry, bounds);
}

const CALLS_DEPTH_MAX = 255;

/** Callees first; a circle is refused. */
function calledBy(
  one: FunctionIr,
  done: Set<FunctionIr>,
  open: Set<FunctionIr>,
): void {
  if (done.has(one)) return;
  if (open.has(one)) {
    refuse(one.place, `${one.name} calls itself`, "use a loop");
  }
  if (open.size >= CALLS_DEPTH_MAX) {
    refuse(
      one.place,
      `more than ${CALLS_DEPTH_MAX} calls lead here`,
      "call less",
    );
  }
  open.add(one);
  for (const other of one.calls) {
    calledBy(other, done, open);
    if (other.hasBarrier) one.hasBarrier = true;
  }
  open.delete(one);
  done.add(one);
}

function programOf(
  entry: FunctionIr,
  { size }: Entry,
  bounds: Bounds,
): ProgramIr {
  const functions = new Set<FunctionIr>();
  calledBy(entry, functions, new Set());
  const variables = new Set<Variable>();
  for (const one of functions) {
    for (const variable of one.uses) variables.add(variable);
  }
  const [x, y, z] = size;
  const { invocationsMax, workgroupOctetsMax } = bounds;
  if (x * y * z > invocationsMax || x > 256 || y > 256 || z > 64) {
    refuse(
      entry.place,
      `a group of ${x} x ${y} x ${z}, ${invocationsMax} invocations are the most`,
      "make @workgroup_size smaller",
    );
  }
  let octets = 0;
  for (const { space, type } of variables) {
    if (space === "workgroup") octets += Math.ceil(sizeOf(type) / 16) * 16;
  }
  if (octets > workgroupOctetsMax) {
    refuse(
      entry.place,
      `${octets} octets of var<workgroup>, ${workgroupOctetsMax} are the most`,
      "declare less",
    );
  }
  return { entry, size, functions: [...functions], variables: [...variables] };
}

function resolve(
  one: Exclude<ModuleSyntax, { kind: "assert" }>,
  globals: Globals,
): Entity {
  const context = globals.context();
  switch (one.kind) {
    case "struct":
      return { kind: "type", type: structOf(one, context) };
    case "alias":
      return { kind: "type", type: typeOf(one.type, context) };
    case "function":
      return { kind: "function", function: signature(one, globals) };
    case "declare":
      return one.how === "var"
        ? { kind: "variable", variable: moduleVariable(one, globals) }
        : { kind: "const", value: moduleConstant(one, globals) };
  }
}

function moduleConstant(
  { how, type, initial, name, place }: DeclarationSyntax,
  globals: Globals,
) {
  const context = globals.context();
  if (how === "let" || initial === undefined) {
    refuse(
      place,
      how === "override"
        ? `the override ${name} has no value, and the contract gives none`
        : `${name} has no value`,
      "give it one with =",
    );
  }
  const given = valueOf(initial, context);
  const written = type && typeOf(type, context);
  const value = written === undefined
    ? given
    : as(given, written, initial.place);
  if (knownOf(value) === undefined) {
    refuse(initial.place, "this is no constant", "use constants alone");
  }
  return how === "override" ? concrete(value, place) : value;
}

function moduleVariable(
  { name, place, space: words, type: written, initial, attributes }:
    DeclarationSyntax,
  globals: Globals,
): Variable {
  const context = globals.context();
  const [where, how] = words;
  if (where === undefined) {
    refuse(
      place,
      `${name} has no address space`,
      "write var<private>, <workgroup> or <storage>",
    );
  }
  const space = spaceOf(where);
  const access = accessOf(how, space);
  const given = initial && concrete(valueOf(initial, context), initial.place);
  const type = written === undefined ? given?.type : typeOf(written, context);
  if (type === undefined) refuse(place, `${name} has no type`, "give it one");
  placed(name, type, space, place);
  if (given !== undefined && space !== "private") {
    refuse(place, `${name} has a value at first`, "store one in the program");
  }
  const value = initial && as(valueOf(initial, context), type, initial.place);
  if (value !== undefined && knownOf(value) === undefined) {
    refuse(place, `${name} starts with no constant`, "use constants alone");
  }
  const binding = space === "storage"
    ? bindingOf(name, attributes, place, globals)
    : undefined;
  return {
    name,
    type,
    space,
    access,
    binding,
    isFixed: false,
    isAddressed: true,
    initial: space === "private"
      ? value ?? constant(type, zeroOf(type))
      : undefined,
    root: undefined,
  };
}

function placed(name: string, type: Type, space: string, place: Place): void {
  const isGood = space === "storage"
    ? isShareable(type)
    : space === "private"
    ? isConstructible(type)
    : space === "workgroup" && !isRuntimeSized(type) && type.kind !== "ptr";
  if (!isGood) {
    refuse(
      place,
      `${name} of type ${textOf(type)} in ${space}`,
      "declare another type",
    );
  }
  if (space === "private" && sizeOf(type) > VARIABLE_OCTETS_MAX) {
    refuse(
      place,
      `${name} has ${sizeOf(type)} octets, ${VARIABLE_OCTETS_MAX} are the most`,
      "put it into a buffer",
    );
  }
}

const BINDINGS_MAX = 1000;

function bindingOf(
  name: string,
  attributes: readonly AttributeSyntax[],
  place: Place,
  globals: Globals,
): number {
  const number = (what: string) => {
    const [value] = attributes.find((one) => one.name === what)?.args ?? [];
    if (value === undefined) {
      refuse(place, `${name} has no @${what}`, "write @group(0) @binding(N)");
    }
    return Number(wholeOf(value, globals.context()));
  };
  if (number("group") !== 0) {
    refuse(place, `${name} is not in group 0`, "the contract binds that alone");
  }
  const binding = number("binding");
  if (binding >= 0 && binding <= BINDINGS_MAX) return binding;
  return refuse(place, `@binding(${binding})`, `use 0 to ${BINDINGS_MAX}`);
}
