/** The compiler's threads, started by a thread that does nothing else. */
import { match, strictEqual } from "node:assert/strict";
import { fixture } from "../../conformance/kernel/cell/fixture.ts";
import { hashOf } from "../engine/v8/key.ts";
import {
  readyCompilerThreads,
  startCompilerThread,
} from "./compiler_thread.ts";

Deno.test("compiler's threads: what a starter's thread answers is the same", async () => {
  const component = await fixture("leaf");
  const hash = await hashOf(component);
  const request = { component, hash, mode: "trap" } as const;
  const bad = { ...request, component: new Uint8Array(8) };
  const here = startCompilerThread();
  const ready = readyCompilerThreads();
  const there = ready.start();
  try {
    for (const [what, asked] of Object.entries({ request, bad })) {
      const [one, other] = await Promise.all([
        here.ask(asked),
        there.ask(asked),
      ]);
      strictEqual(JSON.stringify(other), JSON.stringify(one), what);
      strictEqual(other.ok, what === "request");
    }
    strictEqual(await hashOf(component, ready.digest), hash);
    // One that was ended is followed by another.
    there.stop();
    const next = ready.start();
    const answer = await next.ask(bad);
    match(JSON.stringify(answer), /malformed/);
    next.stop();
  } finally {
    here.stop();
    ready.stop();
  }
});
