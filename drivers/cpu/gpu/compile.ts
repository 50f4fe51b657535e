/** From WGSL to a module that runs: what is wrong is refused with its place. */
import type { Access as Bind } from "../../../hal/gpu_contract.ts";
import {
  type Bounds,
  checkSource,
  type ProgramIr,
} from "./wgsl/check_module.ts";
import { refuse } from "./wgsl/refused.ts";
import { generate, type GeneratedProgram } from "./wasm/program.ts";

export interface Compiled extends GeneratedProgram {
  readonly size: readonly [number, number, number];
}

/** Throws `WgslRefused`. */
export function compile(
  wgsl: string,
  entry: string,
  bindings: readonly Bind[],
  bounds: Bounds,
): Compiled {
  const program = checkSource(wgsl, entry, bounds);
  checkBindings(program, bindings);
  return { ...generate(program), size: program.size };
}

/** What the shader uses is bound, and as it says. */
function checkBindings(
  { variables, entry: { place } }: ProgramIr,
  bindings: readonly Bind[],
): void {
  const seen = new Map<number, string>();
  for (const { binding, access, name } of variables) {
    if (binding === undefined) continue;
    const other = seen.get(binding);
    if (other !== undefined) {
      refuse(
        place,
        `${other} and ${name} have one binding`,
        "give each its own",
      );
    }
    seen.set(binding, name);
    const bound = bindings[binding];
    if (bound === undefined) {
      refuse(
        place,
        `${name} is at binding ${binding}, and ${bindings.length} are bound`,
        "list all bindings with the source",
      );
    }
    const wanted = access === "read" ? "read" : "read-write";
    if (bound !== wanted) {
      refuse(
        place,
        `${name} is ${wanted}, and binding ${binding} is listed as ${bound}`,
        "let both say the same",
      );
    }
  }
}
