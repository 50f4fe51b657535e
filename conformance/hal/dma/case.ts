/** The bus that the dma suite's cases run on, and the device's side of it. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Dma, DmaRefusal, Lease } from "../../../hal/bus_contract.ts";
import type { Case, Fixture, Subject } from "../suite/case.ts";

export interface DmaFixture extends Fixture {
  readonly dma: Dma;
  /** What the device finds at addresses that were leased. */
  readonly peer: {
    read(address: bigint, octets: number): Uint8Array;
    write(address: bigint, data: Uint8Array): void;
  };
}

export type DmaCase = Case<DmaFixture>;
export type DmaSubject = Subject<DmaFixture>;

/** Octets that depend on `seed` and their place. */
export function pattern(seed: number, octets: number): Uint8Array {
  return Uint8Array.from(
    { length: octets },
    (_, i) => (seed * 131 + i * 7 + (i >> 8) * 13 + 1) & 0xff,
  );
}

export function lease(dma: Dma, octets: number): Lease {
  const answer = dma.take(octets);
  ok(answer.tag === "ok", `take was refused: ${reasonOf(answer)}`);
  return answer.val;
}

/** Writes all of a lease, in transfers as large as they may be. */
export function fill(dma: Dma, { number }: Lease, data: Uint8Array): void {
  const { transferMax } = dma.describe();
  for (let at = 0; at < data.length; at += transferMax) {
    accepted(dma.write(number, at, data.subarray(at, at + transferMax)));
  }
}

/** All of a lease, or a part of it. */
export function octetsOf(
  dma: Dma,
  { number, octets }: Lease,
  from = 0,
  length = octets - from,
): Uint8Array {
  const { transferMax } = dma.describe();
  const all = new Uint8Array(length);
  for (let at = 0; at < length; at += transferMax) {
    const now = Math.min(transferMax, length - at);
    const answer = dma.read(number, from + at, now);
    ok(answer.tag === "ok", `read was refused: ${reasonOf(answer)}`);
    strictEqual(answer.val.length, now, "length of a read");
    all.set(answer.val, at);
  }
  return all;
}

export function same(now: Uint8Array, want: Uint8Array, what: string): void {
  strictEqual(now.length, want.length, what);
  const wrong = now.findIndex((octet, i) => octet !== want[i]);
  ok(wrong < 0, `${what}: octet ${wrong}`);
}

type Answer = { tag: "ok" } | { tag: "err"; val: DmaRefusal };

/** In words: an answer may have numbers that JSON cannot. */
function reasonOf(answer: Answer): string {
  return answer.tag === "ok" ? "" : answer.val.tag;
}

export function accepted(answer: Answer): void {
  ok(answer.tag === "ok", `was refused: ${reasonOf(answer)}`);
}

export function refused(answer: Answer, reason: DmaRefusal["tag"]): void {
  ok(answer.tag === "err", `was not refused; wants ${reason}`);
  deepStrictEqual(answer.val.tag, reason);
}
