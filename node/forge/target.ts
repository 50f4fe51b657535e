/**
 * What can be forged: a contract, the world of its driver, and who judges it.
 *
 * Deliberately absent: contracts without a simulated bus that stands under them.
 */

export interface Target {
  readonly contract: string;
  /** Name of the world, and of the package that it is in. */
  readonly world: string;
  readonly wit: string;
  /** The only things that the driver may import, and what it must export. */
  readonly imports: ReadonlyArray<string>;
  readonly exports: ReadonlyArray<string>;
  /** Files of its own that the generated entry imports. */
  readonly entries: ReadonlyArray<string>;
  /** What the driver is told at its start. */
  readonly about: string;
  /** Texts that a model gets, from the program's folder. */
  readonly texts: ReadonlyArray<string>;
  /** The suite's plan: the comment at the top of this file. */
  readonly plan: string;
  readonly skeleton: string;
}

const DEVICE = ["dma", "irq", "mmio"].map((one) => `karyon:hal/${one}@0.1.0`);
const LIFECYCLE = "karyon:kernel/lifecycle@0.1.0";
const BLOCK = "karyon:hal/block@0.1.0";

/** Where the files lie in the eyes of the compiler. */
export const ASSEMBLY = "drivers/forged/driver/assembly";

export const TARGETS: ReadonlyArray<Target> = [{
  contract: "block",
  world: "forged",
  wit: `package karyon:cell-forged@0.1.0;

world forged {
${DEVICE.map((name) => `    import ${name};`).join("\n")}
    export ${LIFECYCLE};
    export ${BLOCK};
}
`,
  imports: DEVICE,
  exports: [LIFECYCLE, BLOCK],
  entries: ["block.ts", "lifecycle.ts"],
  about:
    "a virtio disk (Virtio 1.2 over MMIO) on a bus with one interrupt line",
  texts: [
    "wit/hal/block/block.wit",
    "wit/hal/block/README.md",
    "wit/kernel/lifecycle.wit",
    ...["dma", "irq", "mmio"].flatMap((name) => [
      `wit/hal/${name}/${name}.wit`,
      `wit/hal/${name}/README.md`,
    ]),
    "cells/sdk/assembly/result.ts",
    "cells/sdk/assembly/option.ts",
    "cells/sdk/assembly/tuple.ts",
  ],
  plan: "conformance/hal/block/block_suite.ts",
  skeleton: "scripts/templates/component/block",
}];

export function targetOf(contract: string): Target | undefined {
  return TARGETS.find((one) => one.contract === contract);
}
