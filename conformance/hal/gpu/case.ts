/** The device that the GPU suite's cases run on, and what they do with it. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type {
  Completion,
  Gpu,
  GpuControl,
  Outcome,
  Range,
  Refusal,
  SubmitResult,
  Wish,
  Work,
} from "../../../hal/gpu_contract.ts";
import {
  type Case,
  type Fixture,
  LeftOut,
  type Subject,
} from "../suite/case.ts";
import { gather } from "../suite/completions.ts";
import type { Kernel } from "./kernels/kernel.ts";

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

export interface GpuFixture extends Fixture {
  /** A device is attached. */
  readonly gpu: Gpu;
  readonly control: GpuControl;
  /** What the fixture attached with. */
  readonly wish: Wish;
  readonly hold?: Hold;
  /** The device ends by itself, soon. */
  lose?(): void;
  /** The driver ends, and nobody puts it in order. */
  kill?(): void;
}

export type GpuCase = Case<GpuFixture>;
export type GpuSubject = Subject<GpuFixture>;

/** A minute: nobody is slower, and nothing waits for it to pass. */
export const PATIENT_US = 60_000_000n;

export function holdOf({ hold }: GpuFixture): Hold {
  if (hold === undefined) {
    throw new LeftOut("the fixture cannot hold its driver back");
  }
  return hold;
}

export function ticketOf(answer: SubmitResult): bigint {
  ok(
    answer.tag === "ok",
    answer.tag === "ok" ? "" : `was refused: ${shown(answer.val)}`,
  );
  return answer.val;
}

/** For messages: JSON has no 64-bit numbers. */
export function shown(value: unknown): string {
  return JSON.stringify(
    value,
    (_, one) => typeof one === "bigint" ? String(one) : one,
  );
}

export function refused(
  answer: SubmitResult | ReturnType<Gpu["release"]>,
  reason: Refusal["tag"],
  detail?: string,
): void {
  ok(answer.tag === "err", `was not refused; wants ${reason}`);
  strictEqual(answer.val.tag, reason);
  if (detail !== undefined) strictEqual(answer.val.val, detail);
}

/** Submits, with a minute's time. */
export function submit({ gpu }: GpuFixture, work: Work): bigint {
  return ticketOf(gpu.submit(work, PATIENT_US));
}

/** Waits for so many completions; each is given once, whatever their order. */
export function completions(
  { gpu }: GpuFixture,
  count: number,
): Map<bigint, Outcome> {
  return gather((most) => gpu.wait(most, PATIENT_US), count);
}

/** Does one thing, while nothing else is under way. */
export function outcomeOf(fixture: GpuFixture, work: Work): Outcome {
  const ticket = submit(fixture, work);
  const outcome = completions(fixture, 1).get(ticket);
  ok(outcome !== undefined, "another ticket completed");
  return outcome;
}

export function done(fixture: GpuFixture, work: Work): void {
  deepStrictEqual(outcomeOf(fixture, work), { tag: "done" });
}

export function made(fixture: GpuFixture, work: Work): bigint {
  const outcome = outcomeOf(fixture, work);
  ok(outcome.tag === "made", shown(outcome));
  return outcome.val;
}

/** A buffer of so many octets, or with these. */
export function buffer(
  fixture: GpuFixture,
  content: number | Uint8Array,
): bigint {
  const length = typeof content === "number" ? content : content.length;
  const name = made(fixture, { tag: "allocate", val: BigInt(length) });
  if (typeof content !== "number") put(fixture, name, 0, content);
  return name;
}

export function put(
  fixture: GpuFixture,
  buffer: bigint,
  offset: number,
  octets: Uint8Array,
): void {
  done(fixture, {
    tag: "write",
    val: { buffer, offset: BigInt(offset), octets },
  });
}

export function program(fixture: GpuFixture, kernel: Kernel): bigint {
  const { wgsl, entry, bindings } = kernel;
  const source = { wgsl, entry, bindings: [...bindings] };
  return made(fixture, { tag: "compile", val: source });
}

export function range(buffer: bigint, length: number, offset = 0): Range {
  return { buffer, offset: BigInt(offset), length: BigInt(length) };
}

export function launch(
  program: bigint,
  ranges: Range[],
  [x, y, z]: readonly [number, number, number] = [1, 1, 1],
): Work {
  return { tag: "dispatch", val: { program, ranges, x, y, z } };
}

export function read(
  fixture: GpuFixture,
  buffer: bigint,
  length: number,
  offset = 0,
): Uint8Array {
  return octetsOf(
    outcomeOf(fixture, { tag: "read", val: range(buffer, length, offset) }),
  );
}

export function octetsOf(outcome: Outcome | undefined): Uint8Array {
  ok(outcome?.tag === "octets", shown(outcome));
  return outcome.val;
}

/** Octets are the same; a difference is told without printing all. */
export function same(got: Uint8Array, want: Uint8Array, what = ""): void {
  strictEqual(got.length, want.length, what);
  const at = want.findIndex((octet, place) => octet !== got[place]);
  ok(at < 0, `${what} octet ${at} is ${got[at]}, not ${want[at]}`);
}

/** Octets that differ from place to place. */
export function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from(
    { length },
    (_, at) => Math.imul(at + 1, 2654435761 + seed * 40503) >>> 16,
  );
}

/** As octets, without a copy. */
export function bytes(values: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

export function words(...values: number[]): Uint8Array {
  return bytes(Uint32Array.from(values));
}

export function u32(octets: Uint8Array): Uint32Array {
  return new Uint32Array(octets.slice().buffer);
}

export function f32(octets: Uint8Array): Float32Array {
  return new Float32Array(octets.slice().buffer);
}

/** All that is given now and later until nothing is under way. */
export function drained({ gpu }: GpuFixture): Completion[] {
  const all: Completion[] = [];
  for (;;) {
    const some = gpu.wait(1000, PATIENT_US);
    if (some.length === 0) return all;
    all.push(...some);
  }
}
