/** What a driver does wrong with models and tensors. */
import type { Tensor } from "../../../hal/npu_contract.ts";
import type { Ended } from "../../../hal/npu/link.ts";
import type { Tamper } from "./reference.ts";

type DriverWrong = readonly [name: string, breaks: string, () => Tamper];

/** Changes each output; a copy is given. */
const giving = (change: (tensor: Tensor) => Tensor) => (): Tamper => ({
  gave: (tensors) => tensors.map(change),
});

/** Changes the numbers of outputs in float32. */
const numbers = (change: (x: number, at: number) => number) =>
  giving((tensor) => {
    if (tensor.element !== "float32") return tensor;
    const values = new Float32Array(tensor.octets.slice().buffer).map(change);
    return { ...tensor, octets: new Uint8Array(values.buffer) };
  });

const ending = (change: (ended: Ended) => Ended) => (): Tamper => ({
  ended: change,
});

/** What inspecting tells. */
const telling = (
  change: (model: NonNullable<Ended["model"]>) => NonNullable<Ended["model"]>,
) =>
  ending((ended) =>
    ended.model ? { ...ended, model: change(ended.model) } : ended
  );

export const DRIVER_WRONGS: readonly DriverWrong[] = [
  [
    "calculates with fewer digits",
    "work.run",
    numbers((x) => x * (1 + 2 ** -18)),
  ],
  [
    "has the last number wrong in long rows",
    "work.run",
    numbers((x, at) => at === 256 ? x + 1 : x),
  ],
  [
    "loses what is no number",
    "work.run",
    numbers((x) => Number.isNaN(x) ? 0 : x),
  ],
  [
    "loses infinities",
    "work.run",
    numbers((x) => Math.max(-3e38, Math.min(3e38, x))),
  ],
  [
    "gives rows as columns",
    "work.run",
    giving((tensor) => {
      const [m = 1, n = 1] = tensor.shape;
      if (
        tensor.element !== "float32" || tensor.shape.length !== 2
      ) return tensor;
      const old = new Float32Array(tensor.octets.slice().buffer);
      const values = old.map((_, at) =>
        old[at % m * n + Math.floor(at / m)] ?? 0
      );
      return { ...tensor, octets: new Uint8Array(values.buffer) };
    }),
  ],
  [
    "calculates whole numbers in doubles",
    "element.int64",
    giving((tensor) => {
      if (tensor.element !== "int64") return tensor;
      const old = new BigInt64Array(tensor.octets.slice().buffer);
      const values = old.map((x) => BigInt(Number(x)));
      return { ...tensor, octets: new Uint8Array(values.buffer) };
    }),
  ],
  ["keeps the first answer for the next run", "work.run", () => {
    const kept = new Map<bigint, Tensor[]>();
    return {
      unchecked: true,
      gave(tensors, { model, outputs }) {
        const first = kept.get(model);
        const same = first?.length === outputs.length &&
          first.every(({ name }, at) => name === outputs[at]);
        if (same && first !== undefined) return first;
        kept.set(model, structuredClone(tensors));
        return tensors;
      },
    };
  }],
  [
    "gives outputs in the model's order",
    "launch.outputs",
    () => ({
      gave: (tensors) => tensors.toSorted((a, b) => a.name < b.name ? -1 : 1),
    }),
  ],
  ["takes inputs by their place", "launch.inputs", () => ({
    asked(work) {
      if (work.tag !== "run") return work;
      const { inputs } = work.val;
      const names = inputs.map(({ name }) => name).sort();
      return {
        tag: "run",
        val: {
          ...work.val,
          inputs: inputs.map((one, at) => ({ ...one, name: names[at] ?? "" })),
        },
      };
    },
  })],
  ["gives outputs that are not as the model says", "work.run", () => ({
    unchecked: true,
  })],
  ["gives more than may be moved", "limits.transfer-max", () => ({
    unchecked: true,
  })],
  [
    "says fixed for what is symbolic",
    "model",
    telling((model) => ({
      ...model,
      outputs: model.outputs.map((port) => ({
        ...port,
        shape: port.shape.map(() => ({ tag: "fixed", val: 1 } as const)),
      })),
    })),
  ],
  [
    "tells inputs backwards",
    "model",
    telling((model) => ({
      inputs: model.inputs.toReversed(),
      outputs: model.outputs,
    })),
  ],
  [
    "takes a constant for an input",
    "model",
    telling((model) => {
      const [first] = model.inputs;
      return model.inputs.length === 1 && first
        ? { ...model, inputs: [first, { ...first, name: "c" }] }
        : model;
    }),
  ],
  ["fixes a symbol at its first length", "dimension.symbolic", () => {
    let length: number | undefined;
    return {
      gave(tensors) {
        const [first] = tensors;
        length ??= first?.shape[0];
        return first?.shape[0] === length ? tensors : [];
      },
    };
  }],
  [
    "says failed for what it does not take",
    "work.load",
    ending((ended) =>
      ended.outcome.tag === "rejected"
        ? { outcome: { tag: "failed", val: ended.outcome.val } }
        : ended
    ),
  ],
  [
    "rejects without a reason",
    "work.load",
    ending((ended) =>
      ended.outcome.tag === "rejected"
        ? { outcome: { tag: "rejected", val: "" } }
        : ended
    ),
  ],
  [
    "takes octets that are no model",
    "work.load",
    ending((ended) =>
      ended.outcome.tag === "rejected" &&
        /cut|wire|number/.test(ended.outcome.val)
        ? { outcome: { tag: "failed", val: "?" } }
        : ended
    ),
  ],
  [
    "carries out what was cancelled",
    "outcome.cancelled",
    () => ({ deaf: true }),
  ],
  ["has room for one model only", "work.load", () => {
    let count = 0;
    return {
      ended(ended) {
        if (ended.outcome.tag !== "made") return ended;
        count += 1;
        return count === 1
          ? ended
          : { outcome: { tag: "rejected", val: "one is enough" } };
      },
    };
  }],
];
