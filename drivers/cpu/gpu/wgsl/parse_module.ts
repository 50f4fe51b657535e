/** A whole source. */
import { Cursor, shown } from "./cursor.ts";
import { parseType } from "./parse_expressions.ts";
import {
  parseAssert,
  parseAttributes,
  parseBlock,
  parseDeclaration,
} from "./parse_statements.ts";
import { absent, refuse } from "./refused.ts";
import type {
  AttributeSyntax,
  FunctionSyntax,
  MemberSyntax,
  ModuleSyntax,
} from "./syntax.ts";

/** Throws `WgslRefused` where the source departs from the grammar. */
export function parseModule(source: string): ModuleSyntax[] {
  const cursor = new Cursor(source);
  const all: ModuleSyntax[] = [];
  while (cursor.next.kind !== "end") {
    if (cursor.takes(";")) continue;
    all.push(parseGlobal(cursor));
  }
  return all;
}

function parseGlobal(cursor: Cursor): ModuleSyntax {
  const attributes = parseAttributes(cursor);
  const { text, place } = cursor.next;
  switch (text) {
    case "enable":
    case "requires":
    case "diagnostic":
      return absent(place, `the directive ${text}`, "remove it");
    case "fn":
      return parseFunction(cursor, attributes);
    case "struct":
      return parseStruct(cursor);
    case "alias": {
      cursor.take();
      const name = cursor.name("an alias");
      cursor.expect("=", "an alias");
      const type = parseType(cursor, "a type");
      cursor.expect(";", "an alias");
      return { kind: "alias", name: name.text, type, place: name.place };
    }
    case "const_assert": {
      const assertion = parseAssert(cursor);
      cursor.expect(";", "an assertion");
      return assertion;
    }
    case "var":
    case "const":
    case "override": {
      const declared = parseDeclaration(cursor, attributes);
      cursor.expect(";", "a declaration");
      return declared;
    }
  }
  return refuse(
    place,
    `there is ${shown(cursor.next)} where a declaration begins`,
    "declare a function, a struct, a const or a var",
  );
}

function parseFunction(
  cursor: Cursor,
  attributes: readonly AttributeSyntax[],
): FunctionSyntax {
  cursor.take();
  const { text: name, place } = cursor.name("a function");
  cursor.expect("(", "a function");
  const parameters = parseMembers(cursor, ")");
  let result;
  if (cursor.takes("->")) {
    parseAttributes(cursor);
    result = parseType(cursor, "a type");
  }
  const body = parseBlock(cursor);
  if (cursor.is("continuing")) {
    refuse(
      cursor.place,
      "continuing stands in a loop only",
      "write it at the end of a loop's body",
    );
  }
  return {
    kind: "function",
    name,
    parameters,
    result,
    body,
    attributes,
    place,
  };
}

function parseStruct(cursor: Cursor): ModuleSyntax {
  cursor.take();
  const { text: name, place } = cursor.name("a struct");
  cursor.expect("{", "a struct");
  return { kind: "struct", name, members: parseMembers(cursor, "}"), place };
}

/** Up to and with `end`. */
function parseMembers(cursor: Cursor, end: ")" | "}"): MemberSyntax[] {
  const members: MemberSyntax[] = [];
  const where = end === ")" ? "a parameter list" : "a struct";
  while (!cursor.is(end)) {
    const attributes = parseAttributes(cursor);
    const { text: name, place } = cursor.name(where);
    cursor.expect(":", where);
    const type = parseType(cursor, "a type");
    members.push({ name, type, attributes, place });
    if (!cursor.takes(",")) break;
  }
  cursor.expect(end, where);
  return members;
}
