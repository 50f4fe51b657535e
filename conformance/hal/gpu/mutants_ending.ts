/** Drivers that are wrong about how requests end, around a sound device. */
import type { Completion, Gpu, Work } from "../../../hal/gpu_contract.ts";
import type { Wrong } from "./mutants.ts";

/** Changes what is given, in `take` and `wait` alike. */
const giving =
  (change: (all: Completion[], gpu: Gpu) => Completion[]): Wrong => (gpu) => ({
    gpu: {
      take: (most) => change(gpu.take(most), gpu),
      wait: (most, within) => change(gpu.wait(most, within), gpu),
    },
  });

const outcomes = (
  change: (outcome: Completion["outcome"]) => Completion["outcome"],
) =>
  giving((all) =>
    all.map(({ ticket, outcome }) => ({ ticket, outcome: change(outcome) }))
  );

export const ENDING_WRONGS: ReadonlyArray<readonly [string, string, Wrong]> = [
  ["keeps the caller's octets in place of a copy", "work.write", (gpu) => {
    // Sent when somebody waits; until then the octets are the caller's.
    let late: { work: Work; within: bigint } | undefined;
    const send = () => {
      if (late !== undefined) gpu.submit(late.work, late.within);
      late = undefined;
    };
    return {
      gpu: {
        submit(work, within) {
          send();
          if (work.tag !== "write") {
            return gpu.submit(work, within);
          }
          // The ticket that the driver is going to give is the next one.
          const probe = gpu.submit({ tag: "allocate", val: 4n }, within);
          if (probe.tag === "err") return probe;
          for (const { outcome } of gpu.wait(1, within)) {
            if (outcome.tag === "made") gpu.release(outcome.val);
          }
          late = { work, within };
          return { tag: "ok", val: probe.val + 1n };
        },
        wait(most, within) {
          send();
          return gpu.wait(most, within);
        },
      },
    };
  }],
  ["gives a completion again", "gpu.take", (gpu) => {
    let last: Completion[] = [];
    return {
      gpu: {
        take(most) {
          const before = last;
          last = gpu.take(most);
          return [...before, ...last];
        },
        wait(most, within) {
          last = gpu.wait(most, within);
          return last;
        },
      },
    };
  }],
  ["gives one completion more than asked", "gpu.take", (gpu) => ({
    gpu: {
      take: (most) => gpu.take(most + 1),
      wait: (most, within) => gpu.wait(most + 1, within),
    },
  })],
  [
    "gives completions backwards",
    "gpu.take",
    (gpu) => {
      const kept: Completion[] = [];
      const last = (most: number) => kept.splice(-Math.max(1, most), most);
      return {
        gpu: {
          take: (most) => {
            kept.push(...gpu.take(1000));
            return most === 0 ? [] : last(most);
          },
          wait: (most, within) => {
            // Waits for all of them, then begins at the end.
            for (;;) {
              const some = gpu.wait(1000, within);
              if (some.length === 0) break;
              kept.push(...some);
            }
            return most === 0 ? [] : last(most).reverse();
          },
        },
      };
    },
  ],
  ["gives another request's answer", "completion", (gpu) => ({
    gpu: {
      wait(most, within) {
        const all = gpu.wait(Math.max(most, 2), within);
        const [first, second, ...rest] = all;
        if (first === undefined || second === undefined) return all;
        return [
          { ticket: first.ticket, outcome: second.outcome },
          { ticket: second.ticket, outcome: first.outcome },
          ...rest,
        ];
      },
    },
  })],
  ["never completes what it dropped", "gpu", (gpu) => {
    let count = 0;
    const some = (all: Completion[]) => all.filter(() => ++count % 17 !== 0);
    return {
      gpu: {
        take: (most) => some(gpu.take(most)),
        wait: (most, within) => some(gpu.wait(most, within)),
      },
    };
  }],
  ["waits for its whole time with nothing under way", "gpu.wait", (gpu) => ({
    gpu: {
      wait(most, within) {
        const all = gpu.wait(most, within);
        if (all.length === 0 && within > 10_000_000n) {
          throw new Error("a minute is over");
        }
        return all;
      },
    },
  })],
  ["waits beyond its bound", "gpu.wait", (gpu, { hold }) => ({
    gpu: {
      wait(most, within) {
        const all = gpu.wait(most, within);
        if (all.length > 0 || within > 10_000n) return all;
        hold?.end();
        return gpu.wait(most, 60_000_000n);
      },
    },
  })],
  ["gives a ticket again", "gpu.submit", (gpu) => {
    const real = new Map<bigint, bigint>();
    return {
      gpu: {
        submit(work, within) {
          const answer = gpu.submit(work, within);
          if (answer.tag === "err") return answer;
          const name = answer.val % 16n;
          real.set(answer.val, name);
          return { tag: "ok", val: name };
        },
        wait: (most, within) =>
          gpu.wait(most, within).map(({ ticket, outcome }) => ({
            ticket: real.get(ticket) ?? ticket,
            outcome,
          })),
      },
    };
  }],
  ["forgets to do what it says is done", "gpu.submit", (gpu) => ({
    gpu: {
      submit: (work, within) =>
        gpu.submit(
          work.tag === "dispatch"
            ? { ...work, val: { ...work.val, x: 1, y: 1, z: 1, ranges: [] } }
            : work,
          within,
        ),
    },
  })],
  ["cancels all that waits", "gpu.cancel", (gpu) => ({
    gpu: {
      cancel(ticket) {
        gpu.cancel(ticket - 1n);
        gpu.cancel(ticket + 1n);
        return gpu.cancel(ticket);
      },
    },
  })],
  ["says cancelled for what has begun", "refused-cancel.begun", (gpu) => ({
    gpu: {
      cancel(ticket) {
        const answer = gpu.cancel(ticket);
        return answer.tag === "err" && answer.val === "begun"
          ? { tag: "ok" }
          : answer;
      },
    },
  })],
  ["knows what was taken", "refused-cancel.unknown", (gpu) => ({
    gpu: {
      cancel(ticket) {
        const answer = gpu.cancel(ticket);
        return answer.tag === "err" ? { tag: "err", val: "begun" } : answer;
      },
    },
  })],
  [
    "says done for what overran",
    "outcome.overrun",
    outcomes((one) => one.tag === "overrun" ? { tag: "done" } : one),
  ],
  [
    "says overrun for what never began",
    "outcome.expired",
    outcomes((one) => one.tag === "expired" ? { tag: "overrun" } : one),
  ],
  ["never lets a deadline pass", "outcome.expired", (gpu, { hold }) => ({
    gpu: {
      submit: (work, within) =>
        gpu.submit(work, within < 100_000n ? 60_000_000n : within),
      wait(most, within) {
        const all = gpu.wait(most, 1000n);
        if (all.length > 0 || within < 100_000n) return all;
        hold?.end();
        return gpu.wait(most, within);
      },
    },
  })],
  ["keeps released things", "gpu.release", (gpu) => ({
    gpu: { release: (name) => name > 0n ? { tag: "ok" } : gpu.release(name) },
  })],
  ["releases a name twice", "refusal.unknown", (gpu) => ({
    gpu: {
      release(name) {
        const answer = gpu.release(name);
        return answer.tag === "err" && answer.val.tag === "unknown"
          ? { tag: "ok" }
          : answer;
      },
    },
  })],
  ["is unwell after a source that is wrong", "gpu.health", (gpu) => {
    let wrong = false;
    return {
      gpu: {
        wait(most, within) {
          const all = gpu.wait(most, within);
          wrong ||= all.some(({ outcome }) => outcome.tag === "rejected");
          return all;
        },
        health: () =>
          wrong ? { tag: "degraded", val: "a source" } : gpu.health(),
      },
    };
  }],
  ["is well without a device", "gpu-control.detach", (gpu) => ({
    gpu: { health: () => ({ tag: "ok" }), describe: () => gpu.describe() },
  })],
  [
    "says failed for what is gone",
    "outcome.gone",
    outcomes((one) =>
      one.tag === "gone" ? { tag: "failed", val: one.val } : one
    ),
  ],
  [
    "loses what is under way with the device",
    "outcome.gone",
    giving((all) => all.filter(({ outcome }) => outcome.tag !== "gone")),
  ],
  ["drops what had ended when it detaches", "gpu.take", (gpu, fixture) => ({
    control: {
      detach() {
        gpu.take(1000);
        return fixture.control.detach();
      },
    },
  })],
  ["attaches over a device", "refusal.attached", (_, { control }) => ({
    control: {
      attach(wish) {
        control.detach();
        return control.attach(wish);
      },
    },
  })],
  ["detaches as often as it is asked", "refusal.detached", (_, fixture) => ({
    control: {
      detach() {
        fixture.control.detach();
        return { tag: "ok" };
      },
    },
  })],
  ["cannot attach a second time", "gpu-control.attach", (_, fixture) => {
    let detached = 0;
    return {
      control: {
        detach() {
          detached += 1;
          return fixture.control.detach();
        },
        attach(wish) {
          return detached > 1
            ? { tag: "err", val: { tag: "failed", val: "worn out" } }
            : fixture.control.attach(wish);
        },
      },
    };
  }],
  ["does not count attachments", "gpu-control.attach", (gpu) => ({
    gpu: { describe: () => ({ ...gpu.describe(), attachment: 1 }) },
  })],
];
