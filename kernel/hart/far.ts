/**
 * Two ends of a capability whose cell lives on another hart: calls for the host,
 * and what answers a cell's imports.
 *
 * As in call/connect.ts both look at the capability on every call. A cell waits
 * for the answer on its stack, so only a job that can be parked may call; who
 * cannot is refused.
 *
 * Deliberately absent: contracts with resources. They mean nothing elsewhere.
 */
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import type { CallMessages } from "../../wit/abi/message.ts";
import type { CapTable, CellCap } from "../cap/table.ts";
import type { Calls, Leaving, Outcome } from "../call/calls.ts";
import { Unwound } from "../call/errors.ts";
import type { Origin } from "../call/job.ts";
import { Elsewhere } from "../engine/engine.ts";
import type { CellSpec } from "../manifest/system_file.ts";
import { must } from "../limits.ts";
import { type Called, type Line, Sent } from "./line.ts";

/** What a hart knows of a cell that lives on another one. */
export interface FarCell {
  readonly spec: CellSpec;
  /** Of the component that it runs, if it has one. */
  readonly exports: ReadonlyMap<string, string> | undefined;
  /** What the generation reserves per epoch that may come back. */
  readonly wayBackMs: number;
}

/** The way to other harts. */
export interface Far {
  readonly cells: ReadonlyMap<string, FarCell>;
  readonly messagesOf: (
    contract: string,
    method: string,
  ) => CallMessages | undefined;
  /** Sends a call to the hart of `called.cell`. */
  readonly call: (
    called: Called,
    args: readonly unknown[],
    origin: Origin,
  ) => Outcome<unknown> | Sent;
}

export interface FarTarget {
  readonly far: Far;
  readonly calls: Calls;
  readonly caps: CapTable;
  readonly cap: CellCap;
  readonly cell: string;
}

/** Whether calls of the contract can travel. */
export function travels(
  far: Far,
  binding: InterfaceBinding<unknown>,
): boolean {
  return binding.functions.every(({ method }) =>
    far.messagesOf(binding.name, method) !== undefined
  );
}

/** A call by the host's own code, which waits outside of all cells. */
export function farCall(
  { far, caps, cap, cell }: Omit<FarTarget, "calls">,
  contract: string,
  method: string,
  args: readonly unknown[],
): Promise<Outcome<unknown>> {
  if (!caps.isLive(cap)) return Promise.resolve(refused(REVOKED));
  const origin: Origin = { path: [], endMs: Infinity, isDemanded: true };
  const called = far.call({ cell, contract, method }, args, origin);
  return called instanceof Sent ? called.outcome : Promise.resolve(called);
}

/** What answers the imports of a cell: `parked` for who may be parked. */
export function farAnswers(
  target: FarTarget,
  binding: InterfaceBinding<unknown>,
): { readonly plain: unknown; readonly parked: unknown } {
  const { far, calls, caps, cap, cell } = target;
  const contract = binding.name;
  const leave = (): Leaving | Outcome<never> => {
    if (!caps.isLive(cap)) return refused(REVOKED);
    return calls.leaving();
  };
  const made = binding.functions.map(({ method, absence }) => {
    const answer = (outcome: Outcome<unknown>) => {
      if (outcome.ok) return outcome.value;
      if (absence) return { tag: "err", val: outcome.absence };
      const why = outcome.reason === NOT_PARKED ? NOT_PARKED : undefined;
      throw new Unwound(cell, outcome.absence, why);
    };
    const plain = () => answer(refused(NOT_PARKED));
    const parked = (...args: unknown[]) => {
      const left = leave();
      if ("ok" in left) return answer(left);
      const { job, origin } = left;
      const called = far.call({ cell, contract, method }, args, origin);
      if (!(called instanceof Sent)) return answer(called);
      job.hurry = called.hurry;
      return new Elsewhere(called.outcome.then(answer));
    };
    return { method, plain, parked };
  });
  const side = (way: "plain" | "parked") =>
    Object.fromEntries(made.map((one) => [one.method, one[way]]));
  return { plain: side("plain"), parked: side("parked") };
}

/** Calls by the line to the hart on which the called cell lives. */
export function callOver(
  far: ReadonlyMap<string, FarCell>,
  lines: ReadonlyMap<number, Line>,
  messagesOf: Far["messagesOf"],
): Far["call"] {
  return (called, args, origin) => {
    const { hart = 0, callMs = 0 } = far.get(called.cell)?.spec ?? {};
    const messages = messagesOf(called.contract, called.method);
    must(messages !== undefined, "a grant that cannot travel is none");
    // It may wait so long for its cell, and then run so long.
    const waitMs = 2 * callMs;
    return lines.get(hart)?.call(called, messages, args, origin, waitMs) ??
      refused(`hart ${hart} does not run`);
  };
}

const REVOKED = "the capability was revoked";
const NOT_PARKED = "only a job that can be parked may wait for another hart";

function refused(reason: string): Outcome<never> {
  return { ok: false, absence: "refused", reason, generation: 0 };
}
