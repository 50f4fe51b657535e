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
import type {
  CoreInstance,
  InterfaceBinding,
} from "../../../wit/abi/binding.ts";
import { decodeWorld } from "../../../wit/decode/world.ts";
import { bindings as ownBindings } from "../../../wit/gen/mod.ts";
import { COUNTERS, fixtureText, KNOBS, MARK } from "./fixture_text.ts";

export type World = "leaf" | "middle";
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
/** The same, and adds one at its end: for \`act\`. */
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
/** Added to an act: it is done by the cell behind, asked or told. */
export const ASK_ON = 1_000;
export const TELL_ON = 2_000;
/** Plus n: writes n lines to the log. */
export const SAY = 9_000;
/** What `ask` came to, where it brought no answer. */
export const ABSENT = { refused: 0xffff_ffff, gone: 0xffff_fffe };

const FIXTURE = "karyon:fixture";
export const TALLY = `${FIXTURE}/tally@0.1.0`;
export const CAREFUL = `${FIXTURE}/careful@0.1.0`;
export const BLUNT = `${FIXTURE}/blunt@0.1.0`;

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
  return `package ${FIXTURE}@0.1.0;
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

/** A component of the fixture's program with its knobs turned. */
export async function fixture(
  world: World,
  knobs: Knobs = {},
): Promise<Uint8Array> {
  const bytes = (await plain(world)).slice();
  const at = placeOf(bytes, new TextEncoder().encode(MARK));
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

/** What the fixture exports, as the host calls it. */
export interface Tally {
  add(n: number): number;
  act(what: number): number;
  turn(knob: number, to: number): void;
  peek(counter: number): number;
}

type Asked =
  | { readonly tag: "ok"; readonly val: number }
  | { readonly tag: "err"; readonly val: "refused" | "gone" };

interface Careful {
  ask(what: number): Asked;
}

interface Blunt {
  tell(what: number): number;
}

type Core = Record<string, (...args: number[]) => number>;

const functions = (core: CoreInstance, contract: string) => (name: string) => {
  const found = (core.exports as unknown as Core)[`${contract}#${name}`];
  if (found === undefined) throw new Error(`no core export for ${name}`);
  return (...args: number[]) => found(...args) >>> 0;
};

const info = (name: string, absence = false) => ({
  name,
  method: name,
  absence,
});

export interface Bindings {
  readonly tally: InterfaceBinding<Tally>;
  /** Every contract that a fixture may be granted. */
  readonly all: ReadonlyMap<string, InterfaceBinding<unknown>>;
}

/** Bindings with the signatures that the component itself shows. */
export async function bindings(): Promise<Bindings> {
  const { exports } = decodeWorld(await plain("middle"));
  const signature = (name: string) => exports.get(name) ?? "";
  const tally: InterfaceBinding<Tally> = {
    name: TALLY,
    signature: signature(TALLY),
    functions: ["add", "act", "turn", "peek"].map((name) => info(name)),
    bind: (core) => {
      const call = functions(core, TALLY);
      return {
        add: call("add"),
        act: call("act"),
        turn: call("turn"),
        peek: call("peek"),
      };
    },
    lower: () => ({}),
    exportIntrinsics: () => ({}),
    exportStages: () =>
      Object.fromEntries(
        ["add", "act", "turn", "peek"].map((
          name,
        ) => [name, stage(TALLY, name)]),
      ),
  };
  const all = new Map<string, InterfaceBinding<unknown>>([
    ...ownBindings,
    [TALLY, tally as InterfaceBinding<unknown>],
    [
      CAREFUL,
      careful(signature(CAREFUL)) as InterfaceBinding<unknown>,
    ],
    [BLUNT, blunt(signature(BLUNT)) as InterfaceBinding<unknown>],
  ]);
  return { tally, all };
}

const stage = (contract: string, name: string) => ({
  core: `${contract}#${name}`,
  lower: (...args: number[]) => args,
  lift: (flat: number) => flat >>> 0,
});

function careful(signature: string): InterfaceBinding<Careful> {
  const absences = ["refused", "gone"] as const;
  const put = (core: CoreInstance, asked: Asked, out: number) => {
    const view = new DataView(core.memory.buffer, out, 8);
    view.setUint8(0, asked.tag === "ok" ? 0 : 1);
    if (asked.tag === "ok") view.setUint32(4, asked.val, true);
    else view.setUint8(4, absences.indexOf(asked.val));
  };
  const answer = (core: CoreInstance, at: number): Asked => {
    const view = new DataView(core.memory.buffer, at, 8);
    return { tag: "ok", val: view.getUint32(4, true) };
  };
  return {
    name: CAREFUL,
    signature,
    functions: [info("ask", true)],
    bind: (core) => {
      const ask = functions(core, CAREFUL)("ask");
      return { ask: (what) => answer(core, ask(what)) };
    },
    lower: (core, host) => ({
      ask: (what: number, out: number) =>
        put(core(), host.ask(what >>> 0), out),
    }),
    exportIntrinsics: () => ({}),
    exportStages: (core) => ({
      ask: {
        ...stage(CAREFUL, "ask"),
        lift: (at: number) => answer(core(), at),
      },
    }),
    importStages: (core) => ({
      ask: {
        method: "ask",
        params: ["i32", "i32"],
        results: [],
        lift: (what: number) => [what >>> 0],
        lower: (asked: Asked, out: number) => put(core(), asked, out),
      },
    }),
  };
}

function blunt(signature: string): InterfaceBinding<Blunt> {
  return {
    name: BLUNT,
    signature,
    functions: [info("tell")],
    bind: (core) => ({ tell: functions(core, BLUNT)("tell") }),
    lower: (_core, host) => ({ tell: (what: number) => host.tell(what >>> 0) }),
    exportIntrinsics: () => ({}),
    exportStages: () => ({ tell: stage(BLUNT, "tell") }),
    importStages: () => ({
      tell: {
        method: "tell",
        params: ["i32"],
        results: ["i32"],
        lift: (what: number) => [what >>> 0],
        lower: (told: number) => told,
      },
    }),
  };
}

export function knobIndex(knob: Knob): number {
  return KNOBS.indexOf(knob);
}

export function counterIndex(counter: Counter): number {
  return COUNTERS.indexOf(counter);
}
