/** Octets that are no model, and models that are none: rejected, and it works on. */
import { seeded } from "../../sim/block_device.ts";
import { ok, strictEqual } from "node:assert/strict";
import type { Tensor } from "../../../hal/npu_contract.ts";
import {
  ADD,
  f32,
  i64,
  launch,
  loaded,
  type NpuCase,
  outcomeOf,
  pair,
  rejected,
  shown,
  works,
} from "./case.ts";
import {
  INT64,
  message,
  model,
  type ModelSpec,
  STRING,
  text,
  whole,
} from "./encode.ts";

const group = "hostile";
const FLIPS = 100;

const SOUND: ModelSpec = {
  nodes: [{ op: "Add", inputs: ["a", "c"], outputs: ["y"] }],
  inputs: [{ name: "a", shape: [2] }],
  outputs: [{ name: "y", shape: [2] }],
  constants: [{ name: "c", shape: [2], values: Float32Array.of(1, 2) }],
};

/** One thing is wrong with a model; the sound one is taken before and after. */
function broken(claim: string, octets: Uint8Array, words?: RegExp): NpuCase {
  return {
    group,
    claim,
    promise: "work.load",
    run(fixture) {
      const name = loaded(fixture, ADD);
      loaded(fixture, model(SOUND));
      rejected(fixture, { tag: "load", val: octets }, words);
      strictEqual(fixture.npu.health().tag, "ok");
      works(fixture, name);
    },
  };
}

const changed = (change: Partial<ModelSpec>) => model({ ...SOUND, ...change });
const node = (op: string, inputs: string[], outputs: string[]) => ({
  op,
  inputs,
  outputs,
});

const LOADS: readonly NpuCase[] = [
  broken("no octets at all are rejected", new Uint8Array()),
  broken(
    "octets that are no fields are rejected",
    new Uint8Array(64).fill(255),
  ),
  broken(
    "a length that goes beyond the end is rejected",
    Uint8Array.from([...whole(1, 8), 0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
  ),
  broken("a graph twice is rejected", changed({ more: message(7, []) })),
  broken("IR version 3 is rejected", changed({ irVersion: 3 }), /IR/),
  broken("IR version 11 is rejected", changed({ irVersion: 11 }), /IR/),
  broken("operator set 12 is rejected", changed({ set: 12 }), /12/),
  broken("operator set 22 is rejected", changed({ set: 22 }), /22/),
  broken(
    "an operator that nobody knows is rejected by name",
    changed({ nodes: [node("Frobnicate", ["a"], ["y"])] }),
    /Frobnicate/,
  ),
  broken(
    "an operator of a vendor is rejected by name",
    changed({
      nodes: [{ ...node("Add", ["a", "c"], ["y"]), domain: "com.vendor" }],
    }),
    /com\.vendor\.Add/,
  ),
  broken(
    "nodes in a circle are rejected",
    changed({
      nodes: [node("Add", ["a", "q"], ["p"]), node("Add", ["p", "c"], ["q"]), {
        ...node("Add", ["p", "q"], ["y"]),
      }],
    }),
    /q/,
  ),
  broken(
    "a node that uses itself is rejected",
    changed({ nodes: [node("Add", ["a", "y"], ["y"])] }),
    /y/,
  ),
  broken(
    "a node before what it uses is rejected",
    changed({
      nodes: [node("Relu", ["p"], ["y"]), node("Add", ["a", "c"], ["p"])],
    }),
    /p/,
  ),
  broken(
    "a value that is made twice is rejected",
    changed({
      nodes: [node("Relu", ["a"], ["y"]), node("Add", ["a", "c"], ["y"])],
    }),
    /y/,
  ),
  broken(
    "an output that nothing makes is rejected",
    changed({ outputs: [{ name: "z", shape: [2] }] }),
    /z/,
  ),
  broken("a model without outputs is rejected", changed({ outputs: [] })),
  broken(
    "an output without a shape is rejected",
    changed({ outputs: [{ name: "y" }] }),
    /y/,
  ),
  broken(
    "a text is rejected as a type",
    changed({
      nodes: [node("Identity", ["a"], ["y"])],
      inputs: [{ name: "a", type: STRING, shape: [2] }],
      outputs: [{ name: "y", type: STRING, shape: [2] }],
    }),
    /a/,
  ),
  broken(
    "a dimension below zero is rejected",
    changed({ inputs: [{ name: "a", shape: [-1] }] }),
    /a/,
  ),
  broken(
    "a dimension beyond all memory is rejected",
    changed({ inputs: [{ name: "a", shape: [2n ** 62n] }] }),
    /a/,
  ),
  broken(
    "one name for two inputs is rejected",
    changed({
      inputs: [{ name: "a", shape: [2] }, { name: "a", shape: [2] }],
    }),
  ),
  broken(
    "a constant with fewer octets than its shape is rejected",
    changed({
      constants: [{ name: "c", shape: [3], values: Float32Array.of(1, 2) }],
    }),
  ),
  broken(
    "a constant of a huge shape is rejected",
    changed({
      constants: [{
        name: "c",
        shape: [65_536, 65_535],
        values: Float32Array.of(1),
      }],
    }),
  ),
  broken(
    "a constant outside of the file is rejected",
    changed({
      constants: [{
        name: "c",
        shape: [2],
        values: Float32Array.of(1, 2),
        more: [
          ...message(13, [
            ...text(1, "location"),
            ...text(2, "../../../../etc/hostname"),
          ]),
          ...whole(14, 1),
        ],
      }],
    }),
    /outside/,
  ),
  broken(
    "functions of its own are rejected",
    changed({ more: message(25, text(1, "f")) }),
    /functions/,
  ),
];

/** A run that its nodes cannot carry out, of a model that is sound. */
function unfit(
  claim: string,
  promise: string,
  spec: ModelSpec,
  inputs: Tensor[],
): NpuCase {
  return {
    group,
    claim,
    promise,
    run(fixture) {
      const name = loaded(fixture, ADD);
      const octets = model(spec);
      const outcome = outcomeOf(fixture, { tag: "load", val: octets });
      // A driver may see it at once; else at the run.
      if (outcome.tag === "made") {
        rejected(fixture, launch(outcome.val, inputs));
      } else strictEqual(outcome.tag, "rejected", shown(outcome));
      works(fixture, name);
    },
  };
}

const WHOLES = (op: string): ModelSpec => ({
  nodes: [node(op, ["a", "b"], ["y"])],
  inputs: [
    { name: "a", type: INT64, shape: ["n"] },
    { name: "b", type: INT64, shape: ["n"] },
  ],
  outputs: [{ name: "y", type: INT64, shape: ["n"] }],
});

const RUNS: readonly NpuCase[] = [
  unfit(
    "shapes that do not fit together are rejected",
    "work.run",
    {
      nodes: [node("Add", ["a", "b"], ["y"])],
      inputs: [{ name: "a", shape: ["n"] }, { name: "b", shape: ["m"] }],
      outputs: [{ name: "y", shape: ["k"] }],
    },
    pair([1, 2, 3], [1, 2]),
  ),
  unfit(
    "an output of another shape than the model says is rejected",
    "work.run",
    {
      nodes: [node("Concat", ["a", "a"], ["y"])].map((each) => ({
        ...each,
        attributes: { axis: 0n },
      })),
      inputs: [{ name: "a", shape: ["n"] }],
      outputs: [{ name: "y", shape: ["n"] }],
    },
    [f32("a", [2], [1, 2])],
  ),
  unfit(
    "outputs of more octets than may be are rejected",
    "limits.transfer-max",
    {
      nodes: [node("Mul", ["a", "b"], ["y"])],
      inputs: [
        { name: "a", shape: ["n", 1] },
        { name: "b", shape: [1, "n"] },
      ],
      outputs: [{ name: "y", shape: ["n", "n"] }],
    },
    [
      f32("a", [1200, 1], new Array<number>(1200).fill(1)),
      f32("b", [1, 1200], new Array<number>(1200).fill(1)),
    ],
  ),
  unfit(
    "a whole number divided by zero is rejected",
    "work.run",
    WHOLES("Div"),
    [i64("a", [2], [6n, 7n]), i64("b", [2], [2n, 0n])],
  ),
  {
    group,
    claim: "the least whole number divided by minus one ends nothing",
    promise: "npu",
    run(fixture) {
      const name = loaded(fixture, ADD);
      for (const op of ["Div", "Mod"]) {
        const octets = model(WHOLES(op));
        const outcome = outcomeOf(fixture, { tag: "load", val: octets });
        if (outcome.tag === "made") {
          const inputs = [i64("a", [1], [-(2n ** 63n)]), i64("b", [1], [-1n])];
          const { tag } = outcomeOf(fixture, launch(outcome.val, inputs));
          ok(["tensors", "rejected"].includes(tag), tag);
        }
        works(fixture, name);
      }
    },
  },
];

export const HOSTILE: readonly NpuCase[] = [
  {
    group,
    claim: "control: the models without the fault are taken",
    promise: "work.load",
    run(fixture) {
      loaded(fixture, model(SOUND));
      works(fixture, loaded(fixture, ADD));
    },
  },
  ...LOADS,
  ...RUNS,
  {
    group,
    claim: "a model that is cut anywhere is taken or rejected, never more",
    promise: "work.load",
    run(fixture) {
      const octets = model(SOUND);
      const name = loaded(fixture, ADD);
      for (let length = 0; length < octets.length; length++) {
        const cut = octets.slice(0, length);
        rejected(fixture, { tag: "load", val: cut });
      }
      works(fixture, name);
    },
  },
  {
    group,
    claim: "a model with a changed octet is taken or rejected, never more",
    promise: "work.load",
    run(fixture, { seed }) {
      const octets = model(SOUND);
      const random = seeded(seed);
      const name = loaded(fixture, ADD);
      for (let i = 0; i < FLIPS; i++) {
        const at = Math.floor(random() * octets.length);
        const flipped = octets.with(at, Math.floor(random() * 256));
        const outcome = outcomeOf(fixture, { tag: "load", val: flipped });
        const good = ["made", "rejected"].includes(outcome.tag);
        ok(good, `octet ${at}, seed ${seed}: ${shown(outcome)}`);
        if (outcome.tag === "made") fixture.npu.unload(outcome.val);
      }
      works(fixture, name);
    },
  },
];
