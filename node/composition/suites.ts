/** The conformance suites that `conform` knows, and their drivers. */
import {
  BLOCK_CASES,
  runCase,
} from "../../conformance/hal/block/block_suite.ts";
import {
  BLOCK_OCTETS,
  type BlockFactory,
  BLOCKS,
  TRANSFER_BLOCKS,
} from "../../conformance/hal/block/case.ts";
import { openBlockFile } from "../../drivers/deno/block_file/open.ts";
import { memoryBlock, MemoryMedium } from "../../drivers/memory/block/block.ts";
import type { Suite } from "../cli/composition.ts";

const GEOMETRY = {
  capacity: BLOCKS * BLOCK_OCTETS,
  blockSize: BLOCK_OCTETS,
  transferMax: TRANSFER_BLOCKS * BLOCK_OCTETS,
};

const fileFactory: BlockFactory = () => {
  const folder = Deno.makeTempDirSync({ prefix: "karyon-conform-" });
  const path = `${folder}/disk`;
  let device = openBlockFile(path, { ...GEOMETRY, create: true });
  return {
    device,
    reopen({ readOnly }) {
      device.close();
      device = openBlockFile(path, { ...GEOMETRY, readOnly });
      return device;
    },
    dispose() {
      device.close();
      Deno.removeSync(folder, { recursive: true });
    },
  };
};

const memoryFactory: BlockFactory = () => {
  const medium = new MemoryMedium();
  return {
    device: memoryBlock({ ...GEOMETRY, medium }),
    reopen: ({ readOnly }) => memoryBlock({ ...GEOMETRY, medium, readOnly }),
    dispose() {},
  };
};

const BLOCK_DRIVERS: ReadonlyMap<string, BlockFactory> = new Map([
  ["deno/block-file", fileFactory],
  ["memory/block", memoryFactory],
]);

export const suites: ReadonlyArray<Suite> = [{
  contract: "block",
  about: "karyon:hal/block@0.1.0: behaviour, refusals, hostile input, recovery",
  drivers: [...BLOCK_DRIVERS.keys()],
  run(driver, emit) {
    const factory = BLOCK_DRIVERS.get(driver);
    if (factory === undefined) throw new Error(`no driver ${driver}`);
    emit("TAP version 14");
    emit(`1..${BLOCK_CASES.length}`);
    let failed = 0;
    BLOCK_CASES.forEach((each, index) => {
      const name = `${index + 1} - ${each.group}: ${each.claim}`;
      const reason = broken(() => runCase(each, factory));
      if (reason === undefined) return emit(`ok ${name}`);
      failed += 1;
      emit(`not ok ${name}`);
      emit(`  ---`);
      emit(`  promise: wit/hal/block/block.wit, ${each.promise}`);
      emit(`  evidence: ${JSON.stringify(reason)}`);
      emit(`  ...`);
    });
    return Promise.resolve({
      passed: BLOCK_CASES.length - failed,
      failed,
      skipped: 0,
    });
  },
}];

function broken(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
