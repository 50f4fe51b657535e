/** The compiler, in a process that may read the program's folder and no more. */
import { BadAnswer, type Sources } from "./answer.ts";
import type { Processes } from "./processes.ts";
import {
  COMPILE_MS_MAX,
  COMPONENT_OCTETS_MAX,
  DIAGNOSTICS_CHARS_MAX,
} from "./limits.ts";

/** Without files: what the generated bindings are. */
export interface CompileJob {
  readonly contract: string;
  readonly files?: ReadonlyArray<readonly [string, string]>;
}

export type Compiled =
  | { readonly component: string; readonly fault?: never }
  | { readonly fault: string; readonly component?: never }
  | {
    readonly bindings: ReadonlyArray<readonly [string, string]>;
    readonly component?: never;
    readonly fault?: never;
  };

export class Compiler {
  constructor(
    private readonly processes: Processes,
    private readonly contract: string,
  ) {}

  /** The sources that the build makes from the contract, by file. */
  async bindings(): Promise<Sources> {
    const answer = await this.#ask({ contract: this.contract });
    if ("bindings" in answer) return new Map(answer.bindings);
    throw new Error(answer.fault ?? "the compiler gave no bindings");
  }

  /** The component; throws `BadAnswer` with what the compiler says. */
  async compile(files: Sources): Promise<Uint8Array> {
    const answer = await this.#ask({
      contract: this.contract,
      files: [...files],
    });
    if ("bindings" in answer) throw new Error("the compiler took no files");
    if (answer.fault !== undefined) {
      throw new BadAnswer(
        `it does not compile:\n${answer.fault.slice(0, DIAGNOSTICS_CHARS_MAX)}`,
      );
    }
    const component = Uint8Array.fromBase64(answer.component);
    if (component.length <= COMPONENT_OCTETS_MAX) return component;
    throw new BadAnswer(
      `the component has over ${COMPONENT_OCTETS_MAX} octets`,
    );
  }

  async #ask(job: CompileJob): Promise<Compiled> {
    const ended = await this.processes.run<Compiled>({
      module: "scripts/forge_compile.ts",
      permissions: [],
      job,
      withinMs: COMPILE_MS_MAX,
    });
    if (ended.last !== undefined) return ended.last;
    if (!ended.late) throw new Error(`the compiler broke off: ${ended.said}`);
    return { fault: `the compiler was not done in ${COMPILE_MS_MAX / 1000} s` };
  }
}
