/** Statements of a function, and how each can end. */
import { BARRIERS, isStatement } from "./check_builtins.ts";
import { declareLocal, local } from "./check_declarations.ts";
import { called, check, load, valueOf } from "./check_expressions.ts";
import type { Case, Expression, Ref, Statement } from "./ir.ts";
import { agreed, as, binary, concrete, knownOf, truth } from "./operators.ts";
import { type Place, refuse } from "./refused.ts";
import { type Context, inner } from "./scope.ts";
import type {
  AssignSyntax,
  BlockSyntax,
  CallSyntax,
  StatementSyntax,
} from "./syntax.ts";
import { elementOf, isInteger, textOf, type Type } from "./types.ts";

/** Where a statement stands. */
export interface Around {
  readonly result: Type | undefined;
  readonly canBreak: boolean;
  readonly canContinue: boolean;
  readonly canReturn: boolean;
}

/** How a statement can end: as bits. */
export const NEXT = 1;
const BREAK = 2;
const CONTINUE = 4;
const RETURN = 8;

export interface Body {
  readonly statements: Statement[];
  /** The ways in which it can end. */
  readonly ends: number;
}

export function checkBlock(
  block: BlockSyntax,
  context: Context,
  around: Around,
): Body {
  return checkList(block.statements, inner(context), around);
}

/** In the scope that is given. */
export function checkList(
  list: readonly StatementSyntax[],
  context: Context,
  around: Around,
): Body {
  const statements: Statement[] = [];
  let ends = NEXT;
  for (const one of list) {
    const body = checkStatement(one, context, around);
    for (const statement of body.statements) statements.push(statement);
    if (ends & NEXT) ends = (ends & ~NEXT) | body.ends;
  }
  return { statements, ends };
}

const goesOn = (...statements: Statement[]): Body => ({
  statements,
  ends: NEXT,
});

function checkStatement(
  syntax: StatementSyntax,
  context: Context,
  around: Around,
): Body {
  const { place } = syntax;
  switch (syntax.kind) {
    case "declare": {
      const declared = declareLocal(syntax, context);
      return declared === undefined ? goesOn() : goesOn(declared);
    }
    case "block": {
      const { statements, ends } = checkBlock(syntax, context, around);
      return { statements: [{ op: "block", body: statements, place }], ends };
    }
    case "assign":
      return goesOn(...assign(syntax, context));
    case "call":
      return goesOn(callStatement(syntax.call, context));
    case "if":
      return checkIf(syntax, context, around);
    case "switch":
      return checkSwitch(syntax, context, around);
    case "loop":
      return checkLoop(syntax, context, around);
    case "break":
      if (!around.canBreak) {
        refuse(place, "break leaves no loop and no switch here", "remove it");
      }
      return { statements: [{ op: "break", place }], ends: BREAK };
    case "continue":
      if (!around.canContinue) {
        refuse(place, "continue is in no loop's body here", "remove it");
      }
      return { statements: [{ op: "continue", place }], ends: CONTINUE };
    case "return":
      return {
        statements: [checkReturn(syntax, context, around)],
        ends: RETURN,
      };
    case "assert":
      assertion(syntax.condition, context);
      return goesOn();
  }
}

export function assertion(
  syntax: Parameters<typeof valueOf>[0],
  context: Context,
): void {
  const value = knownOf(truth(valueOf(syntax, context), syntax.place));
  if (value === true) return;
  refuse(
    syntax.place,
    value === false ? "the assertion does not hold" : "this is no constant",
    "correct it",
  );
}

function checkReturn(
  { value, place }: StatementSyntax & { kind: "return" },
  context: Context,
  { result, canReturn }: Around,
): Statement {
  if (!canReturn) {
    refuse(place, "return in a continuing block", "return before");
  }
  if (value === undefined || result === undefined) {
    if ((value === undefined) === (result === undefined)) {
      return { op: "return", value: undefined, place };
    }
    refuse(
      place,
      result === undefined
        ? "the function gives nothing"
        : `the function gives ${textOf(result)}`,
      result === undefined ? "return without a value" : "return a value",
    );
  }
  const given = as(valueOf(value, context), result, value.place);
  return { op: "return", value: given, place };
}

function callStatement(syntax: CallSyntax, context: Context): Statement {
  const { callee: { name }, place, args } = syntax;
  if (BARRIERS.has(name) && context.scope.find(name, place) === undefined) {
    if (args.length > 0) {
      refuse(place, `${name} has no arguments`, "remove them");
    }
    if (context.owner !== undefined) context.owner.hasBarrier = true;
    return { op: "barrier", place };
  }
  const value = called(syntax, context);
  if (value?.op === "uniform" && context.owner !== undefined) {
    context.owner.hasBarrier = true;
  }
  const isCall = value?.op === "call" || isStatement(name);
  if (value === undefined || !isCall) {
    refuse(place, `the value of ${name} goes nowhere`, "use it: _ = …");
  }
  return { op: "run", value, place };
}

function assign(syntax: AssignSyntax, context: Context): Statement[] {
  const { to, operator, value, isStep, place } = syntax;
  if (to === undefined) {
    return [{
      op: "run",
      value: concrete(valueOf(value, context), place),
      place,
    }];
  }
  const target = check(to, context);
  if (target.kind === "value") {
    refuse(to.place, "this has one value for ever", "assign to a var");
  }
  if (target.ref.access === "read") {
    refuse(to.place, "this is only read", "declare it as read_write");
  }
  const given = valueOf(value, context);
  if (operator === undefined) {
    load(target.ref, to.place);
    const all = as(given, target.ref.type, value.place);
    return [{ op: "store", to: target.ref, value: all, place }];
  }
  const before: Statement[] = [];
  const ref = pinned(target.ref, before, place);
  const old = load(ref, to.place);
  const element = elementOf(old.type);
  if (
    isStep &&
    (element === undefined || !isInteger(element) || old.type.kind !== "scalar")
  ) {
    refuse(place, `a step of ${textOf(old.type)}`, "step a whole number");
  }
  const made = binary(operator, [old, to.place], [given, value.place], place);
  const next = as(made, ref.type, place);
  const store: Statement = { op: "store", to: ref, value: next, place };
  return before.length === 0
    ? [store]
    : [{ op: "block", body: [...before, store], place }];
}

/** The same place, whose indices are reckoned once. */
function pinned(ref: Ref, before: Statement[], place: Place): Ref {
  if (ref.op === "variable") return ref;
  if (ref.op === "deref") {
    return { ...ref, pointer: once(ref.pointer, before, place) };
  }
  const of = pinned(ref.of, before, place);
  if (ref.op === "member") return { ...ref, of };
  return { ...ref, of, at: once(ref.at, before, place) };
}

function once(
  value: Expression,
  before: Statement[],
  place: Place,
): Expression {
  if (value.op === "const" || value.op === "value") return value;
  const settled = concrete(value, place);
  const variable = local("", settled.type, true);
  before.push({ op: "declare", variable, initial: settled, place });
  return { op: "value", variable, type: settled.type };
}

function checkIf(
  syntax: StatementSyntax & { kind: "if" },
  context: Context,
  around: Around,
): Body {
  let ends = 0;
  const clauses = syntax.clauses.map((clause) => {
    const { condition: { place } } = clause;
    const condition = truth(valueOf(clause.condition, context), place);
    const body = checkBlock(clause.body, context, around);
    ends |= body.ends;
    return { condition, body: body.statements };
  });
  const last = syntax.otherwise === undefined
    ? goesOn()
    : checkBlock(syntax.otherwise, context, around);
  const otherwise = last.statements;
  return {
    statements: [{ op: "if", clauses, otherwise, place: syntax.place }],
    ends: ends | last.ends,
  };
}

function checkSwitch(
  { on, cases: written, place }: StatementSyntax & { kind: "switch" },
  context: Context,
  around: Around,
): Body {
  const selector = valueOf(on, context);
  const selectors = written.flatMap((one) =>
    one.selectors.flatMap((each) =>
      each === undefined ? [] : [[valueOf(each, context), each.place] as const]
    )
  );
  const [given] = agreed(
    [[selector, on.place], ...selectors],
    "a switch",
    place,
  );
  const type = given && concrete(given, on.place).type;
  if (type === undefined || type.kind !== "scalar" || !isInteger(type.of)) {
    refuse(on.place, "a switch on what is no whole number", "convert it");
  }
  const seen = new Set<number>();
  let defaults = 0;
  let ends = 0;
  const inside = { ...around, canBreak: true };
  const cases = written.map((one): Case => {
    const values = one.selectors.flatMap((each) => {
      if (each !== undefined) return [caseOf(each, type, context, seen)];
      defaults += 1;
      return [];
    });
    const body = checkBlock(one.body, context, inside);
    ends |= body.ends;
    const isDefault = one.selectors.includes(undefined);
    return { values, isDefault, body: body.statements };
  });
  if (defaults !== 1) {
    refuse(place, `the switch has ${defaults} defaults`, "give it one");
  }
  if (ends & BREAK) ends = (ends & ~BREAK) | NEXT;
  const value = as(selector, type, on.place);
  return { statements: [{ op: "switch", on: value, cases, place }], ends };
}

function caseOf(
  syntax: Parameters<typeof valueOf>[0],
  type: Type,
  context: Context,
  seen: Set<number>,
): number {
  const value = knownOf(as(valueOf(syntax, context), type, syntax.place));
  if (typeof value !== "number" || seen.has(value)) {
    refuse(
      syntax.place,
      value === undefined
        ? "a case that is no constant"
        : "a case that is there already",
      "give each its own constant",
    );
  }
  seen.add(value);
  return value;
}

function checkLoop(
  syntax: StatementSyntax & { kind: "loop" },
  context: Context,
  around: Around,
): Body {
  const { place, first, condition } = syntax;
  const outside = inner(context);
  const before = first === undefined
    ? []
    : checkStatement(first, outside, around).statements;
  const inside = { ...around, canBreak: true, canContinue: true };
  const own = inner(outside);
  const statements: Statement[] = [];
  let ends = 0;
  if (condition !== undefined) {
    const holds = truth(valueOf(condition, own), condition.place);
    const clauses = [{ condition: holds, body: [] }];
    const otherwise = [{ op: "break", place } as const];
    statements.push({ op: "if", clauses, otherwise, place: condition.place });
    ends |= BREAK;
  }
  const within = inner(own);
  const body = checkList(syntax.body.statements, within, inside);
  for (const one of body.statements) statements.push(one);
  ends |= body.ends;
  const seen = syntax.isFor ? own : within;
  const closing = checkContinuing(syntax, seen, around);
  if (closing.breakIf !== undefined) ends |= BREAK;
  if ((ends & (BREAK | RETURN)) === 0) {
    refuse(place, "the loop never ends", "give it a break or a return");
  }
  const loop: Statement = {
    op: "loop",
    body: statements,
    continuing: closing.statements,
    breakIf: closing.breakIf,
    place,
  };
  const out = (ends & RETURN) | (ends & BREAK ? NEXT : 0);
  return before.length === 0 ? { statements: [loop], ends: out } : {
    statements: [{ op: "block", body: [...before, loop], place }],
    ends: out,
  };
}

function checkContinuing(
  { continuing, breakIf }: StatementSyntax & { kind: "loop" },
  context: Context,
  around: Around,
) {
  const own = inner(context);
  const inside = {
    ...around,
    canBreak: false,
    canContinue: false,
    canReturn: false,
  };
  const { statements } = checkList(continuing?.statements ?? [], own, inside);
  const until = breakIf && truth(valueOf(breakIf, own), breakIf.place);
  return { statements, breakIf: until };
}
