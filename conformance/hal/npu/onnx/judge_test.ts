/**
 * Who judges the cases of the onnx package, judged.
 *
 * Plan: each verdict once, and for each rule what breaks it is red; octets that are
 * off, of another shape or another type are a difference, NaN and infinities are not;
 * changed outputs of stored cases are noticed on the reference.
 */
import { ok, strictEqual, throws } from "node:assert/strict";
import type { Npu, Tensor } from "../../../../hal/npu_contract.ts";
import { REFERENCE } from "../reference.ts";
import { type OnnxCase, outsideContract } from "./case.ts";
import { difference } from "./compare.ts";
import { judge, type Known, readExpectations } from "./judge.ts";
import { type Ended, runCase } from "./run.ts";
import { filesOf, readStored, STORED } from "./stored.ts";

const ONE: OnnxCase = {
  name: "test_add",
  operators: ["Add"],
  ir: 8,
  sets: { "": 14 },
  ports: [1, 1, 1],
  rtol: 1e-3,
  atol: 1e-7,
  data: [],
};
const KNOWN: Known = { expectations: [] };
const expects = (end: "mismatch" | "random"): Known => ({
  expectations: [{ cases: ["test_add"], end, reason: "why" }],
});
const passed: Ended = { end: "passed", what: "" };
const ended = (end: Ended["end"], what = ""): Ended => ({ end, what });

const LACKS: Known = { ...KNOWN, operators: new Set(["Sub"]) };
const OLD: OnnxCase = { ...ONE, sets: { "": 12 } };

const VERDICTS: ReadonlyArray<readonly [OnnxCase, Ended, Known, string]> = [
  [ONE, passed, KNOWN, "passed"],
  [ONE, ended("mismatch", "y"), KNOWN, "red"],
  [ONE, ended("refused", "the operator Add"), KNOWN, "red"],
  [ONE, ended("refused", "the operator Add is absent"), LACKS, "absent"],
  [ONE, ended("refused", "the operator Addition is absent"), LACKS, "red"],
  [ONE, ended("not-run", "Add"), LACKS, "red"],
  [ONE, passed, LACKS, "red"],
  [ONE, ended("mismatch"), expects("mismatch"), "expected"],
  [ONE, passed, expects("mismatch"), "red"],
  [ONE, ended("refused"), expects("mismatch"), "red"],
  [ONE, passed, expects("random"), "expected"],
  [ONE, ended("mismatch"), expects("random"), "expected"],
  [ONE, ended("broken"), expects("random"), "red"],
  [OLD, ended("refused", "set 12"), KNOWN, "outside"],
  [OLD, passed, KNOWN, "red"],
];

Deno.test("onnx cases: each verdict, and what breaks each rule", () => {
  for (const [one, how, known, verdict] of VERDICTS) {
    const said = judge(one, how, known);
    strictEqual(said.verdict, verdict, JSON.stringify([how, said]));
  }
});

Deno.test("onnx cases: what the contract has no place for", () => {
  strictEqual(outsideContract(ONE), undefined);
  for (
    const change of [
      { ir: 3 },
      { ir: 11 },
      { sets: { "": 22 } },
      { sets: {} },
      { sets: { "": 14, "ai.onnx.ml": 2 } },
      { ports: [1, 10] },
      { ports: ["sequence_type"] },
    ]
  ) ok(outsideContract({ ...ONE, ...change }), JSON.stringify(change));
});

Deno.test("onnx cases: expectations have reasons, and name cases once", () => {
  const names = new Set(["a", "b"]);
  const list = (cases: string[], reason = "why") =>
    JSON.stringify([{ cases, end: "refused", reason }]);
  strictEqual(readExpectations(list(["a", "b"]), names).length, 1);
  throws(() => readExpectations("{}", names), /a list/);
  throws(() => readExpectations(list(["a"], ""), names), /no reason/);
  throws(() => readExpectations(list(["a", "a"]), names), /twice/);
  throws(() => readExpectations(list(["c"]), names), /no case c/);
});

const f32 = (shape: number[], ...values: number[]): Tensor => ({
  name: "y",
  element: "float32",
  shape: Uint32Array.from(shape),
  octets: new Uint8Array(Float32Array.from(values).buffer),
});

Deno.test("onnx cases: what is near enough, and what is not", () => {
  const wanted = f32([4], 1, NaN, Infinity, 0);
  const off = (...values: number[]) =>
    difference(f32([4], ...values), wanted, ONE);
  strictEqual(off(1, NaN, Infinity, 0), undefined);
  strictEqual(off(1.0009, NaN, Infinity, 9e-8), undefined);
  ok(off(1.002, NaN, Infinity, 0));
  ok(off(1, NaN, Infinity, 1e-6));
  ok(off(1, 0, Infinity, 0), "a number for NaN");
  ok(off(NaN, NaN, Infinity, 0), "NaN for a number");
  ok(off(1, NaN, -Infinity, 0), "the other infinity");
  ok(off(1, NaN, 3e38, 0), "large for infinite");
  ok(difference(f32([2, 2], 1, NaN, Infinity, 0), wanted, ONE), "a shape");
  ok(difference({ ...wanted, element: "int32" }, wanted, ONE), "a type");
});

Deno.test("onnx cases: outputs that were changed are noticed", async () => {
  const { cases } = readStored(Deno.readTextFileSync(STORED));
  const fixture = await REFERENCE.make();
  const { npu } = fixture;
  const wrong: Npu = Object.assign(Object.create(npu), {
    wait: (most: number, within: bigint) =>
      npu.wait(most, within).map(({ ticket, outcome }) => {
        if (outcome.tag === "tensors") outcome.val.forEach(change);
        return { ticket, outcome };
      }),
  });
  try {
    for (const one of cases) {
      const files = filesOf(one);
      strictEqual(runCase(npu, one, files).end, "passed", one.name);
      strictEqual(runCase(wrong, one, files).end, "mismatch", one.name);
    }
  } finally {
    await fixture.dispose();
  }
});

/** The last number becomes another one, whatever it is; or there is one more. */
function change({ octets, shape }: Tensor): void {
  const at = octets.length - 1;
  if (at < 0) shape.fill(1);
  octets[at] = (octets[at] ?? 0) ^ 0x40;
}
