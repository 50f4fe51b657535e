/**
 * Random octets as arguments: an adapter and the bindings judge them alike.
 *
 * Plan: a memory of small random words and random flat arguments, for random
 * types. What the bindings take, the adapter carries with the same value; what
 * they call a lie, it traps on, as the caller's. Both must happen often.
 */
import { ok, strictEqual } from "node:assert/strict";
import type { Func } from "../../../wit/decode/model.ts";
import { funcText } from "../../../wit/decode/text.ts";
import { AbiFault } from "../../../wit/abi/fault.ts";
import { crossing } from "../../../wit/abi/layout.ts";
import { camel } from "../../../wit/generator/names.ts";
import { Chance } from "../../../wit/generator/testing/chance.ts";
import { firstDifference } from "../../../wit/generator/testing/difference.ts";
import { RandomWit } from "../../../wit/generator/testing/random_wit.ts";
import { WHO } from "./side.ts";
import { type Calls, contractOf, type Hand, Rig } from "./test_rig.ts";

const FUNCTIONS = 60;
const TRIALS = 60;
const WORDS = 1_024;

function contractText(chance: Chance): string {
  const wit = new RandomWit(chance);
  const functions = Array.from({ length: FUNCTIONS }, (_, at) => {
    const params = wit.words(1 + chance.below(3))
      .map((word) => `${word}: ${wit.type(3)}`);
    return `%f${at}: func(${params.join(", ")});`;
  });
  return `interface all { ${wit.declared.join("\n")} ${functions.join("\n")} }`;
}

/** A number that may be a case, a length, an address, or nonsense. */
function word(chance: Chance): number {
  switch (chance.below(8)) {
    case 0:
      return chance.bits() | 0;
    case 1:
      return chance.below(4 * WORDS);
    case 2:
      return 8 * chance.below(WORDS / 2);
    case 3:
      return chance.below(6);
  }
  return chance.below(2);
}

function scramble(chance: Chance, hand: Hand): void {
  hand.words(0, ...Array.from({ length: WORDS }, () => word(chance)));
}

function flatOf(chance: Chance, func: Func): (number | bigint)[] {
  const types = func.params.map(({ type }) => type);
  return crossing(types, undefined).params.map((core) => {
    const value = word(chance);
    return core === "i64"
      ? BigInt(value)
      : core === "i32"
      ? value
      : Math.fround(value / 7);
  });
}

type Outcome = { readonly args: unknown[] } | "lie";

async function compare(seed: number): Promise<void> {
  const chance = new Chance(seed);
  const contract = await contractOf(contractText(chance));
  const { functions } = contract.from;
  let seen: unknown[] = [];
  const host: Calls = Object.fromEntries(
    functions.map(({ name }) => [camel(name), (...args: unknown[]) => {
      seen = args;
    }]),
  );
  const rig = new Rig(contract, host);
  const lowered = contract.binding.lower(() => rig.caller, host);
  const asked = (
    call: unknown,
    flat: (number | bigint)[],
    isLie: (error: unknown) => boolean,
  ): Outcome => {
    try {
      (call as (...args: unknown[]) => unknown)(...flat);
      return { args: seen };
    } catch (error) {
      if (!isLie(error)) throw error;
      return "lie";
    }
  };
  const counts = { lies: 0, values: 0 };
  for (const func of functions) {
    for (let at = 0; at < TRIALS; at += 1) {
      scramble(chance, rig.caller);
      const flat = flatOf(chance, func);
      const theirs = asked(
        lowered[func.name],
        flat,
        (error) => error instanceof AbiFault,
      );
      const ours = asked(rig.raw[func.name], flat, (error) => {
        const { who } = rig.adapter;
        rig.adapter.forget();
        return error instanceof WebAssembly.RuntimeError &&
          who === WHO.callerData;
      });
      const text = `seed ${seed}, ${flat}: ${funcText(func, new Map())}`;
      strictEqual(firstDifference(ours, theirs), undefined, text);
      counts[ours === "lie" ? "lies" : "values"] += 1;
    }
  }
  const least = FUNCTIONS * TRIALS / 10;
  ok(counts.lies > least && counts.values > least, JSON.stringify(counts));
}

for (const seed of [1, 4, 9, 2026]) {
  Deno.test(`random octets are judged alike, seed ${seed}`, () =>
    compare(seed));
}
