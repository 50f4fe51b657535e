/** Does not type-check: a guarded job gives a value or a trap. Look at `ok` first. */
import type { CellInstance } from "../../../kernel/engine/engine.ts";

export function run(instance: CellInstance): number {
  // @ts-expect-error: it may have trapped
  return instance.guard(10, () => 1).value;
}
