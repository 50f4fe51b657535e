/** Devices that do something else than they were asked. */
import type { Launch, Outcome, Work } from "../../../hal/gpu_contract.ts";
import { View } from "./kernels/kernel.ts";
import type { Tamper } from "./reference.ts";

type Kind = Work["tag"];
type Of<K extends Kind> = Extract<Work, { tag: K }>;

const is = <K extends Kind>(work: Work, kind: K): work is Of<K> =>
  work.tag === kind;

/** Changes requests of one kind on their way. */
const asking = <K extends Kind>(
  kind: K,
  change: (work: Of<K>) => Work,
): () => Tamper =>
() => ({ asked: (work) => is(work, kind) ? change(work) : work });

/** Changes what came of requests of one kind. */
const ending = <K extends Kind>(
  kind: K,
  change: (
    outcome: Outcome,
    work: Of<K>,
    device: Parameters<NonNullable<Tamper["ended"]>>[2],
  ) => Outcome,
): () => Tamper =>
() => ({
  ended: (outcome, work, device) =>
    is(work, kind) ? change(outcome, work, device) : outcome,
});

const launching = (change: (launch: Launch) => Partial<Launch>) =>
  asking("dispatch", ({ tag, val }) => ({
    tag,
    val: { ...val, ...change(val) },
  }));

const WORD = 4n;

export const DEVICE_WRONGS: ReadonlyArray<
  readonly [string, string, () => Tamper]
> = [
  [
    "leaves old octets in a new buffer",
    "work.allocate",
    ending("allocate", (outcome, { val }, { buffers }) => {
      if (outcome.tag !== "made") return outcome;
      const octets = new Uint8Array(Number(val));
      octets[octets.length - 1] = 1;
      buffers.set(outcome.val, octets);
      return outcome;
    }),
  ],
  [
    "writes a word too late",
    "work.write",
    asking("write", ({ tag, val }) => ({
      tag,
      val: val.offset === 0n ? val : { ...val, offset: val.offset - WORD },
    })),
  ],
  [
    "writes a word less than asked",
    "work.write",
    asking("write", ({ tag, val }) => ({
      tag,
      val: { ...val, octets: val.octets.subarray(0, -4) },
    })),
  ],
  [
    "writes the neighbouring buffer as well",
    "work.write",
    ending("write", (outcome, { val }, { buffers }) => {
      const names = [...buffers.keys()];
      const next = names[names.indexOf(val.buffer) + 1] ?? -1n;
      buffers.get(next)?.set([0xee]);
      return outcome;
    }),
  ],
  [
    "reads from the beginning",
    "work.read",
    asking("read", ({ tag, val }) => ({ tag, val: { ...val, offset: 0n } })),
  ],
  [
    "clears what it has read",
    "work.read",
    ending("read", (outcome, { val }, { buffers }) => {
      buffers.get(val.buffer)?.fill(0);
      return outcome;
    }),
  ],
  [
    "reads a word less than asked",
    "work.read",
    asking("read", ({ tag, val }) => ({
      tag,
      val: { ...val, length: val.length - WORD },
    })),
  ],
  [
    "gives the same octets for every read",
    "work.read",
    () => {
      let first: Outcome | undefined;
      return {
        ended(outcome) {
          if (outcome.tag !== "octets") return outcome;
          return first ??= outcome;
        },
      };
    },
  ],
  [
    "copies to the beginning",
    "work.copy",
    asking("copy", ({ tag, val }) => ({ tag, val: { ...val, offset: 0n } })),
  ],
  [
    "moves in place of copying",
    "work.copy",
    ending("copy", (outcome, { val }, { buffers }) => {
      buffers.get(val.source.buffer)?.fill(0);
      return outcome;
    }),
  ],
  [
    "runs a program twice",
    "work.dispatch",
    ending("dispatch", (outcome, work, device) => {
      device.carryOut(0n, work);
      return outcome;
    }),
  ],
  [
    "runs one group less",
    "work.dispatch",
    launching(({ x }) => ({ x: Math.max(1, x - 1) })),
  ],
  [
    "runs one layer only",
    "launch",
    launching(() => ({ z: 1 })),
  ],
  [
    "takes rows for columns",
    "launch",
    launching(({ x, y }) => ({ x: y, y: x })),
  ],
  [
    "binds the whole buffer in place of the range",
    "launch.ranges",
    () => ({
      asked: (work) => work,
      ended(outcome, work, { buffers, programs }) {
        if (work.tag !== "dispatch") return outcome;
        const kernel = programs.get(work.val.program)?.kernel;
        if (kernel?.name !== "increment") return outcome;
        const octets = buffers.get(work.val.ranges[0]?.buffer ?? 0n);
        if (octets !== undefined) kernel.plain([new View(octets)], [1, 1, 1]);
        return outcome;
      },
    }),
  ],
  [
    "begins every range at the beginning of its buffer",
    "launch.ranges",
    launching(({ ranges }) => ({
      ranges: ranges.map((one) => ({ ...one, offset: 0n })),
    })),
  ],
  [
    "takes ranges in the order of their buffers",
    "source.bindings",
    launching(({ ranges }) => ({
      ranges: ranges.toSorted((a, b) => Number(b.buffer - a.buffer)),
    })),
  ],
  [
    "lets a program write behind its range",
    "launch.ranges",
    ending("dispatch", (outcome, { val }, { buffers, programs }) => {
      if (programs.get(val.program)?.kernel?.name !== "wild") return outcome;
      const { buffer = 0n, offset = 0n, length = 0n } = val.ranges[1] ?? {};
      buffers.get(buffer)?.set([0xad], Number(offset + length));
      return outcome;
    }),
  ],
  [
    "lets a program read a neighbour's octets",
    "launch.ranges",
    ending("dispatch", (outcome, { val }, { buffers, programs }) => {
      if (programs.get(val.program)?.kernel?.name !== "wild") return outcome;
      buffers.get(val.ranges[2]?.buffer ?? 0n)?.set([0x12, 0x34, 0x56, 0x78]);
      return outcome;
    }),
  ],
  [
    "runs a program on a range that is too small",
    "work.dispatch",
    ending(
      "dispatch",
      (outcome) => outcome.tag === "rejected" ? { tag: "done" } : outcome,
    ),
  ],
  [
    "computes in half precision",
    "work.dispatch",
    ending("dispatch", (outcome, { val }, { buffers, programs }) => {
      if (programs.get(val.program)?.kernel?.name !== "matmul") return outcome;
      const octets = buffers.get(val.ranges[3]?.buffer ?? 0n);
      if (octets === undefined) return outcome;
      const values = new Float32Array(octets.buffer);
      values.set(values.map((value) => Math.f16round(value)));
      return outcome;
    }),
  ],
  [
    "drops the last element of a sum",
    "work.dispatch",
    asking("dispatch", ({ tag, val }) => {
      const [first, ...rest] = val.ranges;
      if (first === undefined || rest.length !== 1 || val.x !== 13) {
        return { tag, val };
      }
      const length = first.length - 4n;
      return { tag, val: { ...val, ranges: [{ ...first, length }, ...rest] } };
    }),
  ],
  [
    "takes any source",
    "work.compile",
    ending("compile", (outcome, _, { programs }) => {
      if (outcome.tag !== "rejected") return outcome;
      const name = 5_000_000n;
      programs.set(name, { kernel: undefined, bindings: [] });
      return { tag: "done" };
    }),
  ],
  [
    "does not say where a source is wrong",
    "work.compile",
    ending(
      "compile",
      (outcome) =>
        outcome.tag === "rejected"
          ? { tag: "rejected", val: "it is wrong" }
          : outcome,
    ),
  ],
  [
    "takes the first shader whatever the entry is called",
    "source.entry",
    asking("compile", ({ tag, val }) => ({
      tag,
      val: { ...val, entry: "main" },
    })),
  ],
  [
    "guesses bindings from the source",
    "source.bindings",
    asking("compile", ({ tag, val }) => ({
      tag,
      val: { ...val, bindings: ["read-write", "read-write"] },
    })),
  ],
  [
    "takes groups of any size",
    "limits.invocations-max",
    ending(
      "compile",
      (outcome, { val }) =>
        outcome.tag === "rejected" && outcome.val.includes("too large")
          ? { tag: "made", val: BigInt(val.wgsl.length) }
          : outcome,
    ),
  ],
  [
    "refuses words of other languages",
    "source.wgsl",
    ending(
      "compile",
      (outcome, { val }) =>
        /[^\n -~]/.test(val.wgsl)
          ? { tag: "rejected", val: "1:1: not ASCII" }
          : outcome,
    ),
  ],
  [
    "carries out what was cancelled",
    "outcome.cancelled",
    () => ({ deaf: true }),
  ],
  [
    "carries out what has expired",
    "outcome.expired",
    () => ({ deaf: true }),
  ],
];
