/** Drivers that refuse, accept or describe wrongly, around a sound device. */
import type { Gpu, Refusal, Work } from "../../../hal/gpu_contract.ts";
import type { Wrong } from "./mutants.ts";

/** Gives another refusal. */
const refusing = (from: Refusal["tag"], to: Refusal): Wrong => (gpu) => ({
  gpu: {
    submit(work, within) {
      const answer = gpu.submit(work, within);
      const hit = answer.tag === "err" && answer.val.tag === from;
      return hit ? { tag: "err", val: to } : answer;
    },
    release(name) {
      const answer = gpu.release(name);
      const hit = answer.tag === "err" && answer.val.tag === from;
      return hit ? { tag: "err", val: to } : answer;
    },
  },
});

/** Accepts and drops what it should refuse. */
const swallowing =
  (from: Refusal["tag"], when: (work: Work) => boolean): Wrong => (gpu) => ({
    gpu: {
      submit(work, within) {
        const answer = gpu.submit(work, within);
        return answer.tag === "err" && answer.val.tag === from && when(work)
          ? { tag: "ok", val: 77_777n }
          : answer;
      },
    },
  });

const limiting =
  (change: Partial<ReturnType<Gpu["describe"]>["limits"]>): Wrong => (gpu) => ({
    gpu: {
      describe() {
        const device = gpu.describe();
        return { ...device, limits: { ...device.limits, ...change } };
      },
    },
  });

const always = () => true;

export const ASKING_WRONGS: ReadonlyArray<readonly [string, string, Wrong]> = [
  [
    "says gone where a name is unknown",
    "refusal.unknown",
    refusing("unknown", { tag: "gone" }),
  ],
  [
    "says out-of-range for what is misaligned",
    "refusal.misaligned",
    refusing("misaligned", { tag: "out-of-range" }),
  ],
  [
    "takes a buffer of nothing",
    "refusal.misaligned",
    swallowing("misaligned", (work) => work.tag === "allocate"),
  ],
  [
    "takes a read over the end",
    "refusal.out-of-range",
    swallowing("out-of-range", (work) => work.tag === "read"),
  ],
  [
    "takes a range that overflows",
    "refusal.out-of-range",
    swallowing("out-of-range", (work) => work.tag === "dispatch"),
  ],
  [
    "takes a buffer that is written and read",
    "refusal.wrong-bindings",
    swallowing("wrong-bindings", ({ tag }) => tag === "dispatch"),
  ],
  [
    "takes a copy within one buffer",
    "refusal.wrong-bindings",
    swallowing("wrong-bindings", ({ tag }) => tag === "copy"),
  ],
  [
    "takes a deadline of nothing",
    "refusal.wrong-deadline",
    swallowing("wrong-deadline", always),
  ],
  [
    "names another limit",
    "limits.transfer-max",
    refusing("over-limit", { tag: "over-limit", val: "buffer-max" }),
  ],
  [
    "takes more in flight than it says",
    "limits.in-flight-max",
    swallowing("full", always),
  ],
  ["says full when it is not", "refusal.full", (gpu) => {
    let accepted = 0;
    return {
      gpu: {
        submit(work, within) {
          if (accepted > 16) return { tag: "err", val: { tag: "full" } };
          const answer = gpu.submit(work, within);
          if (answer.tag === "ok") accepted += 1;
          return answer;
        },
      },
    };
  }],
  [
    "checks the deadline first",
    "refusal",
    (gpu) => ({
      gpu: {
        submit: (work, within) =>
          within === 0n
            ? { tag: "err", val: { tag: "wrong-deadline" } }
            : gpu.submit(work, within),
      },
    }),
  ],
  [
    "says that it takes less than it must",
    "limits",
    limiting({ transferMax: 1024 }),
  ],
  [
    "says that it takes more than it does",
    "limits.buffer-max",
    limiting({ bufferMax: 2n << 20n }),
  ],
  [
    "says that it takes more groups than it does",
    "limits.groups-max",
    limiting({ groupsMax: 2048 }),
  ],
  ["describes itself anew", "gpu.describe", (gpu) => {
    let looks = 0;
    return {
      gpu: { describe: () => ({ ...gpu.describe(), name: `${++looks}` }) },
    };
  }],
];
