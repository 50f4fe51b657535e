/** Functions: what they take and give, what an entry point is given, their bodies. */
import { local } from "./check_declarations.ts";
import { checkBlock, NEXT } from "./check_statements.ts";
import { typeOf, wholeOf } from "./check_types.ts";
import type { Entry, FunctionIr } from "./ir.ts";
import { refuse } from "./refused.ts";
import type { Globals } from "./scope.ts";
import type { FunctionSyntax, MemberSyntax } from "./syntax.ts";
import {
  isConstructible,
  isSame,
  textOf,
  type Type,
  U32,
  vector,
} from "./types.ts";

const BUILTINS: ReadonlyMap<string, Type> = new Map<string, Type>([
  ["global_invocation_id", vector(3, "u32")],
  ["local_invocation_id", vector(3, "u32")],
  ["local_invocation_index", U32],
  ["workgroup_id", vector(3, "u32")],
  ["num_workgroups", vector(3, "u32")],
]);

export function signature(
  syntax: FunctionSyntax,
  globals: Globals,
): FunctionIr {
  const context = globals.context();
  const { name, place, attributes, parameters } = syntax;
  const entry = entryOf(syntax, globals);
  const result = syntax.result && typeOf(syntax.result, context);
  if (
    result !== undefined && (!isConstructible(result) || entry !== undefined)
  ) {
    refuse(
      place,
      `${name} gives ${textOf(result)}`,
      "let it give nothing, or a value",
    );
  }
  for (const { name: attribute, place: at } of attributes) {
    if (!/^(compute|workgroup_size|must_use|const)$/.test(attribute)) {
      refuse(at, `@${attribute} of a function`, "remove it");
    }
  }
  const variables = parameters.map((one) => {
    const type = typeOf(one.type, context);
    if (type.kind !== "ptr" && !isConstructible(type)) {
      refuse(one.place, `a parameter of type ${textOf(type)}`, "pass a value");
    }
    return local(one.name, type, true);
  });
  const builtins = entry === undefined
    ? []
    : parameters.map((one, at) => given(one, variables[at]?.type, globals));
  return {
    name,
    place,
    parameters: variables,
    result,
    builtins,
    entry,
    body: [],
    calls: new Set(),
    uses: new Set(),
    hasBarrier: false,
  };
}

/** The builtin that a parameter of an entry point is. */
function given(
  { attributes, place, name }: MemberSyntax,
  type: Type | undefined,
  _: Globals,
): string {
  const [word] = attributes.find((one) => one.name === "builtin")?.args ?? [];
  const builtin = word?.kind === "name" ? word.name : "";
  const wanted = BUILTINS.get(builtin);
  if (wanted === undefined || type === undefined) {
    refuse(
      place,
      `${name} is no builtin of a compute shader`,
      "write @builtin(…) before it",
    );
  }
  if (isSame(type, wanted)) return builtin;
  return refuse(place, `${builtin} is ${textOf(wanted)}`, "declare it so");
}

function entryOf(
  { attributes, name, place }: FunctionSyntax,
  globals: Globals,
): Entry | undefined {
  const size = attributes.find((one) => one.name === "workgroup_size");
  const isCompute = attributes.some((one) => one.name === "compute");
  if (!isCompute && size === undefined) return undefined;
  if (
    !isCompute || size === undefined || size.args.length > 3 ||
    size.args.length === 0
  ) {
    refuse(
      place,
      `${name} has not both @compute and @workgroup_size(…)`,
      "write both",
    );
  }
  const [x = 1, y = 1, z = 1] = size.args.map((one) => {
    const value = Number(wholeOf(one, globals.context()));
    if (value > 0) return value;
    return refuse(one.place, `a group of ${value}`, "make it 1 or more");
  });
  return { size: [x, y, z] };
}

export function checkFunction(
  syntax: FunctionSyntax,
  owner: FunctionIr,
  globals: Globals,
): void {
  const context = { ...globals.context(), owner };
  for (const [at, variable] of owner.parameters.entries()) {
    const place = syntax.parameters[at]?.place ?? syntax.place;
    context.scope.add(variable.name, { kind: "variable", variable }, place);
  }
  const { statements, ends } = checkBlock(syntax.body, context, {
    result: owner.result,
    canBreak: false,
    canContinue: false,
    canReturn: true,
  });
  if (owner.result !== undefined && ends & NEXT) {
    refuse(
      syntax.place,
      `${syntax.name} can end without a value`,
      "return one at its end",
    );
  }
  owner.body = statements;
}
