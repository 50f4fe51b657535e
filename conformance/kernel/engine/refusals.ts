/**
 * Cases of the engine's suite in which nothing may run: refusals and hostile
 * octets. The plan is in engine_suite.ts.
 */
import { fail, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Result } from "effect";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { EngineRefusal, type Grants } from "../../../kernel/engine/engine.ts";
import { damaged, randomOctets, seeded } from "./chance.ts";
import {
  call,
  compile,
  type EngineShape,
  grants,
  LIMITS,
  MEMORY_MIB,
  PAGES_PER_MIB,
  probe,
  refusalOf,
  SHORT_MS,
  type Test,
  valueOf,
} from "./fixture.ts";
import { componentOf, ear, otherEar, probeText, work } from "./probe.ts";

const SEED = 20_261_121;
const DAMAGED_COUNT = 300;

export function refused(test: Test): void {
  const refusal = async (engine: EngineShape, bytes: Uint8Array) => {
    const error = await refusalOf(engine.compile(bytes, LIMITS));
    ok(error instanceof EngineRefusal);
    return error;
  };

  test("an import that is not granted is named", async (engine) => {
    const start = "(start $spin)";
    const cell = await compile(engine, await componentOf(probeText({ start })));
    const error = await refusalOf(engine.instantiate(cell, new Map(), LIMITS));
    ok(error instanceof EngineRefusal);
    strictEqual(error.kind, "ungranted-import");
    match(error.message, /karyon:probe\/ear@0\.1\.0/);
  });

  test("control: a component that imports nothing needs no grant", async (engine) => {
    const text = probeText({ hasEar: false });
    const cell = await compile(engine, await componentOf(text, "quiet"));
    strictEqual(cell.imports.size, 0);
    const instance = Effect.runSync(
      engine.instantiate(cell, new Map(), LIMITS),
    );
    ok(instance.has(work.name));
  });

  test("a contract that differs is named, with the difference", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const wrong: Grants = new Map([[ear.name, {
      binding: otherEar,
      host: { ask: (x: number) => x },
    }]]);
    const error = await refusalOf(engine.instantiate(cell, wrong, LIMITS));
    ok(error instanceof EngineRefusal);
    strictEqual(error.kind, "contract-differs");
    match(error.message, /karyon:probe\/ear@0\.1\.0.*ask/);
  });

  test("an export is bound by its contract only", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const { instance } = probe(engine, cell);
    const other = { ...work, signature: `${work.signature}\nzero: func()` };
    for (const binding of [other, { ...work, name: "karyon:probe/none" }]) {
      try {
        instance.bind(binding);
        fail("it was bound");
      } catch (error) {
        ok(error instanceof EngineRefusal);
      }
    }
  });

  test("more memory than granted is refused", async (engine) => {
    const memory = String(MEMORY_MIB * PAGES_PER_MIB + 1);
    const bytes = await componentOf(probeText({ memory }));
    const error = await refusal(engine, bytes);
    strictEqual(error.kind, "too-large");
    match(error.message, /granted are 2/);
  });

  test("an instruction that is not deterministic is named", async (engine) => {
    const more = `(func (param v128 v128) (result v128)
      (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))`;
    const error = await refusal(engine, await componentOf(probeText({ more })));
    strictEqual(error.kind, "unsupported");
    match(error.message, /i8x16\.relaxed_swizzle/);
  });

  test("a core module is not a component", async (engine) => {
    strictEqual(
      (await refusal(engine, await parse("(module)"))).kind,
      "malformed",
    );
  });

  test("a component of two programs is refused with its structure", async (engine) => {
    const two = await parse(`(component
      (core module (func (export "a")))
      (core module (func (export "b"))))`);
    const error = await refusal(engine, two);
    strictEqual(error.kind, "unsupported");
    match(error.message, /unsupported structure: 2 core modules/);
  });
}

export function hostile(test: Test): void {
  /** Compiles, and if that is accepted also instantiates and calls. */
  const survive = async (engine: EngineShape, bytes: Uint8Array) => {
    const compiled = await Effect.runPromise(
      Effect.result(engine.compile(bytes, LIMITS)),
    );
    if (Result.isFailure(compiled)) {
      ok(compiled.failure.message.length > 0);
      return;
    }
    const made = await Effect.runPromise(Effect.result(
      engine.instantiate(compiled.success, grants(), {
        ...LIMITS,
        startMs: SHORT_MS,
      }),
    ));
    if (Result.isFailure(made) || !made.success.has(work.name)) return;
    try {
      const bound = made.success.bind(work);
      made.success.guard(SHORT_MS, () => bound.sum(10));
    } catch (error) {
      ok(error instanceof EngineRefusal, String(error));
    }
  };

  test("truncated components are refused or harmless", async (engine) => {
    const whole = await componentOf(probeText());
    for (let length = 0; length < whole.length; length += 13) {
      await survive(engine, whole.slice(0, length));
    }
    const probed = probe(engine, await compile(engine, whole));
    strictEqual(valueOf(call(probed, (work) => work.sum(10))), 55);
  });

  test("damaged components are refused or harmless", async (engine) => {
    const whole = await componentOf(probeText());
    const chance = seeded(SEED);
    for (let round = 0; round < DAMAGED_COUNT; round++) {
      const bytes = damaged(whole, chance);
      try {
        await survive(engine, bytes);
      } catch (error) {
        throw new Error(`seed ${SEED}, round ${round}`, { cause: error });
      }
    }
    const probed = probe(engine, await compile(engine, whole));
    strictEqual(valueOf(call(probed, (work) => work.sum(10))), 55);
  });

  test("random octets are refused", async (engine) => {
    const header = (await componentOf(probeText())).slice(0, 8);
    const chance = seeded(SEED);
    for (let round = 0; round < DAMAGED_COUNT; round++) {
      const octets = randomOctets(Math.floor(chance() * 200), chance);
      if (round % 2 === 0) octets.set(header.slice(0, octets.length));
      const result = await Effect.runPromise(
        Effect.result(engine.compile(octets, LIMITS)),
      );
      const isEmptyComponent = octets.length === 8 && round % 2 === 0;
      ok(
        Result.isFailure(result) || isEmptyComponent,
        `seed ${SEED}, round ${round}`,
      );
    }
  });
}
