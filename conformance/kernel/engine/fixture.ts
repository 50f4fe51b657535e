/**
 * What the cases of the engine's suite share: limits, probes, answers.
 */
import { fail, ok, strictEqual } from "node:assert/strict";
import { Effect, Result } from "effect";
import type {
  CellInstance,
  CompiledCell,
  Engine,
  Grants,
  Guarded,
} from "../../../kernel/engine/engine.ts";
import { ear, type Work, work } from "./probe.ts";

export const MEMORY_MIB = 2;
export const PAGES_PER_MIB = 16;
export const SHORT_MS = 10;
export const LONG_MS = 20_000;
export const LIMITS = { memoryMib: MEMORY_MIB, startMs: 500 };

export type EngineShape = Engine["Service"];

export function grants(ask: (x: number) => number = (x) => x): Grants {
  return new Map([[ear.name, { binding: ear, host: { ask } }]]);
}

export const compile = (engine: EngineShape, bytes: Uint8Array) =>
  Effect.runPromise(engine.compile(bytes, LIMITS));

/** The error of an effect that must fail. */
export async function refusalOf<A, E>(effect: Effect.Effect<A, E>): Promise<E> {
  const result = await Effect.runPromise(Effect.result(effect));
  if (Result.isSuccess(result)) fail("it was not refused");
  return result.failure;
}

export interface Probe {
  readonly instance: CellInstance;
  readonly work: Work;
}

export function probe(
  engine: EngineShape,
  cell: CompiledCell,
  ask?: (x: number) => number,
): Probe {
  const instance = Effect.runSync(
    engine.instantiate(cell, grants(ask), LIMITS),
  );
  return { instance, work: instance.bind(work) };
}

export function call<T>(
  { instance, work }: Probe,
  job: (work: Work) => T,
  deadlineMs = LONG_MS,
): Guarded<T> {
  return instance.guard(deadlineMs, () => job(work));
}

export function valueOf<T>(guarded: Guarded<T>): T {
  if (!guarded.ok) throw guarded.trap;
  return guarded.value;
}

/** The kind of the trap; also that it is final and shared with nobody. */
export function endOf(
  probed: Probe,
  neighbour: Probe,
  job: (work: Work) => unknown,
) {
  const ended = call(probed, job, SHORT_MS);
  if (ended.ok) fail("it did not end");
  strictEqual(probed.instance.ended, ended.trap);
  let ranAgain = false;
  const again = probed.instance.guard(LONG_MS, () => ranAgain = true);
  ok(!again.ok && again.trap === ended.trap && !ranAgain);
  strictEqual(valueOf(call(neighbour, (work) => work.sum(100))), 5_050);
  return ended.trap.kind;
}

/** Declares one case. */
export type Test = (
  claim: string,
  body: (engine: EngineShape) => Promise<void>,
) => void;

/** Hands one case to whatever runs tests: `Deno.test`, or a page. */
export type Register = (name: string, body: () => Promise<void>) => void;
