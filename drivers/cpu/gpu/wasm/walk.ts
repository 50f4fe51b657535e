/** Over the parts of expressions and statements. */
import type { Expression, Ref, Statement } from "../wgsl/ir.ts";

type Change = (expression: Expression) => Expression;

/** The same, with other parts: in the order in which they are reckoned. */
export function mapped(of: Expression, change: Change): Expression {
  switch (of.op) {
    case "load":
      return { ...of, ref: mappedRef(of.ref, change) };
    case "address":
      return { ...of, ref: mappedRef(of.ref, change) };
    case "unary":
    case "splat":
    case "swizzle":
    case "field":
    case "convert":
    case "bits":
      return { ...of, of: change(of.of) };
    case "binary":
    case "short":
      return { ...of, left: change(of.left), right: change(of.right) };
    case "compose":
    case "make":
      return { ...of, parts: of.parts.map(change) };
    case "at":
      return { ...of, of: change(of.of), at: change(of.at) };
    case "builtin":
    case "call":
      return { ...of, args: of.args.map(change) };
    case "atomic":
      return {
        ...of,
        pointer: change(of.pointer),
        args: of.args.map(change),
      };
    case "uniform":
      return { ...of, pointer: change(of.pointer) };
    case "const":
    case "value":
    case "length":
      return of;
  }
}

export function mappedRef(ref: Ref, change: Change): Ref {
  switch (ref.op) {
    case "variable":
      return ref;
    case "deref":
      return { ...ref, pointer: change(ref.pointer) };
    case "member":
      return { ...ref, of: mappedRef(ref.of, change) };
    case "element":
    case "component":
      return { ...ref, of: mappedRef(ref.of, change), at: change(ref.at) };
  }
}

const known = new WeakMap<Expression | Statement, boolean>();

/** Whether the whole group has to be here together. */
export function isTogether(of: Expression): boolean {
  const found = known.get(of);
  if (found !== undefined) return found;
  let is = of.op === "uniform" || (of.op === "call" && of.to.hasBarrier);
  mapped(of, (part) => {
    is = isTogether(part) || is;
    return part;
  });
  known.set(of, is);
  return is;
}

export function isRefTogether(ref: Ref): boolean {
  let is = false;
  mappedRef(ref, (part) => {
    is = isTogether(part) || is;
    return part;
  });
  return is;
}

export function needsGroup(of: Statement): boolean {
  const found = known.get(of);
  if (found !== undefined) return found;
  const is = needs(of);
  known.set(of, is);
  return is;
}

const any = (all: readonly Statement[]) => all.some(needsGroup);

function needs(of: Statement): boolean {
  switch (of.op) {
    case "declare":
      return of.initial !== undefined && isTogether(of.initial);
    case "store":
      return isTogether(of.value) || isRefTogether(of.to);
    case "run":
      return isTogether(of.value);
    case "block":
      return any(of.body);
    case "if":
      return any(of.otherwise) ||
        of.clauses.some((one) => isTogether(one.condition) || any(one.body));
    case "switch":
      return isTogether(of.on) || of.cases.some((one) => any(one.body));
    case "loop":
      return any(of.body) || any(of.continuing) ||
        (of.breakIf !== undefined && isTogether(of.breakIf));
    case "return":
      return of.value !== undefined && isTogether(of.value);
    case "barrier":
      return true;
    default:
      return false;
  }
}
