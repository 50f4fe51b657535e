/** The driver that the NPU suite's cases run on, and what they do with it. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type {
  Completion,
  Launch,
  Npu,
  Outcome,
  Refusal,
  SubmitResult,
  Tensor,
  Work,
} from "../../../hal/npu_contract.ts";
import {
  type Case,
  type Fixture,
  LeftOut,
  type Subject,
} from "../suite/case.ts";
import { gather } from "../suite/completions.ts";
import { single } from "./encode.ts";

/** Holds the driver back: requests begin up to a point, and none ends. */
export interface Hold {
  /** How many can have begun and not ended. */
  readonly ahead: number;
  /** From here on. What was begun before has ended. */
  begin(): void;
  /** Returns when so many have begun since. */
  begun(count: number): void;
  end(): void;
}

export interface NpuFixture extends Fixture {
  /** No model is loaded. */
  readonly npu: Npu;
  readonly hold?: Hold;
  /** The driver ends, and nobody puts it in order. */
  kill?(): void;
}

export type NpuCase = Case<NpuFixture>;
export type NpuSubject = Subject<NpuFixture>;

/** A minute: nobody is slower, and nothing waits for it to pass. */
export const PATIENT_US = 60_000_000n;

export function holdOf({ hold }: NpuFixture): Hold {
  if (hold === undefined) {
    throw new LeftOut("the fixture cannot hold its driver back");
  }
  return hold;
}

/** For messages: JSON has no 64-bit numbers. */
export function shown(value: unknown): string {
  return JSON.stringify(
    value,
    (_, one) => typeof one === "bigint" ? String(one) : one,
  );
}

export function ticketOf(answer: SubmitResult): bigint {
  ok(
    answer.tag === "ok",
    answer.tag === "ok" ? "" : `was refused: ${shown(answer.val)}`,
  );
  return answer.val;
}

export function refused(
  answer: SubmitResult | ReturnType<Npu["unload"]> | ReturnType<Npu["inspect"]>,
  reason: Refusal["tag"],
  detail?: string,
): void {
  ok(answer.tag === "err", `was not refused; wants ${reason}`);
  strictEqual(answer.val.tag, reason);
  if (detail !== undefined) strictEqual(answer.val.val, detail);
}

/** Submits, with a minute's time. */
export function submit({ npu }: NpuFixture, work: Work): bigint {
  return ticketOf(npu.submit(work, PATIENT_US));
}

/** Waits for so many completions; each is given once, whatever their order. */
export function completions(
  { npu }: NpuFixture,
  count: number,
): Map<bigint, Outcome> {
  return gather((most) => npu.wait(most, PATIENT_US), count);
}

/** Does one thing, while nothing else is under way. */
export function outcomeOf(fixture: NpuFixture, work: Work): Outcome {
  const ticket = submit(fixture, work);
  const outcome = completions(fixture, 1).get(ticket);
  ok(outcome !== undefined, "another ticket completed");
  return outcome;
}

export function loaded(fixture: NpuFixture, octets: Uint8Array): bigint {
  const outcome = outcomeOf(fixture, { tag: "load", val: octets });
  ok(outcome.tag === "made", shown(outcome));
  return outcome.val;
}

/** It was not taken, with words, and the driver works on. */
export function rejected(
  fixture: NpuFixture,
  work: Work,
  words?: RegExp,
): void {
  const outcome = outcomeOf(fixture, work);
  ok(outcome.tag === "rejected", `ended as ${outcome.tag}`);
  ok(outcome.val !== "", "rejected without a reason");
  if (words !== undefined) ok(words.test(outcome.val), outcome.val);
}

export function launch(
  model: bigint,
  inputs: Tensor[],
  outputs: string[] = ["y"],
): { tag: "run"; val: Launch } {
  return { tag: "run", val: { model, inputs, outputs } };
}

export function tensorsOf(outcome: Outcome | undefined): Tensor[] {
  ok(outcome?.tag === "tensors", shown(outcome).slice(0, 300));
  return outcome.val;
}

/** Runs, and gives what came out. */
export function run(
  fixture: NpuFixture,
  model: bigint,
  inputs: Tensor[],
  outputs: string[] = ["y"],
): Tensor[] {
  return tensorsOf(outcomeOf(fixture, launch(model, inputs, outputs)));
}

export function f32(
  name: string,
  shape: readonly number[],
  values: Iterable<number>,
): Tensor {
  const octets = new Uint8Array(Float32Array.from(values).buffer);
  const length = Uint32Array.from(shape);
  return { name, element: "float32", shape: length, octets };
}

export function i64(
  name: string,
  shape: readonly number[],
  values: Iterable<bigint>,
): Tensor {
  const octets = new Uint8Array(BigInt64Array.from(values).buffer);
  const length = Uint32Array.from(shape);
  return { name, element: "int64", shape: length, octets };
}

export function floats(tensor: Tensor | undefined): number[] {
  ok(tensor?.element === "float32");
  return [...new Float32Array(tensor.octets.slice().buffer)];
}

export function wholes(tensor: Tensor | undefined): bigint[] {
  ok(tensor?.element === "int64");
  return [...new BigInt64Array(tensor.octets.slice().buffer)];
}

/** `y = a + b`, of one symbolic length. */
export const ADD = single("Add", [
  { name: "a", shape: ["n"] },
  { name: "b", shape: ["n"] },
], { shape: ["n"] });

export const pair = (a: number[], b: number[]): Tensor[] => [
  f32("a", [a.length], a),
  f32("b", [b.length], b),
];

/** The driver still does what it should. */
export function works(fixture: NpuFixture, model: bigint): void {
  const [y] = run(fixture, model, pair([1, 2], [3, 5]));
  deepStrictEqual(floats(y), [4, 7]);
}

/** All that is given now and later until nothing is under way. */
export function drained({ npu }: NpuFixture): Map<bigint, Outcome> {
  const all = new Map<bigint, Outcome>();
  for (;;) {
    const some: Completion[] = npu.wait(1000, PATIENT_US);
    if (some.length === 0) return all;
    for (const { ticket, outcome } of some) {
      ok(!all.has(ticket), `${ticket} completed twice`);
      all.set(ticket, outcome);
    }
  }
}
