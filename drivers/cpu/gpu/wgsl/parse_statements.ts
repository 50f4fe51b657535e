/** Statements of a function. */
import type { Cursor } from "./cursor.ts";
import { shown } from "./cursor.ts";
import {
  parseCall,
  parseExpression,
  parseTemplate,
  parseType,
  postfix,
} from "./parse_expressions.ts";
import { type Place, refuse } from "./refused.ts";
import type {
  AttributeSyntax,
  BlockSyntax,
  CaseSyntax,
  DeclarationSyntax,
  ExpressionSyntax,
  StatementSyntax,
} from "./syntax.ts";

/** Attributes say nothing that matters here but where they are named. */
export function parseAttributes(cursor: Cursor): AttributeSyntax[] {
  const attributes: AttributeSyntax[] = [];
  while (cursor.takes("@")) {
    const { text: name, place } = cursor.is("const") || cursor.is("diagnostic")
      ? cursor.take()
      : cursor.name("an attribute");
    const args: ExpressionSyntax[] = [];
    if (cursor.takes("(")) {
      while (!cursor.is(")")) {
        args.push(parseExpression(cursor));
        if (!cursor.takes(",")) break;
      }
      cursor.expect(")", "an attribute");
    }
    attributes.push({ name, args, place });
  }
  return attributes;
}

export function parseBlock(cursor: Cursor): BlockSyntax {
  const { place } = cursor;
  noAttributes(parseAttributes(cursor));
  cursor.expect("{", "a block");
  const statements: StatementSyntax[] = [];
  cursor.nested(() => {
    while (!cursor.is("}")) {
      if (cursor.takes(";")) continue;
      if (cursor.is("continuing")) break;
      statements.push(parseStatement(cursor));
    }
  });
  if (!cursor.is("continuing")) cursor.expect("}", "a block");
  return { kind: "block", place, statements };
}

function noAttributes(attributes: readonly AttributeSyntax[]): void {
  const [first] = attributes;
  if (first === undefined) return;
  refuse(first.place, `@${first.name} does not stand here`, "remove it");
}

function closedBlock(cursor: Cursor): BlockSyntax {
  const block = parseBlock(cursor);
  if (cursor.is("continuing")) {
    refuse(
      cursor.place,
      "continuing stands in a loop only",
      "write it at the end of a loop's body",
    );
  }
  return block;
}

function parseStatement(cursor: Cursor): StatementSyntax {
  const { place, next: { text, kind } } = cursor;
  if (kind === "symbol" && (text === "{" || text === "@")) {
    return closedBlock(cursor);
  }
  switch (kind === "name" ? text : "") {
    case "if":
      return parseIf(cursor);
    case "switch":
      return parseSwitch(cursor);
    case "loop":
      return parseLoop(cursor);
    case "for":
      return parseFor(cursor);
    case "while": {
      cursor.take();
      const condition = parseExpression(cursor);
      return { ...plainLoop(place, closedBlock(cursor)), condition };
    }
  }
  const statement = parseSimple(cursor);
  cursor.expect(";", "a statement");
  return statement;
}

/** Those that a semicolon ends. */
function parseSimple(cursor: Cursor): StatementSyntax {
  const { place, next: { text, kind } } = cursor;
  switch (kind === "name" ? text : "") {
    case "break":
    case "continue":
      cursor.take();
      return { kind: text === "break" ? "break" : "continue", place };
    case "return": {
      cursor.take();
      const value = cursor.is(";") ? undefined : parseExpression(cursor);
      return { kind: "return", value, place };
    }
    case "discard":
      refuse(place, "discard is for fragment shaders", "use return");
      break;
    case "const_assert":
      return parseAssert(cursor);
    case "var":
    case "let":
    case "const":
      return parseDeclaration(cursor, []);
  }
  return parseAssignment(cursor);
}

export function parseAssert(cursor: Cursor): StatementSyntax & {
  kind: "assert";
} {
  const { place } = cursor.take();
  return { kind: "assert", condition: parseExpression(cursor), place };
}

export function parseDeclaration(
  cursor: Cursor,
  attributes: readonly AttributeSyntax[],
): DeclarationSyntax {
  const { text } = cursor.take();
  const how = text === "var" || text === "let" || text === "const"
    ? text
    : "override";
  const space = how === "var" && cursor.takes("<") ? parseTemplate(cursor) : [];
  const { text: name, place } = cursor.name(`a ${how}`);
  const type = cursor.takes(":") ? parseType(cursor, "a type") : undefined;
  const initial = cursor.takes("=") ? parseExpression(cursor) : undefined;
  return {
    kind: "declare",
    how,
    name,
    type,
    initial,
    space,
    attributes,
    place,
  };
}

function parseAssignment(cursor: Cursor): StatementSyntax {
  const { place } = cursor;
  if (cursor.takes("_")) {
    cursor.expect("=", "an assignment to _");
    const value = parseExpression(cursor);
    const shape = {
      kind: "assign",
      to: undefined,
      operator: undefined,
    } as const;
    return { ...shape, value, isStep: false, place };
  }
  const to = parseTarget(cursor);
  if (to.kind === "call") return { kind: "call", call: to, place };
  const { text, kind } = cursor.next;
  if (kind === "symbol" && (text === "++" || text === "--")) {
    cursor.take();
    const value = {
      kind: "number",
      value: 1n,
      suffix: "",
      place,
      depth: 1,
    } as const;
    const operator = text === "++" ? "+" : "-";
    return { kind: "assign", to, operator, value, isStep: true, place };
  }
  if (kind === "symbol" && /^(?:[-+*/%&|^]|<<|>>)?=$/.test(text)) {
    cursor.take();
    const operator = text.slice(0, -1) || undefined;
    const value = parseExpression(cursor);
    return { kind: "assign", to, operator, value, isStep: false, place };
  }
  refuse(
    cursor.place,
    `there is ${shown(cursor.next)} where a statement goes on`,
    "assign, call or declare something",
  );
}

/** What stands left of an assignment; also a call. */
function parseTarget(cursor: Cursor): ExpressionSyntax {
  const { place } = cursor;
  for (const operator of ["*", "&"]) {
    if (!cursor.takes(operator)) continue;
    const of = cursor.nested(() => parseTarget(cursor));
    return { kind: "unary", operator, of, place, depth: of.depth + 1 };
  }
  if (cursor.takes("(")) {
    const of = cursor.nested(() => parseTarget(cursor));
    cursor.expect(")", "parentheses");
    return postfix(cursor, of);
  }
  const { next } = cursor;
  if (next.kind !== "name") {
    refuse(
      place,
      `there is ${shown(next)} where a statement begins`,
      "write a statement here",
    );
  }
  const name = parseType(cursor, "a statement");
  return cursor.is("(") ? parseCall(cursor, name) : postfix(cursor, name);
}

function parseIf(cursor: Cursor): StatementSyntax {
  const { place } = cursor.take();
  const clauses = [];
  for (;;) {
    const condition = parseExpression(cursor);
    clauses.push({ condition, body: closedBlock(cursor) });
    if (!cursor.takes("else")) {
      return { kind: "if", clauses, otherwise: undefined, place };
    }
    if (cursor.takes("if")) continue;
    return { kind: "if", clauses, otherwise: closedBlock(cursor), place };
  }
}

function parseSwitch(cursor: Cursor): StatementSyntax {
  const { place } = cursor.take();
  const on = parseExpression(cursor);
  noAttributes(parseAttributes(cursor));
  cursor.expect("{", "a switch");
  const cases: CaseSyntax[] = [];
  cursor.nested(() => {
    while (!cursor.is("}")) cases.push(parseCase(cursor));
  });
  cursor.expect("}", "a switch");
  return { kind: "switch", on, cases, place };
}

function parseCase(cursor: Cursor): CaseSyntax {
  const { place } = cursor;
  const selectors: Array<ExpressionSyntax | undefined> = [];
  if (cursor.takes("default")) selectors.push(undefined);
  else {
    cursor.expect("case", "a switch");
    do {
      if (cursor.is(":") || cursor.is("{")) break;
      selectors.push(
        cursor.takes("default") ? undefined : parseExpression(cursor),
      );
    } while (cursor.takes(","));
  }
  cursor.takes(":");
  return { selectors, body: closedBlock(cursor), place };
}

function plainLoop(place: Place, body: BlockSyntax) {
  return {
    kind: "loop",
    isFor: false,
    first: undefined,
    condition: undefined,
    continuing: undefined,
    breakIf: undefined,
    body,
    place,
  } as const;
}

function parseLoop(cursor: Cursor): StatementSyntax {
  const { place } = cursor.take();
  const body = parseBlock(cursor);
  if (!cursor.is("continuing")) return plainLoop(place, body);
  const at = cursor.take().place;
  cursor.expect("{", "a continuing block");
  const statements: StatementSyntax[] = [];
  let breakIf: ExpressionSyntax | undefined;
  while (!cursor.is("}") && breakIf === undefined) {
    if (cursor.takes(";")) continue;
    if (cursor.is("break") && cursor.after?.text === "if") {
      cursor.take();
      cursor.take();
      breakIf = parseExpression(cursor);
      cursor.expect(";", "a break if");
    } else statements.push(parseStatement(cursor));
  }
  cursor.expect("}", "a continuing block");
  cursor.expect("}", "a loop");
  const continuing = { kind: "block", statements, place: at } as const;
  return { ...plainLoop(place, body), continuing, breakIf };
}

function parseFor(cursor: Cursor): StatementSyntax {
  const { place } = cursor.take();
  cursor.expect("(", "a for");
  const first = cursor.is(";") ? undefined : parseSimple(cursor);
  cursor.expect(";", "a for");
  const condition = cursor.is(";") ? undefined : parseExpression(cursor);
  cursor.expect(";", "a for");
  const update = cursor.is(")") ? undefined : parseSimple(cursor);
  cursor.expect(")", "a for");
  const continuing = update === undefined
    ? undefined
    : { kind: "block", statements: [update], place: update.place } as const;
  const body = closedBlock(cursor);
  return {
    ...plainLoop(place, body),
    isFor: true,
    first,
    condition,
    continuing,
  };
}
