/**
 * What a cell that imports a contract is linked to for good.
 *
 * Each function jumps through a slot of a table, so that whoever answers can be
 * replaced while the cell lives; at first the host does.
 */
import type { Func } from "../../../wit/decode/model.ts";
import { importedType } from "./adapter.ts";
import { ModuleParts } from "./module.ts";

/** Names of its imports and exports; functions have a number. */
export const TRAMPOLINE = {
  slow: "slow-",
  call: "call-",
  slots: "slots",
  /** Takes a number and does nothing: post-return of a cell that has none. */
  nothing: "nothing",
} as const;

export function trampolineModule(
  functions: readonly Func[],
): Uint8Array<ArrayBuffer> {
  const parts = new ModuleParts();
  const types = functions.map(importedType);
  const slow = types.map(({ params, results }, at) =>
    parts.importFunction(TRAMPOLINE.slow + at, params, results)
  );
  types.forEach(({ params, results }, at) => {
    const type = parts.type(params, results);
    const index = parts.function(params, results, (body) => {
      params.forEach((_, i) => body.get(i));
      body.callThrough(at, type);
    });
    parts.exportFunction(TRAMPOLINE.call + at, index);
  });
  const nothing = parts.function(["i32"], [], () => {});
  parts.exportFunction(TRAMPOLINE.nothing, nothing);
  parts.exportTable(TRAMPOLINE.slots, slow);
  return parts.done();
}
