/** One broken rule per case; each begins with a control that is accepted whole. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Refusal, Tensor } from "../../../hal/npu_contract.ts";
import {
  ADD,
  completions,
  drained,
  f32,
  holdOf,
  i64,
  launch,
  loaded,
  type NpuCase,
  type NpuFixture,
  pair,
  PATIENT_US,
  refused,
  run,
  submit,
  works,
} from "./case.ts";
import { single } from "./encode.ts";

const group = "refusals";

/** `y = a * b` of [2, n] and [n, 3]. */
const MATRIX = single("MatMul", [
  { name: "a", shape: [2, "n"] },
  { name: "b", shape: ["n", 3] },
], { shape: [2, 3] });

const left = f32("a", [2, 1], [1, 2]);
const right = f32("b", [1, 3], [1, 2, 3]);

/** A run with something wrong, after one with nothing wrong. */
function wrong(
  claim: string,
  reason: Refusal["tag"],
  detail: string,
  inputs: Tensor[],
  outputs: string[] = ["y"],
): NpuCase {
  return {
    group,
    claim,
    promise: `refusal.${reason}`,
    run(fixture) {
      const { npu } = fixture;
      const name = loaded(fixture, MATRIX);
      strictEqual(run(fixture, name, [left, right]).length, 1);
      const asked = launch(name, inputs, outputs);
      refused(npu.submit(asked, PATIENT_US), reason, detail);
      deepStrictEqual(npu.wait(10, PATIENT_US), []);
    },
  };
}

const withOctets = (tensor: Tensor, length: number): Tensor => ({
  ...tensor,
  octets: new Uint8Array(length),
});

const INPUTS: readonly NpuCase[] = [
  wrong("an absent input is a wrong input", "wrong-input", "b", [left]),
  wrong("a doubled input is a wrong input", "wrong-input", "a", [
    left,
    left,
    right,
  ]),
  wrong("an input that the model lacks is a wrong input", "wrong-input", "c", [
    left,
    right,
    { ...left, name: "c" },
  ]),
  wrong("another element type is a wrong input", "wrong-input", "b", [
    left,
    i64("b", [1, 3], [1n, 2n, 3n]),
  ]),
  wrong("another rank is a wrong input", "wrong-input", "b", [
    left,
    f32("b", [3], [1, 2, 3]),
  ]),
  wrong("another fixed length is a wrong input", "wrong-input", "b", [
    left,
    f32("b", [1, 2], [1, 2]),
  ]),
  wrong("two lengths of one symbol are a wrong input", "wrong-input", "b", [
    left,
    f32("b", [2, 3], [1, 2, 3, 4, 5, 6]),
  ]),
  wrong("too few octets are a wrong input", "wrong-input", "b", [
    left,
    withOctets(right, 11),
  ]),
  wrong("too many octets are a wrong input", "wrong-input", "a", [
    withOctets(left, 12),
    right,
  ]),
  wrong("no octets for a huge shape are a wrong input", "wrong-input", "a", [
    withOctets(
      { ...left, shape: Uint32Array.of(2, 0xffff_ffff) },
      0,
    ),
    right,
  ]),
  wrong(
    "no output at all is a wrong output",
    "wrong-output",
    "",
    [left, right],
    [],
  ),
  wrong("an output twice is a wrong output", "wrong-output", "y", [
    left,
    right,
  ], ["y", "y"]),
  wrong(
    "an output that the model lacks is a wrong output",
    "wrong-output",
    "z",
    [left, right],
    ["z"],
  ),
  wrong("an input is no output", "wrong-output", "a", [left, right], ["a"]),
];

/** `count` inputs; the output is their concatenation. */
const joined = (count: number) => {
  const inputs = Array.from({ length: count }, (_, i) => ({
    name: `i${i}`,
    shape: [1],
  }));
  return single("Concat", inputs, { shape: [count] }, { axis: 0n });
};

const LIMITS: readonly NpuCase[] = [
  {
    group,
    claim: "a model as large as may be is taken, one octet more is not",
    promise: "limits.model-max",
    run(fixture) {
      const { npu } = fixture;
      const { modelMax } = npu.describe().limits;
      const padded = (length: number) => {
        // A field that nobody knows, of many octets; its length takes four.
        const field = new Uint8Array(length - ADD.length);
        let left = field.length - 6;
        field.set([0xfa, 0x07]);
        for (let at = 2; at < 6; at++, left >>= 7) {
          field[at] = left & 0x7f | (at < 5 ? 0x80 : 0);
        }
        return Uint8Array.from([...ADD, ...field]);
      };
      works(fixture, loaded(fixture, padded(modelMax)));
      const asked = { tag: "load", val: padded(modelMax + 1) } as const;
      refused(npu.submit(asked, PATIENT_US), "over-limit", "model-max");
    },
  },
  {
    group,
    claim: "as many models as there may be are taken, one more is not",
    promise: "limits.models-max",
    run(fixture) {
      const { npu } = fixture;
      const { modelsMax } = npu.describe().limits;
      const names = Array.from(
        { length: modelsMax },
        () => loaded(fixture, ADD),
      );
      const more = { tag: "load", val: ADD } as const;
      refused(npu.submit(more, PATIENT_US), "over-limit", "models-max");
      works(fixture, names[0] ?? 0n);
      npu.unload(names[1] ?? 0n);
      works(fixture, loaded(fixture, ADD));
    },
  },
  {
    group,
    claim: "inputs of as many octets as may be are taken, more are not",
    promise: "limits.transfer-max",
    run(fixture) {
      const { npu } = fixture;
      const { transferMax } = npu.describe().limits;
      const name = loaded(fixture, ADD);
      const half = Math.floor(transferMax / 8);
      const some = new Array<number>(half).fill(1);
      strictEqual(run(fixture, name, pair(some, some)).length, 1);
      const more = [...some, ...some.slice(0, 8)];
      const asked = launch(name, pair(more, more));
      refused(npu.submit(asked, PATIENT_US), "over-limit", "transfer-max");
    },
  },
  {
    group,
    claim: "as many tensors as may be are taken, one more is not",
    promise: "limits.tensors-max",
    run(fixture) {
      const { npu } = fixture;
      const { tensorsMax } = npu.describe().limits;
      const name = loaded(fixture, joined(tensorsMax));
      const tensors = Array.from(
        { length: tensorsMax },
        (_, i) => f32(`i${i}`, [1], [i]),
      );
      strictEqual(run(fixture, name, tensors).length, 1);
      const asked = launch(name, [...tensors, f32("more", [1], [0])]);
      refused(npu.submit(asked, PATIENT_US), "over-limit", "tensors-max");
    },
  },
  {
    group,
    claim: "as many dimensions as may be are taken, one more is not",
    promise: "limits.rank-max",
    run(fixture) {
      const { npu } = fixture;
      const { rankMax } = npu.describe().limits;
      const shape = new Array<number>(rankMax).fill(1);
      const name = loaded(
        fixture,
        single("Identity", [{ name: "a", shape }], { shape }),
      );
      strictEqual(run(fixture, name, [f32("a", shape, [1])]).length, 1);
      const asked = launch(name, [f32("a", [...shape, 1], [1])]);
      refused(npu.submit(asked, PATIENT_US), "over-limit", "rank-max");
    },
  },
  {
    group,
    claim: "as many requests as may be under way are taken, one more is full",
    promise: "limits.in-flight-max",
    run(fixture) {
      const { npu } = fixture;
      const { inFlightMax } = npu.describe().limits;
      const name = loaded(fixture, ADD);
      const asked = launch(name, pair([1], [2]));
      const hold = holdOf(fixture);
      hold.begin();
      for (let i = 0; i < inFlightMax; i++) submit(fixture, asked);
      refused(npu.submit(asked, PATIENT_US), "full");
      hold.end();
      // There is room when a completion is taken, not before.
      strictEqual(npu.wait(1, PATIENT_US).length, 1);
      submit(fixture, asked);
      strictEqual(drained(fixture).size, inFlightMax);
    },
  },
];

const names = (fixture: NpuFixture, name: bigint) => {
  const { npu } = fixture;
  const asked = launch(name, pair([1], [1]));
  refused(npu.submit(asked, PATIENT_US), "unknown");
  refused(npu.inspect(name), "unknown");
  refused(npu.unload(name), "unknown");
};

export const REFUSALS: readonly NpuCase[] = [
  ...INPUTS,
  ...LIMITS,
  {
    group,
    claim: "before anything is loaded every name is unknown",
    promise: "refusal.unknown",
    run(fixture) {
      for (const name of [0n, 2n ** 63n, 2n ** 64n - 1n]) names(fixture, name);
    },
  },
  {
    group,
    claim: "a name that was never given is unknown",
    promise: "refusal.unknown",
    run(fixture) {
      const name = loaded(fixture, ADD);
      works(fixture, name);
      for (const other of [0n, name + 1n, 2n ** 64n - 1n]) {
        names(fixture, other);
      }
    },
  },
  {
    group,
    claim: "a model that is being loaded is unknown until it is there",
    promise: "refusal.unknown",
    run(fixture) {
      const hold = holdOf(fixture);
      hold.begin();
      const ticket = submit(fixture, { tag: "load", val: ADD });
      hold.begun(1);
      names(fixture, ticket);
      hold.end();
      const outcome = completions(fixture, 1).get(ticket);
      works(fixture, outcome?.tag === "made" ? outcome.val : 0n);
    },
  },
  {
    group,
    claim: "a deadline of nothing is a wrong deadline",
    promise: "refusal.wrong-deadline",
    run(fixture) {
      const { npu } = fixture;
      const name = loaded(fixture, ADD);
      works(fixture, name);
      const asked = launch(name, pair([1], [1]));
      refused(npu.submit(asked, 0n), "wrong-deadline");
      refused(npu.submit({ tag: "load", val: ADD }, 0n), "wrong-deadline");
      deepStrictEqual(npu.wait(10, PATIENT_US), []);
    },
  },
  {
    group,
    claim: "of two broken rules the first one is told",
    promise: "refusal",
    run(fixture) {
      const { npu } = fixture;
      const { tensorsMax } = npu.describe().limits;
      const name = loaded(fixture, ADD);
      works(fixture, name);
      const many = new Array<Tensor>(tensorsMax + 1).fill(left);
      const ask = (model: bigint, inputs: Tensor[], outputs: string[]) =>
        npu.submit(launch(model, inputs, outputs), 0n);
      refused(ask(name + 1n, many, []), "unknown");
      refused(ask(name, many, []), "over-limit", "tensors-max");
      refused(ask(name, [], []), "wrong-input");
      refused(ask(name, pair([1], [1]), []), "wrong-output");
      refused(ask(name, pair([1], [1]), ["y"]), "wrong-deadline");
    },
  },
  {
    group,
    claim: "a refused request takes no place",
    promise: "npu.submit",
    run(fixture) {
      const { npu } = fixture;
      const { inFlightMax, modelsMax } = npu.describe().limits;
      const name = loaded(fixture, ADD);
      for (let i = 0; i < inFlightMax + modelsMax; i++) {
        refused(npu.submit(launch(name, []), PATIENT_US), "wrong-input");
        refused(npu.submit({ tag: "load", val: ADD }, 0n), "wrong-deadline");
      }
      const rest = Array.from(
        { length: modelsMax - 1 },
        () => loaded(fixture, ADD),
      );
      for (const one of [name, ...rest]) works(fixture, one);
    },
  },
];
