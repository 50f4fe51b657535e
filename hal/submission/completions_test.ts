/** What ends for a fiber that is gone is dropped, whoever looked first. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Effect, Fiber } from "effect";
import { Completions } from "./completions.ts";

function scripted() {
  const ends: { ticket: bigint; outcome: string }[] = [];
  const told: string[] = [];
  const completions = new Completions<string>({
    take: (most) => ends.splice(0, most),
    cancel: (ticket) => void told.push(`cancel ${ticket}`),
    drop: (outcome) => void told.push(`drop ${outcome}`),
  });
  return { ends, told, completions };
}

const turn = Effect.promise(() => new Promise((done) => setTimeout(done, 5)));

Deno.test("completions: control: each fiber gets its own, whoever looked", () =>
  Effect.runPromise(Effect.gen(function* () {
    const { ends, told, completions } = scripted();
    const one = yield* Effect.forkChild(completions.outcomeOf(1n));
    ends.push({ ticket: 2n, outcome: "second" }, {
      ticket: 1n,
      outcome: "first",
    });
    strictEqual(yield* completions.outcomeOf(2n), "second");
    strictEqual(yield* Fiber.join(one), "first");
    deepStrictEqual(told, []);
  })));

Deno.test("completions: what ends after the interruption is dropped", () =>
  Effect.runPromise(Effect.gen(function* () {
    const { ends, told, completions } = scripted();
    const fiber = yield* Effect.forkChild(completions.outcomeOf(1n));
    yield* turn;
    yield* Fiber.interrupt(fiber);
    ends.push({ ticket: 1n, outcome: "late" });
    completions.look();
    deepStrictEqual(told, ["cancel 1", "drop late"]);
  })));

Deno.test("completions: what another had seen end before it is dropped, too", () =>
  Effect.runPromise(Effect.gen(function* () {
    for (const kept of [undefined, [] as string[]]) {
      const { ends, told, completions } = scripted();
      const orphaned = kept && ((one: string) => void kept.push(one));
      const fiber = yield* Effect.forkChild(
        completions.outcomeOf(1n, orphaned),
      );
      yield* turn;
      ends.push({ ticket: 1n, outcome: "made" });
      completions.look();
      yield* Fiber.interrupt(fiber);
      const dropped = kept === undefined ? ["drop made"] : [];
      deepStrictEqual(told, ["cancel 1", ...dropped]);
      deepStrictEqual(kept ?? [], kept === undefined ? [] : ["made"]);
    }
  })));
