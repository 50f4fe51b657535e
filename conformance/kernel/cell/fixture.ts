/**
 * Cells that behave as a test orders, and the contracts to order it by.
 *
 * A component is made once per world; a variant differs in its knobs only.
 */
import {
  componentEmbed,
  componentNew,
  parse,
} from "@bytecodealliance/jco-transpile/wasm-tools";
import { decodeWorld } from "../../../wit/decode/world.ts";
import { type Bindings, bindingsWith } from "./fixture_bindings.ts";
import { COUNTERS, fixtureText, KNOBS, MARK } from "./fixture_text.ts";

export {
  type Bindings,
  BLUNT,
  CAREFUL,
  TALLY,
  type Tally,
} from "./fixture_bindings.ts";

export type World = "leaf" | "middle" | "heir";
export type Knob = typeof KNOBS[number];
export type Counter = typeof COUNTERS[number];
export type Knobs = Partial<Record<Knob, number>>;

/** Values of a knob, and of `act`. */
export const TRAP = 1;
export const SPIN = 2;
/** Refuses, or with `act`: recurses without an end. */
export const REFUSE = 3;
export const RECURSE = 3;
/** Takes tens of milliseconds without asking whether it should yield. */
export const LONG = 8;
/** The same, and adds one at its end: for `act`. */
export const LONG_ADD = 9;
/** Adds one at once: for \`act\`. */
export const ADD_ONE = 10;
/** Values of `start`. */
export const REFUSE_STATE = 4;
export const UNAVAILABLE = 5;
export const CALL_ON = 6;
export const TRAP_ON_STATE = 7;
/** Values of `health`. */
export const STARTING = 3;
export const DEGRADED = 4;
export const FAILED = 5;
/** Values of `step`: until `should-yield`; idle for 5 ms. */
export const UNTIL_YIELD = 4;
export const OFTEN = 5;
/** The same as `LONG`, and then until `should-yield`. */
export const LONG_UNTIL_YIELD = 9;
/** Added to an act: it is done by the cell behind, asked or told. */
export const ASK_ON = 1_000;
export const TELL_ON = 2_000;
/** Plus n: writes n lines to the log. */
export const SAY = 9_000;
/** What `ask` came to, where it brought no answer. */
export const ABSENT = { refused: 0xffff_ffff, gone: 0xffff_fffe };

function wit(): string {
  const kernel = ["lifecycle", "services"].map((file) =>
    Deno.readTextFileSync(
      new URL(`../../../wit/kernel/${file}.wit`, import.meta.url),
    ).replace(/^package .*;$/m, "")
  );
  const exports = `export karyon:kernel/lifecycle@0.1.0;
    export karyon:kernel/background@0.1.0;
    export tally; export careful; export blunt;`;
  const imports = `import karyon:kernel/log@0.1.0;
    import karyon:kernel/scheduling@0.1.0;`;
  return `package karyon:fixture@0.1.0;
package karyon:kernel@0.1.0 { ${kernel.join("\n")} }
interface tally {
  add: func(n: u32) -> u32;
  act: func(what: u32) -> u32;
  turn: func(knob: u32, to: u32);
  peek: func(counter: u32) -> u32;
}
interface careful {
  use karyon:kernel/call@0.1.0.{absence};
  ask: func(what: u32) -> result<u32, absence>;
}
interface blunt { tell: func(what: u32) -> u32; }
world leaf { ${imports} ${exports} }
world heir { ${imports} ${exports} export karyon:kernel/succession@0.1.0; }
world middle { ${imports} import careful; import blunt; ${exports} }`;
}

const made = new Map<World, Promise<Uint8Array>>();

function plain(world: World): Promise<Uint8Array> {
  const known = made.get(world);
  if (known !== undefined) return known;
  const making = (async () => {
    const binary = await parse(fixtureText(world));
    return await componentNew(
      await componentEmbed({ binary, witSource: wit(), world }),
    );
  })();
  made.set(world, making);
  return making;
}

/** Where the knobs are in each: looked for once, it takes milliseconds. */
const places = new Map<World, number>();

/** A component of the fixture's program with its knobs turned. */
export async function fixture(
  world: World,
  knobs: Knobs = {},
): Promise<Uint8Array> {
  const bytes = (await plain(world)).slice();
  const at = places.get(world) ??
    placeOf(bytes, new TextEncoder().encode(MARK));
  places.set(world, at);
  const view = new DataView(bytes.buffer);
  for (const [name, value] of Object.entries(knobs)) {
    const index = KNOBS.indexOf(name as Knob);
    view.setUint32(at + MARK.length + 4 * index, value, true);
  }
  return bytes;
}

function placeOf(bytes: Uint8Array, mark: Uint8Array): number {
  for (let at = 0; at + mark.length <= bytes.length; at += 1) {
    if (mark.every((octet, index) => bytes[at + index] === octet)) return at;
  }
  throw new Error(`the fixture has no ${MARK}`);
}

/** Bindings with the signatures that the component itself shows. */
export async function bindings(): Promise<Bindings> {
  const { exports } = decodeWorld(await plain("middle"));
  return bindingsWith((name) => exports.get(name) ?? "");
}

export function knobIndex(knob: Knob): number {
  return KNOBS.indexOf(knob);
}

export function counterIndex(counter: Counter): number {
  return COUNTERS.indexOf(counter);
}
