/**
 * Golden runs: what a metered program does, to the octet and to the unit.
 *
 * A program is run once with plenty of fuel and then with several amounts that
 * are not enough. Noted are its answer, the fuel that it used, how it ended, and
 * its whole memory at that moment; a stop at another instruction leaves another
 * memory. Two engines that agree on a golden run do the same on it.
 *
 * Deliberately absent: expected values. They are conformance/vectors/engine.
 */
import { bytesToHex } from "@noble/hashes/utils.js";
import { Effect } from "effect";
import type {
  CellInstance,
  CompiledCell,
  Grants,
} from "../../../kernel/engine/engine.ts";
import type {
  CoreInstance,
  InterfaceBinding,
} from "../../../wit/abi/binding.ts";
import { type EngineShape, LONG_MS } from "./fixture.ts";

/** More than any golden run uses. */
const PLENTY = 1e12;
const STOPS = 6;

/** A live program, used up by one run. */
export interface Running {
  readonly instance: CellInstance;
  /** The first argument of everything that a binding's `bind` was given. */
  readonly core: () => CoreInstance;
  /** All that is asked of it; what it returns is noted. */
  readonly job: () => unknown;
}

export interface Program {
  readonly name: string;
  readonly component: Uint8Array;
  readonly memoryMib: number;
  /** A fresh instance; called once per run. */
  readonly begin: (open: Open) => Running;
}

/** One instance of the program's component, and a way to bind its exports. */
export type Open = (grants: Grants) => {
  readonly instance: CellInstance;
  readonly core: () => CoreInstance;
  readonly bind: <I>(binding: InterfaceBinding<I>) => I;
};

/** How one run ended, and where. */
export interface Stop {
  /** Fuel that it was given. */
  readonly given: number;
  readonly used: number;
  /** `value`, or the kind of the trap. */
  readonly end: string;
  /** Octets of its memory, and their hash. */
  readonly size: number;
  readonly memory: string;
}

export interface Golden {
  /** Hash of the component. */
  readonly component: string;
  /** Hash of the answer as text; absent where there was none. */
  readonly answer?: string;
  readonly whole: Omit<Stop, "given">;
  /** With less fuel than it uses, then with exactly as much. */
  readonly stops: readonly Stop[];
}

/** Compiles a program and makes all its runs. */
export async function goldenOf(
  engine: EngineShape,
  program: Program,
): Promise<Golden> {
  const limits = { memoryMib: program.memoryMib };
  const cell = await Effect.runPromise(
    engine.compile(program.component, limits),
  );
  const whole = await run(engine, cell, program, PLENTY);
  const { given: _, ...noted } = whole.stop;
  const amounts = Array.from(
    { length: STOPS },
    (_, at) => Math.floor((noted.used * (at + 1)) / (STOPS + 1)),
  ).concat(noted.used - 1, noted.used);
  const stops: Stop[] = [];
  for (const fuel of amounts) {
    stops.push((await run(engine, cell, program, fuel)).stop);
  }
  return {
    component: cell.hash,
    ...(whole.answer === undefined ? {} : { answer: whole.answer }),
    whole: noted,
    stops,
  };
}

async function run(
  engine: EngineShape,
  cell: CompiledCell,
  { memoryMib, begin }: Program,
  given: number,
): Promise<{ readonly stop: Stop; readonly answer?: string }> {
  const running = begin((grants) => open(engine, cell, grants, memoryMib));
  const { instance, core, job } = running;
  const { memory } = core();
  const done = instance.guard(LONG_MS, job, given);
  const octets = new Uint8Array(memory.buffer as ArrayBuffer);
  const stop = {
    given,
    used: instance.fuelUsed() ?? -1,
    end: done.ok ? "value" : done.trap.kind,
    size: octets.length,
    memory: await digestOf(octets),
  };
  if (!done.ok) return { stop };
  const answer = new TextEncoder().encode(textOf(done.value));
  return { stop, answer: await digestOf(answer) };
}

function open(
  engine: EngineShape,
  cell: CompiledCell,
  grants: Grants,
  memoryMib: number,
): ReturnType<Open> {
  const instance = Effect.runSync(
    engine.instantiate(cell, grants, { memoryMib, startMs: LONG_MS }),
  );
  let seen: CoreInstance | undefined;
  return {
    instance,
    core: () => {
      if (seen === undefined) throw new Error("nothing is bound yet");
      return seen;
    },
    bind: (binding) =>
      instance.bind({
        ...binding,
        bind: (core) => {
          seen = core;
          return binding.bind(core);
        },
      }),
  };
}

/** The platform's own hash: there are megabytes of memory to go through. */
async function digestOf(octets: Uint8Array<ArrayBuffer>): Promise<string> {
  return bytesToHex(
    new Uint8Array(await crypto.subtle.digest("SHA-256", octets)),
  );
}

/** The same text for the same value, to the bit of a finite number. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner === "bigint") return `${inner}n`;
    if (inner instanceof Uint8Array) return bytesToHex(inner);
    if (ArrayBuffer.isView(inner)) return [...Object.values(inner)];
    return Object.is(inner, -0) ? "-0" : inner;
  }) ?? "nothing";
}
