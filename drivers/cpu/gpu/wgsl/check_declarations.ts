/** `var`, `let` and `const` of a function. */
import { bufferOf } from "./check_builtins.ts";
import { valueOf } from "./check_expressions.ts";
import { spaceOf, typeOf } from "./check_types.ts";
import type { Expression, Statement, Variable } from "./ir.ts";
import { as, concrete, knownOf } from "./operators.ts";
import { type Place, refuse } from "./refused.ts";
import type { Context } from "./scope.ts";
import type { DeclarationSyntax } from "./syntax.ts";
import {
  isConstructible,
  isRuntimeSized,
  sizeOf,
  textOf,
  type Type,
} from "./types.ts";

/** Octets of one variable outside of buffers, as WGSL bounds them. */
export const VARIABLE_OCTETS_MAX = 8192;

export function local(
  name: string,
  type: Type,
  isFixed: boolean,
): Variable {
  return {
    name,
    type,
    isFixed,
    space: "function",
    access: "read_write",
    isAddressed: false,
    binding: undefined,
    initial: undefined,
    root: undefined,
  };
}

/** Gives the name to what follows; a constant leaves nothing behind. */
export function declareLocal(
  syntax: DeclarationSyntax,
  context: Context,
): Statement | undefined {
  const { how, name, place } = syntax;
  if (how === "override") {
    refuse(place, "an override in a function", "declare it in the module");
  }
  const written = syntax.type && typeOf(syntax.type, context);
  const initial = syntax.initial === undefined
    ? undefined
    : typed(valueOf(syntax.initial, context), written, syntax.initial.place);
  if (how === "const") {
    if (initial === undefined || knownOf(initial) === undefined) {
      refuse(place, `${name} is not known when this is compiled`, "use let");
    }
    context.scope.add(name, { kind: "const", value: initial }, place);
    return undefined;
  }
  const value = initial && concrete(initial, place);
  const type = written ?? value?.type;
  if (type === undefined || (how === "let" && value === undefined)) {
    refuse(
      place,
      `${name} has no ${how === "let" ? "value" : "type"}`,
      "give it one",
    );
  }
  if (how === "var") variableSpace(syntax, context, type);
  const isPointer = how === "let" && type.kind === "ptr";
  stored(name, type, isPointer, place);
  const variable = local(name, type, how === "let");
  if (isPointer && value !== undefined && isRuntimeSized(type.of)) {
    variable.root = bufferOf(value);
  }
  context.scope.add(name, { kind: "variable", variable }, place);
  return { op: "declare", variable, initial: value, place };
}

/** As the written type, if there is one. */
function typed(
  value: Expression,
  written: Type | undefined,
  place: Place,
): Expression {
  return written === undefined ? value : as(value, written, place);
}

function variableSpace(
  { space, place }: DeclarationSyntax,
  _: Context,
  type: Type,
): void {
  if (space.length > 0 && spaceOf(space[0]) !== "function") {
    refuse(
      place,
      "a variable of the module in a function",
      "declare it outside",
    );
  }
  if (type.kind === "ptr") refuse(place, "a pointer in a var", "use let");
}

function stored(
  name: string,
  type: Type,
  isPointer: boolean,
  place: Place,
): void {
  if (!isPointer && !isConstructible(type)) {
    refuse(place, `${name} of type ${textOf(type)}`, "declare a value");
  }
  if (!isPointer && sizeOf(type) > VARIABLE_OCTETS_MAX) {
    refuse(
      place,
      `${name} has ${sizeOf(type)} octets, ${VARIABLE_OCTETS_MAX} are the most`,
      "put it into a buffer",
    );
  }
}
