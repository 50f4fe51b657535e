/** Some of the graph's store tests on a real driver; the task runs all on every one. */
import { strictEqual } from "node:assert/strict";
import { main } from "./graph_on.ts";

Deno.test("graph on drivers: full and replaced stores, on a file", async () => {
  strictEqual(
    await main(["file", "--filter", "/full device|was replaced/"]),
    0,
  );
  strictEqual(await main(["floppy"]), 2);
  strictEqual(await main(["file", "--filter"]), 2);
});
