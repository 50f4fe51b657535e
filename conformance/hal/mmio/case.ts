/** The registers that the mmio suite's cases are about, as the device's specification has them. */
import { ok, strictEqual } from "node:assert/strict";
import type { Mmio, MmioRefusal, Width } from "../../../hal/bus_contract.ts";
import {
  type Case,
  type Fixture,
  LeftOut,
  type Subject,
} from "../suite/case.ts";

export const OCTETS: Readonly<Record<Width, number>> = {
  octet: 1,
  half: 2,
  word: 4,
};
export const WIDTHS: readonly Width[] = ["octet", "half", "word"];

export interface Place {
  readonly offset: number;
  readonly width: Width;
}

export interface Registers {
  /** They can be read, always as this, and not be written. */
  readonly constants: ReadonlyArray<Place & { readonly value: number }>;
  /** Words that read as they were written, apart from each other. */
  readonly kept: ReadonlyArray<
    { readonly offset: number; readonly values: readonly number[] }
  >;
  /** Read in every width, at the end of the registers; the device may change it. */
  readonly window: {
    readonly offset: number;
    octets(): Uint8Array;
    /** The device changes it. */
    change?(): void;
  };
  /** A word that can only be written; the device hears each value, in order. */
  readonly bell: {
    readonly offset: number;
    readonly values: readonly number[];
    /** What it heard since this was asked last. */
    heard(): readonly number[];
  };
  /** What a word shows depends on what was written to another one. */
  readonly bank: {
    readonly select: number;
    readonly shown: number;
    readonly values: ReadonlyArray<readonly [selector: number, value: number]>;
  };
  /** Bits that the device sets; written to another word, they are cleared. */
  readonly flags: {
    readonly shown: number;
    readonly clear: number;
    readonly bits: readonly number[];
    set(bit: number): void;
  };
  /** Places that can be written in less than a word, and what is there then. */
  readonly narrow?: {
    readonly places: readonly Place[];
    seen(place: Place): number;
  };
  /** Nothing of this width can be read there. */
  readonly unreadable: readonly Place[];
  /** Nothing of this width can be written there. */
  readonly unwritable: readonly Place[];
}

export interface MmioFixture extends Fixture {
  readonly mmio: Mmio;
  readonly registers: Registers;
  /** From now on the bus fails. */
  breakBus?(): void;
}

export type MmioCase = Case<MmioFixture>;
export type MmioSubject = Subject<MmioFixture>;

type Answer = { tag: "ok" } | { tag: "err"; val: MmioRefusal };

export function read(mmio: Mmio, offset: number, width: Width = "word") {
  const answer = mmio.read(offset, width);
  ok(answer.tag === "ok", `no read of ${offset}: ${reasonOf(answer)}`);
  return answer.val;
}

export function write(mmio: Mmio, offset: number, value: number): void {
  const answer = mmio.write(offset, "word", value);
  ok(answer.tag === "ok", `no write of ${offset}: ${reasonOf(answer)}`);
}

function reasonOf(answer: Answer): string {
  return answer.tag === "ok" ? "" : answer.val.tag;
}

export function refused(
  answer: Answer,
  reason: MmioRefusal["tag"],
  where: number,
): void {
  ok(answer.tag === "err", `${where} was not refused; wants ${reason}`);
  strictEqual(answer.val.tag, reason, `at ${where}`);
}

/** The number of some octets, the lowest first. */
export function numberOf(octets: Uint8Array): number {
  return octets.reduceRight((sum, octet) => sum * 256 + octet, 0);
}

export function narrowOf({ registers }: MmioFixture) {
  if (registers.narrow !== undefined) return registers.narrow;
  throw new LeftOut(
    "the device has no register to write that is less than a word",
  );
}

export function breakOf(fixture: MmioFixture): () => void {
  const { breakBus } = fixture;
  if (breakBus === undefined) {
    throw new LeftOut("the fixture cannot make its bus fail");
  }
  return () => breakBus.call(fixture);
}
