/** Expressions and types: a type is a name with a list, as calls have it. */
import type { Cursor } from "./cursor.ts";
import { shown } from "./cursor.ts";
import { refuse } from "./refused.ts";
import type { CallSyntax, ExpressionSyntax, NameSyntax } from "./syntax.ts";
import { KEYWORDS, TEMPLATES } from "./words.ts";

/** How deep an expression may be, however it is written. */
const EXPRESSION_DEPTH_MAX = 256;

const POWERS: ReadonlyMap<string, number> = new Map([
  ["||", 1],
  ["&&", 2],
  ["|", 3],
  ["^", 4],
  ["&", 5],
  ["==", 6],
  ["!=", 6],
  ["<", 7],
  ["<=", 7],
  [">", 7],
  [">=", 7],
  ["<<", 8],
  [">>", 8],
  ["+", 9],
  ["-", 9],
  ["*", 10],
  ["/", 10],
  ["%", 10],
]);
const SUM = 9;

export function parseExpression(cursor: Cursor): ExpressionSyntax {
  return cursor.nested(() => binary(cursor, 0));
}

/** A name, and its list if it has one. */
export function parseType(cursor: Cursor, what: string): NameSyntax {
  const { text: name, place } = cursor.name(what);
  const args = templateOf(cursor, name);
  const depth = depthOf(cursor, args ?? []);
  return args === undefined
    ? { kind: "name", name, place, depth }
    : { kind: "name", name, args, place, depth };
}

function templateOf(
  cursor: Cursor,
  name: string,
): ExpressionSyntax[] | undefined {
  if (!TEMPLATES.has(name) || !cursor.is("<")) return undefined;
  cursor.take();
  return parseTemplate(cursor);
}

/** What stands behind `<`, up to and with `>`. */
export function parseTemplate(cursor: Cursor): ExpressionSyntax[] {
  const args: ExpressionSyntax[] = [];
  cursor.nested(() => {
    for (;;) {
      // A `>` ends the list: comparisons and shifts need parentheses here.
      args.push(binary(cursor, SUM));
      if (!cursor.takes(",") || cursor.next.text.startsWith(">")) break;
    }
  });
  cursor.closeTemplate();
  return args;
}

function binary(cursor: Cursor, least: number): ExpressionSyntax {
  let left = unary(cursor);
  for (;;) {
    const { text: operator, kind, place } = cursor.next;
    const power = kind === "symbol" ? POWERS.get(operator) : undefined;
    if (power === undefined || power < least) return left;
    cursor.take();
    const right = binary(cursor, power + 1);
    mixed(operator, left, right);
    const depth = depthOf(cursor, [left, right]);
    left = { kind: "binary", operator, left, right, place, depth };
  }
}

const BITWISE = new Set(["&", "|", "^"]);

/** Some operators do not stand beside others without parentheses. */
function mixed(
  operator: string,
  left: ExpressionSyntax,
  right: ExpressionSyntax,
): void {
  for (const side of [left, right]) {
    if (side.kind !== "binary") continue;
    const inner = side.operator;
    const isWrong = BITWISE.has(operator) && inner !== operator ||
      (operator === "<<" || operator === ">>") ||
      (operator === "&&" && inner === "||") ||
      (operator === "||" && inner === "&&") ||
      (POWERS.get(operator) === 7 || POWERS.get(operator) === 6) &&
        ((POWERS.get(inner) ?? 0) >= 3 && (POWERS.get(inner) ?? 0) <= 7);
    if (isWrong && !parenthesized.has(side)) {
      refuse(
        side.place,
        `${inner} beside ${operator} has no order`,
        "put parentheses around one of them",
      );
    }
  }
}

const parenthesized = new WeakSet<ExpressionSyntax>();

function unary(cursor: Cursor): ExpressionSyntax {
  const { text: operator, kind, place } = cursor.next;
  if (kind === "symbol" && /^[-!~&*]$/.test(operator)) {
    cursor.take();
    const of = cursor.nested(() => unary(cursor));
    const depth = depthOf(cursor, [of]);
    return { kind: "unary", operator, of, place, depth };
  }
  if (operator === "--" || operator === "&&") {
    refuse(place, `${operator} begins no expression`, "put a space in it");
  }
  return postfix(cursor, primary(cursor));
}

function primary(cursor: Cursor): ExpressionSyntax {
  const token = cursor.next;
  const { place } = token;
  if (token.kind === "number") {
    cursor.take();
    const { value = 0n, suffix = "" } = token;
    return { kind: "number", value, suffix, place, depth: 1 };
  }
  if (cursor.is("true") || cursor.is("false")) {
    const value = cursor.take().text === "true";
    return { kind: "boolean", value, place, depth: 1 };
  }
  if (cursor.takes("(")) {
    const inner = parseExpression(cursor);
    cursor.expect(")", "an expression in parentheses");
    parenthesized.add(inner);
    return inner;
  }
  if (token.kind !== "name" || KEYWORDS.has(token.text)) {
    refuse(
      place,
      `there is ${shown(token)} where an expression begins`,
      "write a value, a name or a call",
    );
  }
  const name = parseType(cursor, "an expression");
  return cursor.is("(") ? parseCall(cursor, name) : name;
}

/** The arguments of a call. */
export function parseCall(cursor: Cursor, callee: NameSyntax): CallSyntax {
  cursor.expect("(", "a call");
  const args: ExpressionSyntax[] = [];
  while (!cursor.is(")")) {
    args.push(parseExpression(cursor));
    if (!cursor.takes(",")) break;
  }
  cursor.expect(")", "a call");
  const depth = depthOf(cursor, args);
  return { kind: "call", callee, args, place: callee.place, depth };
}

export function postfix(
  cursor: Cursor,
  of: ExpressionSyntax,
): ExpressionSyntax {
  for (;;) {
    const { place } = cursor;
    if (cursor.takes(".")) {
      const { text: name } = cursor.name("a member");
      of = { kind: "member", of, name, place, depth: depthOf(cursor, [of]) };
    } else if (cursor.takes("[")) {
      const at = parseExpression(cursor);
      cursor.expect("]", "an index");
      const depth = depthOf(cursor, [of, at]);
      of = { kind: "index", of, at, place: of.place, depth };
    } else return of;
  }
}

function depthOf(cursor: Cursor, parts: readonly ExpressionSyntax[]): number {
  let depth = 1;
  for (const part of parts) depth = Math.max(depth, part.depth + 1);
  if (depth <= EXPRESSION_DEPTH_MAX) return depth;
  refuse(
    cursor.place,
    `the expression is more than ${EXPRESSION_DEPTH_MAX} deep`,
    "give parts of it names",
  );
}
