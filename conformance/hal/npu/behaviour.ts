/** Models that are loaded, looked at and run. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  ADD,
  completions,
  drained,
  f32,
  floats,
  i64,
  launch,
  loaded,
  type NpuCase,
  outcomeOf,
  pair,
  PATIENT_US,
  refused,
  run,
  submit,
  tensorsOf,
  wholes,
  works,
} from "./case.ts";
import { INT64, model, single } from "./encode.ts";

const group = "behaviour";

/** Two outputs: a sum, and what a constant makes of it. */
const TWO = model({
  nodes: [
    { op: "Add", inputs: ["a", "c"], outputs: ["s"] },
    { op: "Mul", inputs: ["s", "s"], outputs: ["p"] },
  ],
  inputs: [{ name: "a", shape: ["n", 2] }],
  outputs: [{ name: "p", shape: ["n", 2] }, { name: "s", shape: ["n", 2] }],
  constants: [{ name: "c", shape: [2], values: Float32Array.of(1, -1) }],
});

export const BEHAVIOUR: readonly NpuCase[] = [
  {
    group,
    claim: "control: a model is loaded and run",
    promise: "npu",
    run(fixture) {
      works(fixture, loaded(fixture, ADD));
    },
  },
  {
    group,
    claim: "the limits are at least what the contract says",
    promise: "limits",
    run({ npu }) {
      const { limits, name } = npu.describe();
      ok(name !== "", "no name");
      ok(limits.modelMax >= 1 << 20, "model-max");
      ok(limits.modelsMax >= 8, "models-max");
      ok(limits.transferMax >= 65_536, "transfer-max");
      ok(limits.tensorsMax >= 16, "tensors-max");
      ok(limits.rankMax >= 8, "rank-max");
      ok(limits.inFlightMax >= 16, "in-flight-max");
    },
  },
  {
    group,
    claim: "the description is constant",
    promise: "npu.describe",
    run(fixture) {
      const before = structuredClone(fixture.npu.describe());
      works(fixture, loaded(fixture, ADD));
      deepStrictEqual(fixture.npu.describe(), before);
    },
  },
  {
    group,
    claim: "inspect gives names, element types and shapes in the model's order",
    promise: "model",
    run(fixture) {
      const name = loaded(
        fixture,
        model({
          nodes: [
            { op: "Identity", inputs: ["w"], outputs: ["v"] },
            { op: "Identity", inputs: ["b"], outputs: ["u"] },
          ],
          inputs: [
            { name: "w", type: INT64, shape: [2, "rows", ""] },
            { name: "b", shape: [] },
          ],
          outputs: [
            { name: "v", type: INT64, shape: [2, "rows", ""] },
            { name: "u", shape: [] },
          ],
        }),
      );
      const shape = [
        { tag: "fixed", val: 2 },
        { tag: "symbolic", val: "rows" },
        { tag: "symbolic", val: "" },
      ];
      deepStrictEqual(fixture.npu.inspect(name), {
        tag: "ok",
        val: {
          inputs: [
            { name: "w", element: "int64", shape },
            { name: "b", element: "float32", shape: [] },
          ],
          outputs: [
            { name: "v", element: "int64", shape },
            { name: "u", element: "float32", shape: [] },
          ],
        },
      });
    },
  },
  {
    group,
    claim: "an input with a constant of its name is no input",
    promise: "model",
    run(fixture) {
      const octets = model({
        nodes: [{ op: "Add", inputs: ["a", "c"], outputs: ["y"] }],
        inputs: [{ name: "a", shape: [1] }, { name: "c", shape: [1] }],
        outputs: [{ name: "y", shape: [1] }],
        constants: [{ name: "c", shape: [1], values: Float32Array.of(5) }],
      });
      const name = loaded(fixture, octets);
      const looked = fixture.npu.inspect(name);
      ok(looked.tag === "ok");
      deepStrictEqual(looked.val.inputs.map(({ name }) => name), ["a"]);
      deepStrictEqual(floats(run(fixture, name, [f32("a", [1], [2])])[0]), [7]);
    },
  },
  {
    group,
    claim: "what a caller changes of an inspected model changes nothing",
    promise: "npu.inspect",
    run(fixture) {
      const name = loaded(fixture, ADD);
      const looked = fixture.npu.inspect(name);
      ok(looked.tag === "ok");
      const whole = structuredClone(looked.val);
      looked.val.inputs.length = 0;
      deepStrictEqual(fixture.npu.inspect(name), { tag: "ok", val: whole });
      works(fixture, name);
    },
  },
  {
    group,
    claim: "outputs come as asked: some, all, in any order",
    promise: "launch.outputs",
    run(fixture) {
      const name = loaded(fixture, TWO);
      const input = f32("a", [1, 2], [2, 5]);
      const want: Readonly<Record<string, number[]>> = {
        s: [3, 4],
        p: [9, 16],
      };
      for (const asked of [["s"], ["p"], ["s", "p"], ["p", "s"]]) {
        const given = run(fixture, name, [input], asked);
        deepStrictEqual(given.map(({ name }) => name), asked);
        for (const one of given) {
          deepStrictEqual(floats(one), want[one.name]);
          deepStrictEqual([...one.shape], [1, 2]);
        }
      }
    },
  },
  {
    group,
    claim: "inputs may come in any order",
    promise: "launch.inputs",
    run(fixture) {
      const octets = single("Sub", [
        { name: "a", shape: ["n"] },
        { name: "b", shape: ["n"] },
      ], { shape: ["n"] });
      const name = loaded(fixture, octets);
      const inputs = pair([5], [3]);
      deepStrictEqual(floats(run(fixture, name, inputs)[0]), [2]);
      deepStrictEqual(floats(run(fixture, name, inputs.reverse())[0]), [2]);
    },
  },
  {
    group,
    claim: "a symbol may stand for another length in each run, and for none",
    promise: "dimension.symbolic",
    run(fixture) {
      const name = loaded(fixture, ADD);
      for (const length of [1, 7, 0, 1000, 2]) {
        const a = Array.from({ length }, (_, i) => i);
        const [y] = run(fixture, name, pair(a, a));
        deepStrictEqual(floats(y), a.map((x) => 2 * x));
        deepStrictEqual([...(y?.shape ?? [])], [length]);
      }
    },
  },
  {
    group,
    claim: "a run keeps nothing for the next one",
    promise: "work.run",
    run(fixture) {
      const name = loaded(fixture, TWO);
      const first = run(fixture, name, [f32("a", [1, 2], [1, 1])], ["p"]);
      run(fixture, name, [f32("a", [2, 2], [9, 9, 9, 9])], ["p"]);
      deepStrictEqual(
        run(fixture, name, [f32("a", [1, 2], [1, 1])], ["p"]),
        first,
      );
    },
  },
  {
    group,
    claim: "models live side by side",
    promise: "work.load",
    run(fixture) {
      const sum = loaded(fixture, ADD);
      const two = loaded(fixture, TWO);
      ok(sum !== two, "two models have one name");
      works(fixture, sum);
      const [s] = run(fixture, two, [f32("a", [1, 2], [0, 0])], ["s"]);
      deepStrictEqual(floats(s), [1, -1]);
      works(fixture, sum);
    },
  },
  {
    group,
    claim: "the octets of a model and of inputs are the caller's again",
    promise: "npu.submit",
    run(fixture) {
      const octets = ADD.slice();
      const load = submit(fixture, { tag: "load", val: octets });
      octets.fill(0);
      deepStrictEqual(completions(fixture, 1).get(load)?.tag, "made");
      const name = loaded(fixture, ADD);
      const inputs = pair([1, 2], [3, 5]);
      const ticket = submit(fixture, launch(name, inputs));
      for (const tensor of inputs) tensor.octets.fill(0);
      const [y] = tensorsOf(completions(fixture, 1).get(ticket));
      deepStrictEqual(floats(y), [4, 7]);
    },
  },
  {
    group,
    claim: "what is given is the caller's own",
    promise: "outcome.tensors",
    run(fixture) {
      const name = loaded(
        fixture,
        single("Identity", [{ name: "a", shape: [2] }], { shape: [2] }),
      );
      const input = f32("a", [2], [1, 2]);
      const [y] = run(fixture, name, [input]);
      y?.octets.fill(0);
      deepStrictEqual(floats(input), [1, 2]);
      deepStrictEqual(floats(run(fixture, name, [input])[0]), [1, 2]);
    },
  },
  {
    group,
    claim: "whole numbers are exact, and wrap",
    promise: "element.int64",
    run(fixture) {
      const ports = [
        { name: "a", type: INT64, shape: ["n"] },
        { name: "b", type: INT64, shape: ["n"] },
      ];
      const a = [2n ** 53n + 1n, -(2n ** 63n), 3n];
      const b = [1n, -1n, -5n];
      const wants: ReadonlyArray<readonly [string, (i: number) => bigint]> = [
        ["Add", (i) => (a[i] ?? 0n) + (b[i] ?? 0n)],
        ["Sub", (i) => (a[i] ?? 0n) - (b[i] ?? 0n)],
        ["Mul", (i) => (a[i] ?? 0n) * (b[i] ?? 0n)],
      ];
      for (const [op, want] of wants) {
        const octets = single(op, ports, { type: INT64, shape: ["n"] });
        const name = loaded(fixture, octets);
        const [y] = run(fixture, name, [i64("a", [3], a), i64("b", [3], b)]);
        deepStrictEqual(
          wholes(y),
          [0, 1, 2].map((i) => BigInt.asIntN(64, want(i))),
          op,
        );
      }
    },
  },
  {
    group,
    claim: "an unloaded model is unknown, and its place is free",
    promise: "npu.unload",
    run(fixture) {
      const { npu } = fixture;
      const { modelsMax } = npu.describe().limits;
      for (let round = 0; round < modelsMax + 3; round++) {
        const name = loaded(fixture, ADD);
        deepStrictEqual(npu.unload(name), { tag: "ok" });
        refused(npu.unload(name), "unknown");
        refused(npu.inspect(name), "unknown");
        const asked = launch(name, pair([1], [1]));
        refused(npu.submit(asked, PATIENT_US), "unknown");
      }
    },
  },
  {
    group,
    claim: "a run that was accepted before still has its model",
    promise: "npu.unload",
    run(fixture) {
      const name = loaded(fixture, ADD);
      const ticket = submit(fixture, launch(name, pair([1], [2])));
      strictEqual(fixture.npu.unload(name).tag, "ok");
      const [y] = tensorsOf(completions(fixture, 1).get(ticket));
      deepStrictEqual(floats(y), [3]);
    },
  },
  {
    group,
    claim: "names and tickets are never given again",
    promise: "npu.submit",
    run(fixture) {
      const names = new Set<bigint>();
      const tickets = new Set<bigint>();
      for (let round = 0; round < 20; round++) {
        const ticket = submit(fixture, { tag: "load", val: ADD });
        ok(!tickets.has(ticket), `${ticket} was given twice`);
        tickets.add(ticket);
        const outcome = completions(fixture, 1).get(ticket);
        ok(outcome?.tag === "made");
        ok(!names.has(outcome.val), `${outcome.val} was given twice`);
        names.add(outcome.val);
        fixture.npu.unload(outcome.val);
      }
    },
  },
  {
    group,
    claim: "no more completions are given than asked, each once",
    promise: "npu.take",
    run(fixture) {
      const { npu } = fixture;
      const name = loaded(fixture, ADD);
      const tickets = [1, 2, 3, 4, 5].map((x) =>
        submit(fixture, launch(name, pair([x], [x])))
      );
      deepStrictEqual(npu.take(0), []);
      const seen: bigint[] = [];
      while (seen.length < tickets.length) {
        const some = npu.wait(2, PATIENT_US);
        ok(some.length === 1 || some.length === 2, `${some.length} were given`);
        seen.push(...some.map(({ ticket }) => ticket));
      }
      deepStrictEqual(seen, tickets);
      deepStrictEqual(npu.take(10), []);
      deepStrictEqual(drained(fixture).size, 0);
    },
  },
  {
    group,
    claim: "a wait with nothing under way gives nothing",
    promise: "npu.wait",
    run({ npu }) {
      deepStrictEqual(npu.wait(10, PATIENT_US), []);
      deepStrictEqual(npu.wait(10, 0n), []);
    },
  },
  {
    group,
    claim: "a driver that works says so, whatever it was asked",
    promise: "npu.health",
    run(fixture) {
      const { npu } = fixture;
      deepStrictEqual(npu.health(), { tag: "ok" });
      outcomeOf(fixture, { tag: "load", val: Uint8Array.of(1, 2, 3) });
      npu.cancel(2n ** 64n - 1n);
      npu.unload(2n ** 64n - 1n);
      deepStrictEqual(npu.health(), { tag: "ok" });
      works(fixture, loaded(fixture, ADD));
    },
  },
];
