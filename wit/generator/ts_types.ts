/**
 * The types of one interface in TypeScript, and the interface of its functions.
 */
import {
  type Alias,
  type Func,
  type Interface,
  type Resource,
  root,
} from "../decode/model.ts";
import { ownResources } from "./resources.ts";
import type { Code } from "./dialect.ts";
import { camel, funcName, typeName, variableName } from "./names.ts";
import type { HostDialect } from "./ts_dialect.ts";
import { armText } from "./ts_text.ts";

/** Writes all types; `own` is the name of the interface of functions. */
export function hostTypes(
  code: Code,
  d: HostDialect,
  from: Interface,
  own: string,
): void {
  for (const alias of from.types) typeOf(code, d, alias);
  const resources = ownResources(from);
  for (const resource of resources) resourceType(code, d, from, resource);
  code.block(`export interface ${own}`, () => {
    for (const resource of resources) {
      const name = typeName(resource);
      code.line(`readonly ${name}: ${name}Class;`);
    }
    for (const func of from.functions) {
      if (funcName(func.name).kind === "plain") {
        code.line(`${camel(func.name)}${signature(d, func, 0)};`);
      }
    }
  });
}

/** Parameters from `skip` on and the result. */
export function signature(d: HostDialect, func: Func, skip: number): string {
  const params = func.params.slice(skip).map((param) =>
    `${variableName(param.name)}: ${d.typeText(param.type)}`
  ).join(", ");
  const result = func.result === undefined ? "void" : d.typeText(func.result);
  return `(${params}): ${result}`;
}

function resourceType(
  code: Code,
  d: HostDialect,
  from: Interface,
  resource: string,
): void {
  const name = typeName(resource);
  const functions = from.functions.map((func) => ({
    func,
    ...funcName(func.name),
  })).filter((one) => one.resource === resource);
  code.block(`export interface ${name} extends Disposable`, () => {
    for (const { func, kind, name } of functions) {
      if (kind === "method") {
        code.line(`${camel(name)}${signature(d, func, 1)};`);
      }
    }
  });
  code.block(`export interface ${name}Class`, () => {
    for (const { func, kind, name } of functions) {
      if (kind === "constructor") code.line(`new ${signature(d, func, 0)};`);
      if (kind === "static") {
        code.line(`${camel(name)}${signature(d, func, 0)};`);
      }
    }
  });
}

function typeOf(code: Code, d: HostDialect, alias: Alias): void {
  const own = typeName(alias.name);
  const { target } = alias;
  switch (target.kind) {
    case "record":
      code.block(`export interface ${own}`, () => {
        for (const field of target.fields) {
          code.line(`${camel(field.name)}: ${d.typeText(field.type)};`);
        }
      });
      break;
    case "variant": {
      const cases = target.cases.map((one) =>
        armText(one.name, one.type && d.typeText(one.type))
      );
      code.line(`export type ${own} =\n  | ${cases.join("\n  | ")};`);
      break;
    }
    case "enum": {
      const members = target.names.map((one) => JSON.stringify(one));
      code.line(`export type ${own} = ${members.join(" | ")};`);
      break;
    }
    case "flags":
      code.block(`export interface ${own}`, () => {
        for (const one of target.names) code.line(`${camel(one)}: boolean;`);
      });
      break;
    case "resource":
      if (resourceOwner(target.resource) !== alias.owner.name) {
        code.line(`export type ${own} = ${d.typeText(target)};`);
      }
      break;
    default:
      code.line(`export type ${own} = ${d.typeText(target)};`);
  }
}

function resourceOwner(resource: Resource): string {
  return root(resource).owner?.name ?? "";
}
