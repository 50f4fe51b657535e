/** Waits that are refused, and what must not come of them. */
import { ok, strictEqual } from "node:assert/strict";
import { breakOf, type IrqCase, refused, waited } from "./case.ts";

const U32_MAX = 2 ** 32 - 1;
const U64_MAX = 2n ** 64n - 1n;

export const REFUSALS: readonly IrqCase[] = [
  {
    group: "refusals",
    claim: "control: the last line and the longest wait are not refused",
    promise: "refusal",
    run({ irq, raise }) {
      const { lines, waitMax } = irq.describe();
      raise(lines - 1);
      strictEqual(waited(irq, lines - 1, waitMax).times, 1n);
    },
  },
  {
    group: "refusals",
    claim: "a line that is not there is unknown",
    promise: "refusal.unknown",
    run({ irq }) {
      const { lines } = irq.describe();
      for (const line of [lines, lines + 1, U32_MAX]) {
        refused(irq.wait(line, 0n), "unknown");
        refused(irq.wait(line, 1n), "unknown");
      }
    },
  },
  {
    group: "refusals",
    claim: "more than the longest wait is too long",
    promise: "refusal.too-long",
    run({ irq, raise }) {
      const { waitMax } = irq.describe();
      refused(irq.wait(0, waitMax + 1n), "too-long");
      raise(0);
      refused(irq.wait(0, waitMax + 1n), "too-long");
    },
  },
  {
    group: "refusals",
    claim: "an unknown line is unknown before it is too long",
    promise: "refusal",
    run({ irq }) {
      const { lines, waitMax } = irq.describe();
      refused(irq.wait(lines, waitMax + 1n), "unknown");
    },
  },
  {
    group: "refusals",
    claim: "a refused wait takes no raise and no time",
    promise: "refusal",
    run({ irq, raise, nowUs, isVirtual }) {
      const { lines, waitMax } = irq.describe();
      raise(0);
      const begun = nowUs();
      refused(irq.wait(lines, 1_000n), "unknown");
      refused(irq.wait(0, waitMax + 1n), "too-long");
      if (isVirtual) strictEqual(nowUs() - begun, 0);
      strictEqual(waited(irq, 0, 0n).times, 1n);
    },
  },
  {
    group: "refusals",
    claim: "a bus that failed says so, with a reason",
    promise: "refusal.failed",
    run(fixture) {
      const { irq, raise } = fixture;
      raise(0);
      strictEqual(waited(irq, 0, 0n).times, 1n, "control");
      breakOf(fixture)();
      for (const within of [0n, 1_000n]) {
        const answer = irq.wait(0, within);
        ok(answer.tag === "err" && answer.val.tag === "failed", "not failed");
        ok(answer.val.val.length > 0, "failed without a reason");
      }
    },
  },
  {
    group: "refusals",
    claim: "a bus that failed still knows its lines and limits",
    promise: "refusal",
    run(fixture) {
      const { irq } = fixture;
      const { lines, waitMax } = irq.describe();
      breakOf(fixture)();
      refused(irq.wait(lines, 0n), "unknown");
      refused(irq.wait(0, waitMax + 1n), "too-long");
      strictEqual(irq.describe().lines, lines);
    },
  },
  {
    group: "hostile",
    claim: "the largest numbers are refused",
    promise: "refusal.too-long",
    run({ irq }) {
      refused(irq.wait(0, U64_MAX), "too-long");
      refused(irq.wait(0, 2n ** 63n), "too-long");
      refused(irq.wait(U32_MAX, U64_MAX), "unknown");
    },
  },
  {
    group: "hostile",
    claim: "a storm of raises is one number",
    promise: "arrival.times",
    run({ irq, raise }) {
      for (let i = 0; i < 10_000; i++) raise(0);
      strictEqual(waited(irq, 0, 1_000n).times, 10_000n);
      strictEqual(waited(irq, 0, 0n).times, 0n);
    },
  },
  {
    group: "hostile",
    claim: "who takes off what waits took ends, whatever is raised",
    promise: "arrival.waited",
    run({ irq, raise }) {
      let left = 200n;
      let waits = 0;
      while (left > 0n && waits <= 200) {
        raise(0);
        left -= waited(irq, 0, left).waited;
        waits++;
      }
      ok(left <= 0n, `after ${waits} waits there are still ${left} us`);
    },
  },
  {
    group: "hostile",
    claim: "a storm of refused waits changes nothing",
    promise: "refusal",
    run({ irq, raise }) {
      const { lines, waitMax } = irq.describe();
      raise(0);
      for (let i = 0; i < 1_000; i++) {
        refused(irq.wait(lines + i, 0n), "unknown");
        refused(irq.wait(0, waitMax + 1n + BigInt(i)), "too-long");
      }
      strictEqual(waited(irq, 0, 0n).times, 1n);
    },
  },
];
