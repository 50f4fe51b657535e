/** What a driver does wrong with requests and their ends. */
import type {
  Completion,
  Npu,
  Outcome,
  Refusal,
  Work,
} from "../../../hal/npu_contract.ts";
import type { Wrong } from "./mutants.ts";

/** Another refusal in place of one, or none at all. */
const refusing =
  (from: Refusal["tag"], to: Refusal | "none"): Wrong => (npu) => ({
    submit(work, within) {
      const answer = npu.submit(work, within);
      if (answer.tag === "ok" || answer.val.tag !== from) return answer;
      return to === "none"
        ? { tag: "ok", val: 99_999n }
        : { tag: "err", val: to };
    },
  });

const outcomes = (change: (outcome: Outcome) => Outcome): Wrong =>
  giving((all) =>
    all.map(({ ticket, outcome }) => ({ ticket, outcome: change(outcome) }))
  );

/** Other completions in place of those that are given. */
function giving(change: (all: Completion[]) => Completion[]): Wrong {
  return (npu) => ({
    take: (most) => change(npu.take(most)),
    wait: (most, within) => change(npu.wait(most, within)),
  });
}

const limiting =
  (change: Partial<ReturnType<Npu["describe"]>["limits"]>): Wrong => (npu) => ({
    describe() {
      const device = npu.describe();
      return { ...device, limits: { ...device.limits, ...change } };
    },
  });

const UNKNOWN = { tag: "unknown" } as const;

const REFUSING: ReadonlyArray<readonly [string, string, Wrong]> = [
  [
    "says unknown for a wrong input",
    "refusal.wrong-input",
    refusing("wrong-input", UNKNOWN),
  ],
  [
    "takes wrong inputs",
    "refusal.wrong-input",
    refusing("wrong-input", "none"),
  ],
  [
    "names another tensor",
    "refusal.wrong-input",
    refusing("wrong-input", { tag: "wrong-input", val: "?" }),
  ],
  [
    "takes wrong outputs",
    "refusal.wrong-output",
    refusing("wrong-output", "none"),
  ],
  [
    "takes a deadline of nothing",
    "refusal.wrong-deadline",
    refusing("wrong-deadline", "none"),
  ],
  [
    "says full for an unknown name",
    "refusal.unknown",
    refusing("unknown", { tag: "full" }),
  ],
  [
    "takes more than may be under way",
    "limits.in-flight-max",
    refusing("full", "none"),
  ],
  [
    "takes models that are too large",
    "limits.model-max",
    refusing("over-limit", "none"),
  ],
  [
    "names another limit",
    "limits.rank-max",
    refusing("over-limit", { tag: "over-limit", val: "model-max" }),
  ],
  ["looks at the deadline first", "refusal", (npu) => ({
    submit: (work, within) =>
      within === 0n
        ? { tag: "err", val: { tag: "wrong-deadline" } }
        : npu.submit(work, within),
  })],
  ["has fewer models than the least", "limits", limiting({ modelsMax: 4 })],
  [
    "says that it takes more tensors than it does",
    "limits.tensors-max",
    limiting({ tensorsMax: 17 }),
  ],
  [
    "says that it takes more models than it does",
    "limits.models-max",
    limiting({ modelsMax: 9 }),
  ],
];

const NAMING: ReadonlyArray<readonly [string, string, Wrong]> = [
  ["describes itself anew", "npu.describe", (npu) => {
    let count = 0;
    return { describe: () => ({ ...npu.describe(), name: `${count++}` }) };
  }],
  [
    "keeps unloaded models",
    "npu.unload",
    () => ({ unload: () => ({ tag: "ok" }) }),
  ],
  ["unloads what is still to run", "npu.unload", (npu) => ({
    unload(name) {
      const answer = npu.unload(name);
      const left = npu.take(1000);
      return left.length > 0 ? { tag: "err", val: UNKNOWN } : answer;
    },
  })],
  ["lets a caller change what it knows", "npu.inspect", (npu) => {
    const kept = new Map<bigint, ReturnType<Npu["inspect"]>>();
    return {
      inspect(name) {
        const known = kept.get(name) ?? npu.inspect(name);
        kept.set(name, known);
        return known;
      },
    };
  }],
  ["keeps the caller's octets in place of a copy", "npu.submit", (npu) => {
    let late: { work: Work; within: bigint } | undefined;
    return {
      submit(work, within) {
        const probe = npu.submit(
          { tag: "load", val: Uint8Array.of(1) },
          within,
        );
        if (probe.tag === "err") return probe;
        npu.wait(1, within);
        late = { work, within };
        return { tag: "ok", val: probe.val + 1n };
      },
      wait(most, within) {
        if (late !== undefined) npu.submit(late.work, late.within);
        late = undefined;
        return npu.wait(most, within);
      },
    };
  }],
  ["gives a ticket again", "npu.submit", (npu) => {
    const real = new Map<bigint, bigint>();
    return {
      submit(work, within) {
        const answer = npu.submit(work, within);
        if (answer.tag === "err") return answer;
        const ticket = answer.val % 16n;
        real.set(answer.val, ticket);
        return { tag: "ok", val: ticket };
      },
      wait: (most, within) =>
        npu.wait(most, within).map(({ ticket, outcome }) => ({
          ticket: real.get(ticket) ?? ticket,
          outcome,
        })),
    };
  }],
  ["is unwell after a wrong model", "npu.health", (npu) => {
    let wrong = false;
    return {
      wait(most, within) {
        const all = npu.wait(most, within);
        wrong ||= all.some(({ outcome }) => outcome.tag === "rejected");
        return all;
      },
      health: () => wrong ? { tag: "degraded", val: "?" } : npu.health(),
    };
  }],
];

const ENDING: ReadonlyArray<readonly [string, string, Wrong]> = [
  ["gives one completion more than asked", "npu.take", (npu) => ({
    take: (most) => npu.take(most + 1),
    wait: (most, within) => npu.wait(most + 1, within),
  })],
  ["gives completions backwards", "npu.take", (npu) => ({
    wait(most, within) {
      const first = npu.wait(1, within);
      return [...npu.take(most - 1).reverse(), ...first];
    },
  })],
  [
    "gives another request's answer",
    "completion",
    giving((all) => {
      const [first, second, ...rest] = all;
      if (first === undefined || second === undefined) return all;
      return [
        { ticket: first.ticket, outcome: second.outcome },
        { ticket: second.ticket, outcome: first.outcome },
        ...rest,
      ];
    }),
  ],
  ["never completes what it dropped", "npu", (npu) => {
    let count = 0;
    const some = (all: Completion[]) => all.filter(() => ++count % 17 !== 0);
    return { wait: (most, within) => some(npu.wait(most, within)) };
  }],
  ["waits for its whole time with nothing under way", "npu.wait", (npu) => ({
    wait(most, within) {
      const all = npu.wait(most, within);
      if (all.length === 0 && within > 10_000_000n) {
        throw new Error("a minute is over");
      }
      return all;
    },
  })],
  ["waits beyond its bound", "npu.wait", (npu, { hold }) => ({
    wait(most, within) {
      const all = npu.wait(most, within);
      if (all.length > 0 || within > 10_000n) return all;
      hold?.end();
      return npu.wait(most, 60_000_000n);
    },
  })],
  ["cancels all that waits", "npu.cancel", (npu) => ({
    cancel(ticket) {
      npu.cancel(ticket - 1n);
      npu.cancel(ticket + 1n);
      return npu.cancel(ticket);
    },
  })],
  ["says cancelled for what has begun", "refused-cancel.begun", (npu) => ({
    cancel(ticket) {
      const answer = npu.cancel(ticket);
      return answer.tag === "err" && answer.val === "begun"
        ? { tag: "ok" }
        : answer;
    },
  })],
  ["knows what was taken", "refused-cancel.unknown", (npu) => ({
    cancel(ticket) {
      const answer = npu.cancel(ticket);
      return answer.tag === "err" ? { tag: "err", val: "begun" } : answer;
    },
  })],
  [
    "says failed for what overran",
    "outcome.overrun",
    outcomes((one) =>
      one.tag === "overrun" ? { tag: "failed", val: "?" } : one
    ),
  ],
  [
    "says overrun for what never began",
    "outcome.expired",
    outcomes((one) => one.tag === "expired" ? { tag: "overrun" } : one),
  ],
  [
    "says failed for what is gone",
    "outcome.gone",
    outcomes((one) =>
      one.tag === "gone" ? { tag: "failed", val: one.val } : one
    ),
  ],
  [
    "loses what is under way when it dies",
    "outcome.gone",
    giving((all) => all.filter(({ outcome }) => outcome.tag !== "gone")),
  ],
  ["says unknown when it is gone", "refusal.gone", refusing("gone", UNKNOWN)],
  ["is well when it is gone", "refusal.gone", () => ({
    health: () => ({ tag: "ok" }),
  })],
];

export const CALLING_WRONGS = [...REFUSING, ...NAMING, ...ENDING];
