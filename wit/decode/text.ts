/**
 * The canonical text of contracts: equal texts, equal contracts.
 *
 * One line per function, sorted; every type is written out in full, names of types do not count, names of fields, cases,
 * parameters and resources do. So a component that uses only some functions of an interface has a subset of its lines.
 */
import { TEXT_CHARS_MAX } from "./limits.ts";
import {
  type Field,
  type Func,
  type Interface,
  root,
  type Type,
} from "./model.ts";
import { Malformed } from "./reader.ts";

/** Texts already written, by type; share one among the interfaces of a world. */
export type Written = Map<Type, string>;

/** Writes a type; throws `Malformed` past the text limit. */
export function typeText(type: Type, written: Written): string {
  const known = written.get(type);
  if (known !== undefined) return known;
  const text = write(type, written);
  if (text.length > TEXT_CHARS_MAX) {
    throw new Malformed(`a type is longer than ${TEXT_CHARS_MAX} characters`);
  }
  written.set(type, text);
  return text;
}

function write(type: Type, written: Written): string {
  const one = (part: Type) => typeText(part, written);
  const maybe = (part: Type | undefined) =>
    part === undefined ? "_" : one(part);
  switch (type.kind) {
    case "prim":
      return type.prim;
    case "alias":
      return one(type.target);
    case "list":
      return `list<${one(type.element)}>`;
    case "option":
      return `option<${one(type.some)}>`;
    case "tuple":
      return `tuple<${joined(type.items.map(one))}>`;
    case "result":
      return `result<${maybe(type.ok)}, ${maybe(type.err)}>`;
    case "record":
      return `record{${fieldsText(type.fields, written)}}`;
    case "variant":
      return `variant{${
        joined(type.cases.map((c) => `${c.name}(${maybe(c.type)})`))
      }}`;
    case "enum":
    case "flags":
      return `${type.kind}{${type.names.join(", ")}}`;
    case "own":
    case "borrow":
    case "resource": {
      const { owner, name } = root(type.resource);
      return `${type.kind}<${owner?.name ?? ""}.${name}>`;
    }
  }
}

function fieldsText(fields: readonly Field[], written: Written): string {
  return joined(
    fields.map((field) => `${field.name}: ${typeText(field.type, written)}`),
  );
}

/** Joins bounded texts; the check is before the join, so a blow-up never exists. */
function joined(texts: readonly string[]): string {
  let length = 0;
  for (const text of texts) length += text.length + 2;
  if (length > TEXT_CHARS_MAX) {
    throw new Malformed(`a type is longer than ${TEXT_CHARS_MAX} characters`);
  }
  return texts.join(", ");
}

/** Writes one function. */
export function funcText(func: Func, written: Written): string {
  const params = fieldsText(func.params, written);
  const result = func.result === undefined
    ? ""
    : ` -> ${typeText(func.result, written)}`;
  return `${func.name}: func(${params})${result}`;
}

/** Writes an interface. */
export function interfaceText(
  from: Interface,
  written: Written = new Map(),
): string {
  const lines = from.functions.map((func) => funcText(func, written));
  return joinedLines(lines.sort());
}

function joinedLines(lines: readonly string[]): string {
  let length = 0;
  for (const line of lines) length += line.length + 1;
  if (length > TEXT_CHARS_MAX) {
    throw new Malformed(
      `an interface is longer than ${TEXT_CHARS_MAX} characters`,
    );
  }
  return lines.join("\n");
}
