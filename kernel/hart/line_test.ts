/** Calls over the channels between two harts, both ends on this thread. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Ask, Hurry } from "../../wit/gen/kernel_hart.ts";
import { callMessages } from "../../wit/gen/calls.ts";
import { bindings } from "../../wit/gen/mod.ts";
import type { Outcome } from "../call/calls.ts";
import { hasResources } from "../call/connect.ts";
import { FROM_HERE } from "../call/job.ts";
import { HART_CALLS_MAX, must } from "../limits.ts";
import { type Called, Line, newLine, Sent } from "./line.ts";

const READS = "karyon:graph/reads@0.1.0";
const called = (method: string): Called => ({
  cell: "graph",
  contract: READS,
  method,
});

function messagesOf(method: string) {
  const messages = callMessages.get(READS)?.[method];
  must(messages !== undefined, `${READS} has ${method}`);
  return messages;
}

/** Two harts; the second one keeps what comes. */
function harts() {
  const asks: Ask[] = [];
  const hurries: Hurry[] = [];
  const parts = {
    now: () => 0,
    serve: (ask: Ask) => void asks.push(ask),
    hurried: (hurry: Hurry) => void hurries.push(hurry),
    panic: (error: unknown) => {
      throw error;
    },
  };
  const [ends, others] = newLine();
  const here = new Line(ends, { ...parts, hart: 1 });
  const there = new Line(others, { ...parts, hart: 0 });
  const call = (
    method: string,
    args: readonly unknown[],
    waitMs = 60_000,
    origin = FROM_HERE,
  ) => here.call(called(method), messagesOf(method), args, origin, waitMs);
  const end = () => {
    here.end("over");
    there.end("over");
  };
  return { here, there, asks, hurries, call, end };
}

function sent(given: Outcome<unknown> | Sent): Sent {
  ok(given instanceof Sent, JSON.stringify(given));
  return given;
}

async function until(ready: () => boolean): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (!ready()) {
    ok(performance.now() < endMs, "nothing came in a minute");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

Deno.test("harts/line: every contract that has no resources can travel", () => {
  for (const binding of bindings.values()) {
    if (hasResources(binding)) continue;
    for (const { method } of binding.functions) {
      ok(callMessages.get(binding.name)?.[method], `${binding.name} ${method}`);
    }
  }
});

Deno.test("harts/line: arguments and answers come as they were given", async () => {
  const { there, asks, call, end } = harts();
  const origin = { path: ["query", "rank"], endMs: 77, isDemanded: true };
  const links = sent(
    call("links", [3, "inward", undefined, 10], 60_000, origin),
  );
  const scan = sent(call("scan", [2n ** 63n, 4]));
  await until(() => asks.length === 2);
  const [first, second] = asks;
  must(first !== undefined && second !== undefined, "both have come");
  deepStrictEqual(
    [first.cell, first.path, first.endMs, first.demanded, second.endMs],
    ["graph", ["query", "rank"], 77, true, Infinity],
  );
  deepStrictEqual(
    there.decoded(messagesOf("links").ask, first.arguments),
    [3, "inward", undefined, 10],
  );
  deepStrictEqual(
    there.decoded(messagesOf("scan").ask, second.arguments),
    [2n ** 63n, 4],
  );
  const value = {
    tag: "ok",
    val: {
      origins: Uint32Array.of(1, 2),
      targets: Uint32Array.of(3, 4),
      weights: BigInt64Array.of(-5n, 6n),
      next: 2n,
      height: 1n,
    },
  };
  // In the other order: an answer finds its call.
  there.reply(second.number, messagesOf("scan"), { ok: true, value });
  there.reply(first.number, messagesOf("links"), {
    ok: false,
    absence: "refused",
    reason: "not now",
    generation: 3,
  });
  deepStrictEqual(await scan.outcome, { ok: true, value });
  deepStrictEqual(await links.outcome, {
    ok: false,
    absence: "refused",
    reason: "not now",
    generation: 3,
  });
  end();
});

Deno.test("harts/line: what is too long or too much is refused; an answer too long is gone", async () => {
  const { there, asks, call, end } = harts();
  const long = call("identify", [new Uint8Array(2 ** 22)]);
  ok(!(long instanceof Sent) && !long.ok && long.absence === "refused");
  match(long.reason, /at most 4194296 octets/);
  const waiting = sent(call("content", [1, 0n, 2 ** 23]));
  await until(() => asks.length === 1);
  const value = { tag: "ok", val: new Uint8Array(2 ** 23) };
  there.reply(asks[0]?.number ?? 0, messagesOf("content"), { ok: true, value });
  const came = await waiting.outcome;
  ok(!came.ok && came.absence === "gone");
  const all = Array.from({ length: HART_CALLS_MAX }, () => call("count", []));
  ok(all.every((one) => one instanceof Sent));
  const more = call("count", []);
  ok(!(more instanceof Sent) && !more.ok && more.absence === "refused");
  end();
  for (const one of all) {
    const outcome = await sent(one).outcome;
    strictEqual(!outcome.ok && outcome.absence, "gone");
  }
});

Deno.test("harts/line: a call without a reply is gone after its time, a late one is nobody's", async () => {
  const { there, asks, call, end } = harts();
  const outcome = await sent(call("count", [], 1)).outcome;
  strictEqual(!outcome.ok && outcome.absence, "gone");
  await until(() => asks.length === 1);
  there.reply(asks[0]?.number ?? 0, messagesOf("count"), {
    ok: false,
    absence: "gone",
    reason: "",
    generation: 1,
  });
  const after = sent(call("count", []));
  await until(() => asks.length === 2);
  end();
  strictEqual((await after.outcome).ok, false);
  const ended = call("count", []);
  ok(!(ended instanceof Sent) && !ended.ok && ended.reason === "over");
});

Deno.test("harts/line: urgency is told once, and only if it is more", async () => {
  const { hurries, asks, call, end } = harts();
  const origin = { path: [], endMs: 100, isDemanded: false };
  const { hurry } = sent(call("count", [], 60_000, origin));
  for (const endMs of [100, 150, 50, 50, 70]) {
    hurry({ endMs, isDemanded: false });
  }
  hurry({ endMs: 90, isDemanded: true });
  hurry({ endMs: 90, isDemanded: true });
  sent(call("count", []));
  await until(() => asks.length === 2);
  deepStrictEqual(
    hurries.map(({ endMs, demanded }) => [endMs, demanded]),
    [[50, false], [90, true]],
  );
  end();
});
