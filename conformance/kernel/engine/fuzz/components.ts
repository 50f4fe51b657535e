/**
 * Compiles octets as the engine does: a cell or a refusal, on a thread of its own.
 */
import { Compiler } from "../../../../kernel/engine/v8/compiler.ts";
import { ComponentRefusal } from "../../../../kernel/engine/v8/refusal.ts";
import { startCompilerThread } from "../../../../kernel/host/compiler_thread.ts";

/** A reason that is no refusal of the octets but a failure of the compiler. */
const FAILED = /the compiler failed/;

export function compiling(): {
  /** What was wrong with how the octets were taken. */
  readonly compile: (octets: Uint8Array) => Promise<string | undefined>;
  readonly stop: () => void;
} {
  const compiler = new Compiler(startCompilerThread);
  return {
    compile: async (component) => {
      try {
        await compiler.compile({
          component,
          hash: "0".repeat(64),
          mode: "fuel",
        });
        return undefined;
      } catch (error) {
        if (!(error instanceof ComponentRefusal)) {
          return `the compiler threw ${error}`;
        }
        return FAILED.test(error.message) ? error.message : undefined;
      }
    },
    stop: () => compiler.stop(),
  };
}
