/** The lines that the irq suite's cases wait on, and the device that raises them. */
import { ok, strictEqual } from "node:assert/strict";
import type { Irq, IrqRefusal } from "../../../hal/bus_contract.ts";
import {
  type Case,
  type Fixture,
  LeftOut,
  type Subject,
} from "../suite/case.ts";

export interface IrqFixture extends Fixture {
  readonly irq: Irq;
  /** The device raises a line, now. */
  raise(line: number): void;
  /** The device raises it when so much of the next wait has gone by. */
  raiseIn(line: number, us: number): void;
  /** Microseconds by a clock that the bus does not answer for. */
  nowUs(): number;
  /** Whether time goes by in waits only. */
  readonly isVirtual: boolean;
  /** From now on the bus fails. */
  breakBus?(): void;
}

export type IrqCase = Case<IrqFixture>;
export type IrqSubject = Subject<IrqFixture>;

type Answer = ReturnType<Irq["wait"]>;

/** What a wait came to; fails if it was refused. */
export function waited(irq: Irq, line: number, within: bigint) {
  const answer = irq.wait(line, within);
  ok(answer.tag === "ok", `a wait was refused: ${reasonOf(answer)}`);
  return answer.val;
}

function reasonOf(answer: Answer): string {
  return answer.tag === "ok" ? "" : answer.val.tag;
}

export function refused(answer: Answer, reason: IrqRefusal["tag"]): void {
  ok(answer.tag === "err", `was not refused; wants ${reason}`);
  strictEqual(answer.val.tag, reason);
}

export function virtual({ isVirtual }: IrqFixture): void {
  if (!isVirtual) {
    throw new LeftOut("time is real here; nothing bounds it above");
  }
}

export function severalLines({ irq }: IrqFixture): number {
  const { lines } = irq.describe();
  if (lines < 2) throw new LeftOut("the bus has one line");
  return lines;
}

export function breakOf(fixture: IrqFixture): () => void {
  const { breakBus } = fixture;
  if (breakBus === undefined) {
    throw new LeftOut("the fixture cannot make its bus fail");
  }
  return () => breakBus.call(fixture);
}
