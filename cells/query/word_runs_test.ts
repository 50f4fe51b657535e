/** The table of words is what its generator writes. */
import { ok, strictEqual } from "node:assert/strict";
import { wordRuns, wordRunsModule } from "./gen_word_runs.ts";

Deno.test("word runs cover every code point and are the generated ones", async () => {
  const runs = wordRuns();
  strictEqual(runs.reduce((sum, run) => sum + run, 0), 0x20000);
  ok(runs.every((run) => run >= 0 && run <= 0xffff));
  strictEqual(
    await Deno.readTextFile(
      new URL("./assembly/word_runs.ts", import.meta.url),
    ),
    wordRunsModule(runs),
  );
});
