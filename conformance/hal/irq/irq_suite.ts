/**
 * What every bus that gives `karyon:hal/irq` must do. Names no implementation.
 *
 * Plan. Each case holds one promise of wit/hal/irq/irq.wit.
 * - behaviour: control, a raise before and during a wait, none at all, a wait of
 *   nothing, counting, raises that nobody waits for, lines apart, limits that can be
 *   reached and are constant, what waits say that they took, a plain model
 * - refusals: each case of `refusal`, their order, no effect
 * - hostile: the ends of the types, storms of raises and of refused waits
 *
 * Not here: that a raise may be lost, which the contract allows and a holder's own
 * suite has to bear; how soon a wait ends where time is real.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../sim/block_device.ts";
import type { Suite } from "../suite/case.ts";
import {
  type IrqCase,
  type IrqFixture,
  severalLines,
  virtual,
  waited,
} from "./case.ts";
import { REFUSALS } from "./refusals.ts";

const SHORT = 2_000n;
const group = "behaviour";

const BEHAVIOUR: readonly IrqCase[] = [
  {
    group,
    claim: "control: a line that was raised ends a wait",
    promise: "irq.wait",
    run({ irq, raise }) {
      raise(0);
      ok(waited(irq, 0, 1_000_000n).times > 0n);
    },
  },
  {
    group,
    claim: "a raise before the wait ends it at once",
    promise: "irq.wait",
    run(fixture) {
      virtual(fixture);
      const { irq, raise, nowUs } = fixture;
      raise(0);
      const begun = nowUs();
      strictEqual(waited(irq, 0, 1_000_000n).times, 1n);
      strictEqual(nowUs() - begun, 0);
    },
  },
  {
    group,
    claim: "a raise during the wait ends it",
    promise: "irq.wait",
    run(fixture) {
      const { irq, raiseIn, nowUs } = fixture;
      raiseIn(0, 500);
      const begun = nowUs();
      strictEqual(waited(irq, 0, 1_000_000n).times, 1n);
      const took = nowUs() - begun;
      ok(took >= 500, `it ended after ${took} us, before the raise`);
      if (fixture.isVirtual) strictEqual(took, 500);
    },
  },
  {
    group,
    claim: "a wait without a raise takes as long as was asked",
    promise: "irq.wait",
    run(fixture) {
      const { irq, nowUs, isVirtual } = fixture;
      const begun = nowUs();
      strictEqual(waited(irq, 0, SHORT).times, 0n);
      const took = nowUs() - begun;
      ok(took >= Number(SHORT), `it took ${took} us`);
      if (isVirtual) strictEqual(took, Number(SHORT));
    },
  },
  {
    group,
    claim: "a wait of nothing asks and does not wait",
    promise: "irq.wait",
    run(fixture) {
      virtual(fixture);
      const { irq, raise, nowUs } = fixture;
      const begun = nowUs();
      strictEqual(waited(irq, 0, 0n).times, 0n);
      raise(0);
      strictEqual(waited(irq, 0, 0n).times, 1n);
      strictEqual(nowUs() - begun, 0);
    },
  },
  {
    group,
    claim: "a wait of nothing has what was raised before it",
    promise: "arrival.times",
    run({ irq, raise }) {
      strictEqual(waited(irq, 0, 0n).times, 0n);
      raise(0);
      strictEqual(waited(irq, 0, 0n).times, 1n);
    },
  },
  {
    group,
    claim: "raises are counted",
    promise: "arrival.times",
    run({ irq, raise }) {
      for (const count of [1, 2, 7]) {
        for (let i = 0; i < count; i++) raise(0);
        strictEqual(waited(irq, 0, SHORT).times, BigInt(count));
      }
    },
  },
  {
    group,
    claim: "raises are counted once",
    promise: "arrival.times",
    run({ irq, raise }) {
      raise(0);
      strictEqual(waited(irq, 0, SHORT).times, 1n);
      strictEqual(waited(irq, 0, 0n).times, 0n);
      strictEqual(waited(irq, 0, SHORT).times, 0n);
    },
  },
  {
    group,
    claim: "raises while nobody waits are kept",
    promise: "irq.wait",
    run({ irq, raise }) {
      strictEqual(waited(irq, 0, SHORT).times, 0n);
      raise(0);
      raise(0);
      irq.describe();
      strictEqual(waited(irq, 0, SHORT).times, 2n);
    },
  },
  {
    group,
    claim: "a raise after the time was over belongs to the next wait",
    promise: "arrival.times",
    run(fixture) {
      virtual(fixture);
      const { irq, raiseIn } = fixture;
      raiseIn(0, 3_000);
      strictEqual(waited(irq, 0, 1_000n).times, 0n);
      strictEqual(waited(irq, 0, 1_000n).times, 0n);
      deepStrictEqual(waited(irq, 0, 5_000n), { times: 1n, waited: 1_000n });
    },
  },
  {
    group,
    claim: "what a wait says that it took is at least 1",
    promise: "arrival.waited",
    run({ irq, raise }) {
      ok(waited(irq, 0, 0n).waited >= 1n, "a wait of nothing");
      raise(0);
      ok(waited(irq, 0, 1_000n).waited >= 1n, "a raise before it");
      ok(waited(irq, 0, 1n).waited >= 1n, "the shortest");
    },
  },
  {
    group,
    claim: "a wait says at least what went by in it",
    promise: "arrival.waited",
    run(fixture) {
      const { irq, raise, raiseIn, nowUs, isVirtual } = fixture;
      const act = () => {
        const begun = nowUs();
        const said = waited(irq, 0, SHORT).waited;
        const took = Math.max(1, nowUs() - begun);
        if (isVirtual) strictEqual(said, BigInt(took));
      };
      act();
      raiseIn(0, 700);
      act();
      raise(0);
      act();
      const begun = nowUs();
      const said = waited(irq, 0, SHORT).waited;
      ok(said >= SHORT, `it said ${said} us`);
      ok(nowUs() - begun >= Number(SHORT));
    },
  },
  {
    group,
    claim: "a line hears nothing of another one",
    promise: "limits.lines",
    run(fixture) {
      const lines = severalLines(fixture);
      const { irq, raise } = fixture;
      for (let line = 0; line < lines; line++) {
        for (let i = 0; i <= line; i++) raise(line);
      }
      for (let line = lines - 1; line >= 0; line--) {
        strictEqual(waited(irq, line, SHORT).times, BigInt(line + 1));
      }
    },
  },
  {
    group,
    claim: "a wait on one line takes nothing from another one",
    promise: "arrival.times",
    run(fixture) {
      severalLines(fixture);
      const { irq, raise } = fixture;
      raise(1);
      strictEqual(waited(irq, 0, SHORT).times, 0n);
      strictEqual(waited(irq, 1, SHORT).times, 1n);
    },
  },
  {
    group,
    claim: "there is a line, and each can be waited on",
    promise: "limits.lines",
    run({ irq, raise }) {
      const { lines } = irq.describe();
      ok(lines >= 1, `${lines} lines`);
      for (let line = 0; line < lines; line++) {
        raise(line);
        strictEqual(waited(irq, line, SHORT).times, 1n, `line ${line}`);
      }
    },
  },
  {
    group,
    claim: "a wait may take a second at least, and as long as the bus says",
    promise: "limits.wait-max",
    run({ irq, raise }) {
      const { waitMax } = irq.describe();
      ok(waitMax >= 1_000_000n, `${waitMax} us`);
      raise(0);
      strictEqual(waited(irq, 0, waitMax).times, 1n);
    },
  },
  {
    group,
    claim: "the limits are constant",
    promise: "irq.describe",
    run({ irq, raise }) {
      const before = { ...irq.describe() };
      raise(0);
      waited(irq, 0, SHORT);
      waited(irq, 0, SHORT);
      deepStrictEqual({ ...irq.describe() }, before);
    },
  },
  {
    group,
    claim:
      "no raise is lost and none invented, in any order of raises and waits",
    promise: "arrival.times",
    run({ irq, raise, raiseIn }, { seed }) {
      const random = seeded(seed);
      let raised = 0n;
      let heard = 0n;
      for (let step = 0; step < 200; step++) {
        const act = random();
        if (act < 0.4) raise(0);
        else if (act < 0.5) {
          raiseIn(0, 20);
          heard += waited(irq, 0, 100n).times;
        } else {
          heard += waited(irq, 0, act < 0.6 ? 50n : 0n).times;
          continue;
        }
        raised++;
      }
      heard += waited(irq, 0, SHORT).times;
      strictEqual(heard, raised);
    },
  },
];

export const IRQ_SUITE: Suite<IrqFixture> = {
  contract: "irq",
  wit: "wit/hal/irq/irq.wit",
  about: "karyon:hal/irq@0.1.0: behaviour, refusals, hostile input",
  cases: [...BEHAVIOUR, ...REFUSALS],
};
