/** A sound bus of two lines on virtual time, for the check of the suite. */
import type { Irq } from "../../../hal/bus_contract.ts";
import type { IrqSubject } from "./case.ts";

const LIMITS = { lines: 2, waitMax: 5_000_000n };

export const REFERENCE: IrqSubject = {
  contract: "irq",
  make() {
    let nowUs = 0;
    let isBroken = false;
    const raised = [0n, 0n];
    const later: { line: number; atUs: number }[] = [];
    const due = (line: number, untilUs: number) => {
      for (const one of [...later]) {
        if (one.atUs > nowUs) continue;
        raised[one.line] = (raised[one.line] ?? 0n) + 1n;
        later.splice(later.indexOf(one), 1);
      }
      const own = later.filter((one) => one.line === line)
        .map(({ atUs }) => atUs);
      return Math.min(untilUs, ...own);
    };
    const irq: Irq = {
      describe: () => ({ ...LIMITS }),
      wait(line, within) {
        if (line >= LIMITS.lines) {
          return { tag: "err", val: { tag: "unknown" } };
        }
        if (within > LIMITS.waitMax) {
          return { tag: "err", val: { tag: "too-long" } };
        }
        if (isBroken) {
          return { tag: "err", val: { tag: "failed", val: "the bus is gone" } };
        }
        const begun = nowUs;
        const until = nowUs + Number(within);
        const next = due(line, until);
        if (raised[line] === 0n) {
          nowUs = next;
          due(line, until);
        }
        const times = raised[line] ?? 0n;
        raised[line] = 0n;
        const waited = BigInt(Math.max(1, nowUs - begun));
        return { tag: "ok", val: { times, waited } };
      },
    };
    return {
      irq,
      raise: (line) => void (raised[line] = (raised[line] ?? 0n) + 1n),
      raiseIn: (line, us) => void later.push({ line, atUs: nowUs + us }),
      nowUs: () => nowUs,
      isVirtual: true,
      breakBus: () => void (isBroken = true),
      dispose() {},
    };
  },
};
