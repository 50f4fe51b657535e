/** The conformance suites that `conform` knows, and their drivers. */
import {
  BLOCK_CASES,
  runCase,
} from "../../conformance/hal/block/block_suite.ts";
import type { BlockFactory } from "../../conformance/hal/block/case.ts";
import { blockFileFixture } from "../../drivers/deno/block_file/testing/fixture.ts";
import { memoryFixture } from "../../drivers/memory/block/testing/fixture.ts";
import type { Suite } from "../cli/composition.ts";

const BLOCK_DRIVERS: ReadonlyMap<string, BlockFactory> = new Map([
  ["deno/block-file", blockFileFixture],
  ["memory/block", memoryFixture],
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
