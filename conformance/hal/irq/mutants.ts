/** Buses that break one promise each; the suite has to notice every one. */
import type { Irq, IrqLimits, IrqRefusal } from "../../../hal/bus_contract.ts";
import type { Mutant } from "../suite/mutation.ts";
import type { IrqFixture } from "./case.ts";

type Wrong = (irq: Irq) => Partial<Irq>;
type Answer = ReturnType<Irq["wait"]>;
interface Arrival {
  readonly times: bigint;
  readonly waited: bigint;
}

/** Changes what a good wait came to. */
const arrivals = (
  change: (val: Arrival, within: bigint, count: number) => Arrival,
): Wrong =>
(irq) => {
  let count = 0;
  return {
    wait(line, within) {
      const answer = irq.wait(line, within);
      return answer.tag === "ok"
        ? { tag: "ok", val: change(answer.val, within, count++) }
        : answer;
    },
  };
};

const limits = (
  change: (val: IrqLimits, count: number) => IrqLimits,
): Wrong => {
  return (irq) => {
    let count = 0;
    return { describe: () => change(irq.describe(), count++) };
  };
};

/** Answers otherwise where a wait is refused for this reason. */
const refusals =
  (from: IrqRefusal["tag"], to: (irq: Irq, within: bigint) => Answer): Wrong =>
  (irq) => ({
    wait(line, within) {
      const answer = irq.wait(line, within);
      return answer.tag === "err" && answer.val.tag === from
        ? to(irq, within)
        : answer;
    },
  });

const no = (tag: "unknown" | "too-long"): Answer => ({
  tag: "err",
  val: { tag },
});
const quiet: Answer = { tag: "ok", val: { times: 0n, waited: 1n } };

const WRONG: ReadonlyArray<readonly [string, string, Wrong]> = [
  [
    "never hears a raise",
    "irq.wait",
    arrivals((val) => ({ ...val, times: 0n })),
  ],
  [
    "says one raise where there were several",
    "arrival.times",
    arrivals((val) => ({
      ...val,
      times: val.times > 1n ? 1n : val.times,
    })),
  ],
  [
    "counts one too many",
    "arrival.times",
    arrivals((val) => ({
      ...val,
      times: val.times > 0n ? val.times + 1n : 0n,
    })),
  ],
  [
    "counts up to a hundred",
    "arrival.times",
    arrivals((val) => ({
      ...val,
      times: val.times > 100n ? 100n : val.times,
    })),
  ],
  [
    "says a raise where there was none",
    "arrival.times",
    arrivals((val) => ({
      ...val,
      times: val.times === 0n ? 1n : val.times,
    })),
  ],
  [
    "invents a raise now and then",
    "arrival.times",
    arrivals(
      (val, _, count) =>
        count % 5 === 4 ? { ...val, times: val.times + 1n } : val,
    ),
  ],
  ["tells raises again at the next wait", "arrival.times", (irq) => {
    let before = 0n;
    return {
      wait(line, within) {
        const answer = irq.wait(line, within);
        if (answer.tag === "err") return answer;
        const { times, waited } = answer.val;
        const told = times + before;
        before = times;
        return { tag: "ok", val: { times: told, waited } };
      },
    };
  }],
  ["has raises of the other line", "arrival.times", (irq) => ({
    wait(line, within) {
      const answer = irq.wait(line, within);
      const other = irq.wait(1 - line, 0n);
      if (answer.tag === "err" || other.tag === "err") return answer;
      const times = answer.val.times + other.val.times;
      return { tag: "ok", val: { ...answer.val, times } };
    },
  })],
  ["forgets the lines that nobody waits on", "arrival.times", (irq) => ({
    wait(line, within) {
      irq.wait(1 - line, 0n);
      return irq.wait(line, within);
    },
  })],
  ["mixes its lines up", "limits.lines", (irq) => ({
    wait: (line, within) => irq.wait(line < 2 ? 1 - line : line, within),
  })],
  [
    "has no line that hears",
    "limits.lines",
    limits((val) => ({ ...val, lines: 0 })),
  ],
  [
    "says one line more than there are",
    "limits.lines",
    limits((val) => ({
      ...val,
      lines: val.lines + 1,
    })),
  ],
  ["loses what is raised before a wait", "irq.wait", (irq) => ({
    wait(line, within) {
      if (within > 0n) irq.wait(line, 0n);
      return irq.wait(line, within);
    },
  })],
  ["waits on after a raise", "irq.wait", (irq) => ({
    wait(line, within) {
      const answer = irq.wait(line, within);
      if (answer.tag === "ok" && answer.val.times > 0n) irq.wait(line, within);
      return answer;
    },
  })],
  ["waits half as long as it was asked", "irq.wait", (irq) => ({
    wait(line, within) {
      const { waitMax } = irq.describe();
      return irq.wait(line, within > waitMax ? within : within / 2n);
    },
  })],
  ["waits a little where it should ask", "irq.wait", (irq) => ({
    wait: (line, within) => irq.wait(line, within === 0n ? 10n : within),
  })],
  ["asks where it should wait", "irq.wait", (irq) => ({
    wait(line, within) {
      const { waitMax } = irq.describe();
      return irq.wait(line, within > waitMax ? within : 0n);
    },
  })],
  [
    "says that a wait took nothing",
    "arrival.waited",
    arrivals((val) => ({
      ...val,
      waited: 0n,
    })),
  ],
  [
    "says nothing for a wait that a raise ended",
    "arrival.waited",
    arrivals(
      (val) => val.times > 0n ? { ...val, waited: 0n } : val,
    ),
  ],
  [
    "says half of what a wait took",
    "arrival.waited",
    arrivals((val) => ({
      ...val,
      waited: val.waited > 1n ? val.waited / 2n : val.waited,
    })),
  ],
  [
    "says what was asked, whatever it took",
    "arrival.waited",
    arrivals(
      (val, within) => ({ ...val, waited: within > 0n ? within : 1n }),
    ),
  ],
  [
    "says milliseconds",
    "arrival.waited",
    arrivals((val) => ({
      ...val,
      waited: val.waited / 1000n + 1n,
    })),
  ],
  [
    "waits half a second at most",
    "limits.wait-max",
    limits((val) => ({
      ...val,
      waitMax: 500_000n,
    })),
  ],
  ["refuses the longest wait", "limits.wait-max", (irq) => ({
    wait: (line, within) =>
      within >= irq.describe().waitMax
        ? irq.wait(line, irq.describe().waitMax + 1n)
        : irq.wait(line, within),
  })],
  [
    "gives other limits later",
    "irq.describe",
    limits((val, count) => ({
      ...val,
      waitMax: val.waitMax + BigInt(count),
    })),
  ],
  ["knows every line", "refusal.unknown", refusals("unknown", () => quiet)],
  [
    "calls an unknown line too long",
    "refusal.unknown",
    refusals(
      "unknown",
      () => no("too-long"),
    ),
  ],
  ["takes line numbers round", "refusal.unknown", (irq) => ({
    wait: (line, within) => irq.wait(line % irq.describe().lines, within),
  })],
  [
    "waits less where it is too long",
    "refusal.too-long",
    refusals(
      "too-long",
      (irq) => irq.wait(0, irq.describe().waitMax),
    ),
  ],
  ["cuts a time to 32 bits", "refusal.too-long", (irq) => ({
    wait: (line, within) => irq.wait(line, within % 2n ** 32n),
  })],
  ["looks at the time before the line", "refusal", (irq) => ({
    wait: (line, within) =>
      within > irq.describe().waitMax ? no("too-long") : irq.wait(line, within),
  })],
  [
    "takes the raises of a wait that it refuses",
    "refusal",
    refusals(
      "too-long",
      (irq) => (irq.wait(0, 0n), no("too-long")),
    ),
  ],
  [
    "lets time go by in a wait that it refuses",
    "refusal",
    refusals(
      "unknown",
      (irq) => (irq.wait(1, 5n), no("unknown")),
    ),
  ],
  [
    "is silent where it failed",
    "refusal.failed",
    refusals("failed", () => quiet),
  ],
  [
    "fails without a reason",
    "refusal.failed",
    refusals("failed", () => ({
      tag: "err",
      val: { tag: "failed", val: "" },
    })),
  ],
];

export const IRQ_MUTANTS: ReadonlyArray<Mutant<IrqFixture>> = WRONG.map(
  ([name, breaks, wrong]) => ({
    name,
    breaks,
    wrap: (fixture) => ({
      ...fixture,
      irq: { ...fixture.irq, ...wrong(fixture.irq) },
    }),
  }),
);
