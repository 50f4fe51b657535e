/**
 * The cell through its contract: what was built is what is tested.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { kernelLifecycle, kernelLog } from "../../wit/gen/mod.ts";
import type { Lifecycle } from "../../wit/gen/kernel_lifecycle.ts";
import { tally } from "../../wit/gen/SNAKE_tally.ts";
import { runBuilt } from "../../wit/testing/instance.ts";

/** A started cell; `previous` is the state of an earlier generation. */
async function started(previous?: Uint8Array) {
  const lines: string[] = [];
  const core = await runBuilt("NAME", (core) => ({
    [kernelLog.name]: kernelLog.lower(core, {
      write: (_, message) => lines.push(message),
    }) as WebAssembly.ModuleImports,
  }));
  const lifecycle: Lifecycle = kernelLifecycle.bind(core);
  const state = previous && { version: 1, octets: previous };
  deepStrictEqual(lifecycle.start([], state).tag, "ok");
  deepStrictEqual(lines, ["started"]);
  return { lifecycle, tally: tally.bind(core) };
}

Deno.test("the total is the sum of what was added", async () => {
  const { tally } = await started();
  deepStrictEqual(tally.add(2n), { tag: "ok", val: 2n });
  deepStrictEqual(tally.add(3n), { tag: "ok", val: 5n });
  strictEqual(tally.total(), 5n);
});

Deno.test("a refused addition changes nothing", async () => {
  const { tally } = await started();
  tally.add(1n);
  const answer = tally.add(1_000_000_000_000n);
  deepStrictEqual(answer, {
    tag: "err",
    val: { tag: "over", val: 1_000_000_000_000n },
  });
  strictEqual(tally.total(), 1n);
});

Deno.test("the next generation goes on where this one stopped", async () => {
  const first = await started();
  first.tally.add(42n);
  const snapshot = first.lifecycle.snapshot();
  if (snapshot.tag === "err") throw new Error(snapshot.val);
  const next = await started(snapshot.val);
  strictEqual(next.tally.total(), 42n);
});

Deno.test("octets that are no state are refused", async () => {
  const core = await runBuilt("NAME", (core) => ({
    [kernelLog.name]: kernelLog.lower(core, {
      write: () => {},
    }) as WebAssembly.ModuleImports,
  }));
  const answer = kernelLifecycle.bind(core).start([], {
    version: 1,
    octets: new Uint8Array(3),
  });
  deepStrictEqual(answer, {
    tag: "err",
    val: { tag: "state", val: "the state is not a total" },
  });
});
