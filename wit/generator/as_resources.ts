/**
 * Resources in AssemblyScript.
 */
import type { ScriptDialect } from "./as_dialect.ts";
import type { Seen } from "./as_cell.ts";
import type { Code } from "./emit.ts";

export function scriptResources(
  _code: Code,
  _d: ScriptDialect,
  one: Seen,
): void {
  for (const alias of one.from.types) {
    if (alias.target.kind === "resource") throw new Error("resources: not yet");
  }
}
