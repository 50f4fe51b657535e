/**
 * Questions about resources that both languages ask.
 */
import { type Interface, resolved, root, type Type } from "../decode/model.ts";
import { arms } from "../abi/layout.ts";

/** Names of the resources that an interface defines itself. */
export function ownResources(from: Interface): readonly string[] {
  const out: string[] = [];
  for (const { target } of from.types) {
    if (target.kind !== "resource") continue;
    const { owner, name } = root(target.resource);
    if (owner?.name === from.name) out.push(name);
  }
  return out;
}

/** Whether a value holds a borrowed handle. */
export function hasBorrow(type: Type): boolean {
  const t = resolved(type);
  if (t.kind === "borrow") return true;
  if (t.kind === "list") return hasBorrow(t.element);
  if (t.kind === "record") return t.fields.some((f) => hasBorrow(f.type));
  if (t.kind === "tuple") return t.items.some(hasBorrow);
  return arms(t)?.some((arm) => arm.type && hasBorrow(arm.type)) ?? false;
}
